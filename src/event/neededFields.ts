import { needsOf } from "./parseEvent.ts";

/**
 * The fields that an event of the type must have, beside `type` and `time`; dotted for what is inside. Of each list one is enough.
 *
 * @example neededFields("rate") // [["account", "session"], ["item"], ["value"]]
 */
export function neededFields(type: string): string[][] {
  const { sender, item, itemOrArtist, value, ad, channel, otherAccount } = needsOf(type);
  const needed: string[][] = [];
  if (sender === "anybody") needed.push(["account", "session"]);
  if (sender === "account") needed.push(["account"]);
  if (item) needed.push(["item"]);
  if (itemOrArtist) needed.push(["item", "artist"]);
  if (value) needed.push(["value"]);
  if (channel) needed.push(["ad.channel"]);
  else if (ad) needed.push(["ad"]);
  if (otherAccount) needed.push(["context.account"]);
  return needed;
}
