import { expect, test } from "vitest";
import { sessionsOf } from "../../testing/peopleSessions.ts";
import { assignSessions } from "./assignment.ts";

const one = { device: "phone", zip: "10001", plays: [{ genre: "rock" }] };
const other = { device: "tablet", zip: "10001", plays: [{ genre: "jazz" }] };
const known = [one, other, one, other, one, other, one, other];

test("a new session goes to whom it fits, by what it has", () => {
  const asked = [
    { device: "phone", zip: "10001" },
    { device: "tablet", zip: "10001" },
    { zip: "10001", plays: [{ genre: "jazz" }, { genre: "jazz" }] },
  ];
  const persons = Uint16Array.of(1, 2, 1, 2, 1, 2, 1, 2, 0, 0, 0);
  const assigned = assignSessions(sessionsOf([...known, ...asked]), persons);
  expect(assigned.slice(0, 8)).toEqual(new Array(8).fill(undefined));
  expect(assigned.slice(8).map((one) => one?.person)).toEqual([1, 2, 2]);
  for (const session of assigned.slice(8)) {
    expect(session?.isBeyond).toBe(false);
    expect(session?.confidence).toBeGreaterThan(0.6);
    expect(session?.confidence).toBeLessThanOrEqual(1);
  }
});

test("one with a device and a place that nobody had is someone new, or travelling", () => {
  const persons = Uint16Array.of(1, 2, 1, 2, 1, 2, 1, 2, 0);
  const assigned = assignSessions(sessionsOf([...known, { device: "x", zip: "94110" }]), persons);
  expect(assigned[8]?.isBeyond).toBe(true);
});
