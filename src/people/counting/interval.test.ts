import { expect, test } from "vitest";
import { shortestInterval } from "./interval.ts";

test("one number where it is likely enough by itself", () => {
  expect(shortestInterval([0.05, 0.92, 0.03], 0.9)).toEqual({ low: 2, high: 2 });
  expect(shortestInterval([1], 0.9)).toEqual({ low: 1, high: 1 });
});

test("of runs as short, the one that holds more", () => {
  expect(shortestInterval([0.3, 0.4, 0.6 - 0.3], 0.65)).toEqual({ low: 1, high: 2 });
  expect(shortestInterval([0.1, 0.45, 0.45, 0], 0.9)).toEqual({ low: 2, high: 3 });
});

test("all where it takes all", () => {
  expect(shortestInterval([0.25, 0.25, 0.25, 0.25], 0.9)).toEqual({ low: 1, high: 4 });
});
