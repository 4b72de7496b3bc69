import { describe, expect, test } from "vitest";
import { dayMs, hourMs } from "../core/index.ts";
import { periodAt, periodName } from "./periods.ts";
import { isWithin, windowOf } from "./windows.ts";

describe("windows", () => {
  test.each([
    ["7d", 7 * dayMs],
    ["12h", 12 * hourMs],
    ["1.5h", 1.5 * hourMs],
    ["30m", hourMs / 2],
    ["90d", 90 * dayMs],
    ["45s", 45_000],
  ])("%s is %d ms, and keeps its name", (name, ms) => {
    const window = windowOf(name, "click");
    expect(window).toEqual({ name, ms });
    expect([isWithin(ms, window), isWithin(ms + 1, window), isWithin(0, window)]).toEqual([
      true,
      false,
      true,
    ]);
  });

  test.each(["off", "0", "0d", "0h"])(
    "%s is off: not even a touch at the same time is in it",
    (name) => {
      expect(isWithin(0, windowOf(name, "view"))).toBe(false);
    },
  );

  test.each(["", "7", "d", "-1d", "1w", "7 d", "1e3d", "99999999d", "Off", "7d,1d"])(
    "%j is none",
    (name) => {
      expect(() => windowOf(name, "click")).toThrow(
        expect.objectContaining({ code: "REQUEST_INVALID" }),
      );
    },
  );
});

test.each([
  ["1970-01-01T00:00:00Z", "1970-01-01", "1970-W01", "1970-01"],
  ["2024-12-29T23:59:59.999Z", "2024-12-29", "2024-W52", "2024-12"],
  ["2024-12-30T00:00:00Z", "2024-12-30", "2025-W01", "2024-12"],
  ["2021-01-03T12:00:00Z", "2021-01-03", "2020-W53", "2021-01"],
  ["2021-01-04T00:00:00Z", "2021-01-04", "2021-W01", "2021-01"],
])("%s is of the day, ISO week and month %s, %s, %s", (time, ...names) => {
  const ms = Date.parse(time);
  const told = (["day", "week", "month"] as const).map((period) =>
    periodName(periodAt(ms, period), period),
  );
  expect(told).toEqual(names);
});
