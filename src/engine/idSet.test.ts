import * as fc from "fast-check";
import { expect, test } from "vitest";
import { IdSet } from "./idSet.ts";

test("knows what a Set knows", () => {
  const texts = fc.array(fc.oneof(fc.string(), fc.nat({ max: 50 }).map(String)), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(texts, (added) => {
      const [ids, set] = [new IdSet(), new Set<string>()];
      for (const text of added) {
        expect(ids.add(text)).toBe(!set.has(text));
        set.add(text);
        expect(ids.size).toBe(set.size);
      }
    }),
  );
});

test("grows: of 200,000 texts each is new once", () => {
  const ids = new IdSet();
  for (const isNew of [true, false]) {
    for (let i = 0; i < 200_000; i++) {
      if (ids.add(`id ${i}`) !== isNew) expect.fail(`${i} is ${isNew ? "not new" : "new again"}`);
    }
  }
  expect(ids.size).toBe(200_000);
});
