/** That a real trainer, whose listeners change their tastes, says so: and does not while they stay the same. */
import { expect, test } from "vitest";
import { Random } from "../core/index.ts";
import type { LogRecord } from "../event/index.ts";
import { recordsOf, streamTime } from "../testing/feedbackStream.ts";
import { smallLearner } from "../testing/smallLearner.ts";

/** Accounts of six kinds stay with a sixth of the items; from record `changeAt` on with another's. */
function tastes(count: number, changeAt: number, seed: number): LogRecord[] {
  const random = new Random(seed);
  return recordsOf(
    Array.from({ length: count }, (_, i) => {
      const account = random.below(300);
      const kind = (account + (i < changeAt ? 0 : 1 + (account % 5))) % 6;
      const item = kind * 20 + random.below(20);
      // Of no more than that it is wanted: then it can be chosen again.
      return {
        type: "add_to_cart",
        time: streamTime + i * 60_000,
        account: `account-${account}`,
        item: `item-${item}`,
      };
    }),
  );
}

test("a change of tastes is told within 600 events, and nothing while they stay the same", () => {
  for (const seed of [1, 2, 3]) {
    const changeAt = 6000;
    const { trainer } = smallLearner();
    for (const record of tastes(8000, changeAt, seed)) {
      trainer.apply(record);
      if (record.offset === changeAt - 1) expect(trainer.health.alarmCount).toBe(0);
    }
    const [alarm, ...more] = trainer.health.report().recentAlarms;
    expect(more).toEqual([]);
    expect(alarm).toMatchObject({ kind: "drift", question: "next" });
    expect(alarm.offset).toBeGreaterThan(changeAt);
    expect(alarm.offset).toBeLessThan(changeAt + 600);
    expect(alarm.logTime).toBe(streamTime + alarm.offset * 60_000);
  }
});
