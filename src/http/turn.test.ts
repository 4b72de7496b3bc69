/** Who is let in of several services whose requests come in one turn of the event loop. */
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Turn, TurnShare } from "./turn.ts";

test("one share alone is never owed anything: whoever is late is turned away", () => {
  const turn = new Turn();
  const share = new TurnShare();
  turn.waitedMs();
  for (let n = 0; n < 10; n++) {
    expect(turn.owes(share)).toBe(false);
    turn.take(share);
  }
});

test("who comes after another has filled the turn is owed as many as that one has had", () => {
  const turn = new Turn();
  const [first, second] = [new TurnShare(), new TurnShare()];
  turn.waitedMs();
  for (let n = 0; n < 10; n++) turn.take(first);
  expect(turn.owes(first)).toBe(false);
  let taken = 0;
  for (; turn.owes(second); taken++) turn.take(second);
  expect(taken).toBe(10);
});

test("what was taken in an earlier turn does not count", async () => {
  const turn = new Turn();
  const [first, second] = [new TurnShare(), new TurnShare()];
  turn.waitedMs();
  for (let n = 0; n < 10; n++) turn.take(second);
  await setImmediate();
  turn.waitedMs();
  turn.take(first);
  expect([turn.owes(first), turn.owes(second)]).toEqual([false, true]);
});

test("a share is owed something where it has had less than the mean of those that took part, and itself", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 4 }), { maxLength: 60 }), (takers) => {
      const turn = new Turn();
      const shares = Array.from({ length: 5 }, () => new TurnShare());
      const counts = shares.map(() => 0);
      turn.waitedMs();
      for (const taker of takers) {
        const sharers = counts.filter((count, i) => count > 0 || i === taker).length;
        expect(turn.owes(shares[taker])).toBe(
          counts[taker] < counts.reduce((a, b) => a + b, 0) / sharers,
        );
        turn.take(shares[taker]);
        counts[taker]++;
      }
    }),
  );
});
