/** Random streams of touches, conversions, logins and links, with all that goes wrong in them; and what they come to, worked out by brute force. */
import { hourMs, Random } from "../core/index.ts";
import type { Event } from "../event/index.ts";

const types = ["ad_click", "ad_engaged_view", "ad_impression", "visit"] as const;
const conversions = ["purchase", "subscribe"] as const;
const start = Date.UTC(2026, 0, 1);

/**
 * Few accounts, sessions, ids and times, so that they meet: duplicates within 48 h and beyond, with smaller times that come later, under
 * other accounts, ties to the millisecond, sessions that log in before, after or to two accounts, links that make chains.
 */
export function attributionStream(seed: number, count = 120): Event[] {
  const random = new Random(seed);
  const one = <T>(list: readonly T[]): T => list[random.below(list.length)];
  const accounts = ["a", "b", "c", "d", "é", "\u{1F600}", "￿"].slice(0, 2 + random.below(6));
  const sessions = ["s1", "s2", "s3", "a"].slice(0, 1 + random.below(4));
  const spanHours = one([4, 60, 400]);
  return Array.from({ length: count }, (): Event => {
    const time =
      start + random.below(spanHours) * hourMs + (random.below(4) === 0 ? random.below(3) : 0);
    const [account, session] = [one(accounts), one(sessions)];
    const who = one([{ account }, { account }, { session }, { session }, { account, session }]);
    const what = random.below(12);
    if (what === 0) return { type: "link", time, account, context: { account: one(accounts) } };
    if (what === 1) return { type: "play", time, account, session, item: "song" };
    const id = random.below(3) > 0 ? { id: `id-${random.below(count / 4)}` } : {};
    const source = random.below(3) === 0 ? { source: one(["web", "app"]) } : {};
    if (what < 8) {
      const ad = {
        channel: one(["search", "social", "email"]),
        ...(random.below(2) === 0 && { campaign: one(["x", "y"]) }),
        ...(random.below(2) === 0 && { cost: random.below(500) / 100 }),
      };
      return {
        type: one(types),
        time,
        ...who,
        ...id,
        ...source,
        ad,
      };
    }
    const value = random.below(4) > 0 ? { value: random.below(10_000) / 100 } : {};
    return { type: one(conversions), time, ...who, ...id, ...source, ...value };
  });
}
