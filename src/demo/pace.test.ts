import { expect, test } from "vitest";
import { VirtualClock } from "../testing/virtualClock.ts";
import { Pace } from "./pace.ts";

test("simulated time passes at the speed, and from a change on at the new one", () => {
  const clock = new VirtualClock(5000);
  const pace = new Pace(600, clock.now());
  clock.advance(250);
  expect(pace.look(clock.now())).toBe(150_000);
  expect(pace.look(clock.now())).toBe(0);
  pace.change({ speed: 60 });
  clock.advance(500);
  expect(pace.look(clock.now())).toBe(30_000);
});

test("while it is paused none passes, nor is it made up for afterwards", () => {
  const clock = new VirtualClock(0);
  const pace = new Pace(600, 0);
  pace.change({ isPaused: true });
  clock.advance(900);
  expect(pace.look(clock.now())).toBe(0);
  pace.change({ isPaused: false });
  expect([pace.look(clock.now()), pace.speed, pace.isPaused]).toEqual([0, 600, false]);
});

test("a machine that slept does not hurry, a clock that goes back takes nothing back, a step is an hour at most", () => {
  const pace = new Pace(100, 0);
  expect(pace.look(60_000)).toBe(100 * 1000);
  expect(pace.look(50_000)).toBe(0);
  pace.change({ speed: 14_400 });
  expect(pace.look(51_000)).toBe(3_600_000);
});

test.each([0, 0.5, -1, 14_401, Number.NaN])(
  "a speed of %d is refused, and changes nothing",
  (speed) => {
    const pace = new Pace(100, 0);
    expect(() => pace.change({ speed, isPaused: true })).toThrow(
      expect.objectContaining({ code: "REQUEST_INVALID" }),
    );
    expect([pace.speed, pace.isPaused]).toEqual([100, false]);
  },
);
