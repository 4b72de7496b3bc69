import { expect, test } from "vitest";
import { dayMs, hourMs, Random } from "../../core/index.ts";
import type { Conversion, Touch } from "../history.ts";
import type { Journey } from "./journeys.ts";
import { TimeToConversion } from "./timeToConversion.ts";

const end = 100 * dayMs;

/** @param ages of its touches, the oldest first. */
function journey(ages: readonly number[], event = "purchase"): Journey {
  const touches = ages.map((age, i): Touch => {
    return { time: end - age, id: `t${i}`, kind: "click", names: {}, cost: 0 };
  });
  const conversion: Conversion = { time: end, id: "c", event, value: 0, account: "a" };
  return { touches, conversion };
}

test("mean, median, 80 % and days, from the first and from the last touch, and the touches", () => {
  const times = new TimeToConversion();
  times.add(journey([9 * dayMs, dayMs]));
  times.add(journey([2 * dayMs]));
  times.add(journey([5 * dayMs, 4 * dayMs, 0]));
  times.add(journey([2 * dayMs - 1, 2 * hourMs]));
  times.add(journey([], "purchase"));
  times.add({ touches: journey([1]).touches });
  times.add(journey([dayMs], "subscribe"));
  const [all, purchase, subscribe] = times.report();
  expect([all.event, purchase.event, subscribe.event]).toEqual(["*", "purchase", "subscribe"]);
  expect([all.conversions, all.unattributed]).toEqual([5, 1]);
  expect(purchase).toEqual({
    event: "purchase",
    conversions: 4,
    unattributed: 1,
    fromFirstTouch: {
      mean: (18 * dayMs - 1) / 4,
      median: 3.5 * dayMs,
      percentile80: expect.closeTo(6.6 * dayMs, 3) as number, // 0.4 of the way from 5 to 9
      histogram: [
        { from: dayMs, conversions: 1 },
        { from: 2 * dayMs, conversions: 1 },
        { from: 5 * dayMs, conversions: 1 },
        { from: 9 * dayMs, conversions: 1 },
      ],
    },
    fromLastTouch: {
      mean: (3 * dayMs + 2 * hourMs) / 4,
      median: (dayMs + 2 * hourMs) / 2,
      percentile80: expect.closeTo(1.4 * dayMs, 3) as number,
      histogram: [
        { from: 0, conversions: 2 },
        { from: dayMs, conversions: 1 },
        { from: 2 * dayMs, conversions: 1 },
      ],
    },
    touches: {
      mean: 2,
      median: 2,
      percentile80: expect.closeTo(2.4, 12) as number,
      histogram: [
        { from: 1, conversions: 1 },
        { from: 2, conversions: 2 },
        { from: 3, conversions: 1 },
      ],
    },
  });
});

test("nothing has no times", () => {
  const times = new TimeToConversion();
  const nothing = { fromFirstTouch: null, fromLastTouch: null, touches: null };
  const row = { event: "*", conversions: 0, unattributed: 0, ...nothing };
  expect(times.report()).toEqual([row]);
  times.add(journey([]));
  expect(times.report()).toEqual([
    { ...row, unattributed: 1 },
    { ...row, event: "purchase", unattributed: 1 },
  ]);
});

test("parts add up to the whole, in any order, to the bit", () => {
  const random = new Random(3);
  const journeys = Array.from({ length: 300 }, () => {
    const ages = Array.from({ length: random.below(4) }, () => random.below(1e9)).sort(
      (a, b) => b - a,
    );
    return journey(ages, ["purchase", "subscribe"][random.below(2)]);
  });
  const whole = new TimeToConversion();
  for (const one of journeys) whole.add(one);
  const parts = [new TimeToConversion(), new TimeToConversion(), new TimeToConversion()];
  for (const one of [...journeys].reverse()) parts[random.below(3)].add(one);
  const [sum, ...others] = parts;
  for (const other of others) sum.addAll(other);
  expect(JSON.stringify(sum.report())).toBe(JSON.stringify(whole.report()));
});
