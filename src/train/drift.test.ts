/** That a real trainer, whose listeners change their tastes, says so; and says nothing while they stay the same. */
import { expect, test } from "vitest";
import { changingTastes } from "../testing/changingTastes.ts";
import { recordsOf, streamTime } from "../testing/feedbackStream.ts";
import { smallLearner } from "../testing/smallLearner.ts";

test("a change of tastes is told within 600 events, and nothing while they stay the same", () => {
  for (const seed of [1, 2, 3]) {
    const changeAt = 6000;
    const { trainer } = smallLearner();
    for (const record of recordsOf(changingTastes(8000, changeAt, seed))) {
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
