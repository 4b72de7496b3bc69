import { expect, test } from "vitest";
import { RateMeter } from "./rateMeter.ts";

test("the rate is over the last ten seconds, or as long as there were looks", () => {
  const meter = new RateMeter();
  expect(meter.perSecond(500, 7)).toBe(0);
  meter.look(1000, 100);
  expect(meter.perSecond(1000, 100)).toBe(0);
  expect(meter.perSecond(3000, 300)).toBe(100);
  for (let atMs = 2000; atMs <= 30_000; atMs += 1000) meter.look(atMs, atMs / 10);
  expect(meter.perSecond(30_000, 3000)).toBe(100);
  // It stands still from there on: within ten seconds nothing is left.
  for (let atMs = 31_000; atMs <= 34_000; atMs += 1000) meter.look(atMs, 3000);
  expect(meter.perSecond(34_000, 3000)).toBe(60);
  for (let atMs = 35_000; atMs <= 45_000; atMs += 1000) meter.look(atMs, 3000);
  expect(meter.perSecond(45_000, 3000)).toBe(0);
});
