import { Random } from "../core/index.ts";
import type { Event } from "../event/index.ts";
import { streamTime } from "./feedbackStream.ts";

/**
 * One event a minute of 300 accounts. Those of one of six kinds stay with a sixth of the 120 items; from event
 * `changeAt` on with another's.
 */
export function changingTastes(count: number, changeAt: number, seed: number): Event[] {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, i) => {
    const account = random.below(300);
    const kind = (account + (i < changeAt ? 0 : 1 + (account % 5))) % 6;
    const item = kind * 20 + random.below(20);
    return {
      // Says that it is wanted, not that the account has had it: then it can be chosen again.
      type: "add_to_cart",
      time: streamTime + i * 60_000,
      account: `account-${account}`,
      item: `item-${item}`,
    };
  });
}
