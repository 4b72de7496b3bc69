import fc from "fast-check";
import { expect, test } from "vitest";
import { Timeline } from "./timeline.ts";

test("actors come in the order of a sorted list, also after they were rescheduled or dropped", () => {
  const steps = fc.array(fc.option(fc.nat(5)), { maxLength: 40 });
  fc.assert(
    fc.property(fc.array(fc.nat(5), { minLength: 1, maxLength: 30 }), steps, (times, gaps) => {
      const timeline = new Timeline(times.length);
      let oracle = times.map((time, actor) => ({ time, actor }));
      for (const { time, actor } of oracle) timeline.add(actor, time);
      for (const gap of gaps) {
        oracle.sort((a, b) => a.time - b.time || a.actor - b.actor);
        expect(timeline.size).toBe(oracle.length);
        const [first, ...others] = oracle;
        if (first === undefined) return;
        expect([timeline.actor, timeline.time]).toEqual([first.actor, first.time]);
        if (gap === null) {
          timeline.drop();
          oracle = others;
        } else {
          timeline.reschedule(first.time + gap);
          oracle = [...others, { ...first, time: first.time + gap }];
        }
      }
    }),
  );
});
