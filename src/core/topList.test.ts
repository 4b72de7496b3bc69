import fc from "fast-check";
import { expect, it } from "vitest";
import { TopList } from "./topList.ts";

it("keeps what sorting everything would put first, equal scores by number", () => {
  const list = new TopList(20);
  const entries = fc.uniqueArray(
    fc.record({ number: fc.nat(1000), score: fc.integer({ min: 0, max: 9 }) }),
    { selector: ({ number }) => number, maxLength: 60 },
  );
  fc.assert(
    fc.property(entries, fc.nat(25), (given, sizeMax) => {
      list.begin(sizeMax);
      for (const { number, score } of given) list.add(number, score);
      const sorted = given.toSorted((a, b) => b.score - a.score || a.number - b.number);
      const expected = sorted.slice(0, Math.min(sizeMax, 20)).map(({ number }) => number);
      expect([...list.take()]).toEqual(expected);
    }),
  );
});
