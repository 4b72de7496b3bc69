import { expect, test } from "vitest";
import { dayMs, Random } from "../../core/index.ts";
import type { Conversion, History, Touch } from "../history.ts";
import { inOrder, type TouchKind, touchKinds } from "../rules.ts";
import { type JourneyOptions, journeysOf } from "./journeys.ts";

function touch(time: number, kind: TouchKind = "click", id = `t${time}`): Touch {
  return { time, id, kind, names: {}, cost: 0 };
}

function conversion(time: number, event = "purchase", id = `c${time}`): Conversion {
  return { time, id, event, value: 0, account: "a" };
}

function history(touches: readonly Touch[], conversions: readonly Conversion[]): History {
  return { key: "a", touches, conversions };
}

const full: JourneyOptions = { lookbackMs: 30, journey: "full", endOfData: 100 };
const reset: JourneyOptions = { ...full, journey: "reset" };

/** Ids, a conversion after `>`. */
function shown(of: History, options: JourneyOptions): string[] {
  return [...journeysOf(of, options)].map(
    ({ touches, conversion: end }) =>
      `${touches.map(({ id }) => id).join(" ")}${end === undefined ? "" : ` > ${end.id}`}`,
  );
}

test("a full journey has what came before an earlier conversion as well, one that is reset has not", () => {
  const of = history([touch(0), touch(2), touch(4)], [conversion(3), conversion(5)]);
  expect(shown(of, full)).toEqual(["t0 t2 > c3", "t0 t2 t4 > c5"]);
  expect(shown(of, reset)).toEqual(["t0 t2 > c3", "t4 > c5"]);
});

test("both ends of the look-back are in it", () => {
  const of = history([touch(9), touch(10), touch(40), touch(41)], [conversion(40)]);
  expect(shown(of, { ...full, endOfData: 71 })).toEqual(["t10 t40 > c40", "t41"]);
  expect(shown(of, { ...full, endOfData: 72 })).toEqual(["t10 t40 > c40"]);
});

test("a touch at the millisecond of a conversion belongs to it, and a second conversion then has nothing left", () => {
  const of = history([touch(5), touch(6)], [conversion(5), conversion(5, "subscribe", "s5")]);
  expect(shown(of, { ...full, endOfData: 6 })).toEqual(["t5 > c5", "t5 > s5", "t6"]);
  expect(shown(of, { ...reset, endOfData: 6 })).toEqual(["t5 > c5", " > s5", "t6"]);
});

test("a conversion of which nothing came before has a journey without touches", () => {
  expect(shown(history([], [conversion(5)]), full)).toEqual([" > c5"]);
  expect(shown(history([touch(6)], [conversion(5)]), { ...full, endOfData: 6 })).toEqual([
    " > c5",
    "t6",
  ]);
});

test("only the events and kinds that are asked for count", () => {
  const of = history(
    [touch(1, "view"), touch(2), touch(4, "visit")],
    [conversion(3, "subscribe"), conversion(5)],
  );
  const purchases: JourneyOptions = { ...reset, events: new Set(["purchase"]) };
  expect(shown(of, purchases)).toEqual(["t1 t2 t4 > c5"]);
  expect(shown(of, { ...purchases, touches: new Set(["click", "visit"]) })).toEqual(["t2 t4 > c5"]);
});

/** By the words of the rules, one conversion at a time. */
function* naive(of: History, options: JourneyOptions): Generator<string[]> {
  const { events, touches: kinds, lookbackMs, journey, endOfData } = options;
  const conversions = of.conversions.filter(({ event }) => events?.has(event) ?? true);
  const touches = of.touches.filter(({ kind }) => kinds?.has(kind) ?? true);
  for (const [at, { time, id }] of conversions.entries()) {
    const before = at === 0 ? Number.NEGATIVE_INFINITY : conversions[at - 1].time;
    const own = touches.filter(
      (one) =>
        one.time <= time &&
        one.time >= time - lookbackMs &&
        (journey === "full" || one.time > before),
    );
    yield [...own.map((one) => one.id), id];
  }
  const last = conversions.at(-1)?.time ?? Number.NEGATIVE_INFINITY;
  const rest = touches.filter((one) => one.time > last && one.time >= endOfData - lookbackMs);
  if (rest.length > 0) yield rest.map((one) => one.id);
}

test("random histories have the journeys that the rules say, one conversion at a time", () => {
  const random = new Random(1);
  let count = 0;
  for (let run = 0; run < 500; run++) {
    const touches = Array.from({ length: random.below(12) }, (_, i) =>
      touch(random.below(40), touchKinds[random.below(4)], `t${i}`),
    ).sort(inOrder);
    const conversions = Array.from({ length: random.below(6) }, (_, i) =>
      conversion(random.below(40), ["purchase", "subscribe"][random.below(2)], `c${i}`),
    ).sort(inOrder);
    const options: JourneyOptions = {
      lookbackMs: random.below(25),
      journey: random.below(2) === 0 ? "full" : "reset",
      endOfData: 40 + random.below(10),
      ...(random.below(2) === 0 && { events: new Set(["purchase"]) }),
      ...(random.below(2) === 0 && { touches: new Set<TouchKind>(["click", "view"]) }),
    };
    const of = history(touches, conversions);
    const journeys = [...journeysOf(of, options)].map(({ touches: own, conversion: end }) => [
      ...own.map(({ id }) => id),
      ...(end === undefined ? [] : [end.id]),
    ]);
    expect(journeys).toEqual([...naive(of, options)]);
    count += journeys.length;
  }
  expect(count).toBeGreaterThan(1000);
});

test("days are milliseconds, not dates", () => {
  const end = Date.UTC(2026, 2, 31, 23);
  const of = history([touch(end - 30 * dayMs - 1), touch(end - 30 * dayMs)], [conversion(end)]);
  const [{ touches }] = journeysOf(of, { ...full, lookbackMs: 30 * dayMs, endOfData: end });
  expect(touches.map(({ time }) => time)).toEqual([end - 30 * dayMs]);
});
