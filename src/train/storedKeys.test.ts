import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LateSnapshot, MemorySnapshot } from "../testing/memorySnapshot.ts";
import { StoredKeys } from "./storedKeys.ts";

const adds = fc.array(fc.record({ key: fc.nat(3000), after: fc.boolean() }), { maxLength: 2500 });

/** Keys in ascending stretches; returns what was added. */
function addAll(
  keys: StoredKeys,
  list: readonly { readonly key: number; readonly after: boolean }[],
  from = 0,
): Set<string> {
  const added = new Set<string>();
  let stretch = from;
  for (const { key, after } of list) {
    if (after && added.size % 50 === 0) stretch++;
    keys.add(stretch, `key ${key}`);
    added.add(`${stretch} key ${key}`);
  }
  return added;
}

describe("the keys of the store", () => {
  it("are all known, by their stretch, and few that are not there are taken for one", () => {
    fc.assert(
      fc.property(adds, (list) => {
        const keys = new StoredKeys(10_000);
        const added = addAll(keys, list);
        let wrong = 0;
        for (let stretch = 0; stretch < 4; stretch++)
          for (let key = 0; key < 3000; key++) {
            const isAdded = added.has(`${stretch} key ${key}`);
            const mayBe = keys.mayHave(stretch, `key ${key}`);
            if (isAdded) expect(mayBe).toBe(true);
            else if (mayBe) wrong++;
          }
        expect(wrong).toBeLessThan(3);
      }),
      { numRuns: 20 },
    );
  });

  it("are saved as they were, whatever is added before that is written", () => {
    fc.assert(
      fc.property(adds, adds, (before, after) => {
        const keys = new StoredKeys(1000);
        addAll(keys, before);
        const [still, late] = [new MemorySnapshot(), new LateSnapshot()];
        keys.save(still, "keys");
        keys.save(late, "keys");
        addAll(keys, after, 1000);
        const restored = new StoredKeys(1000);
        restored.restore(late.pull(), "keys");
        const again = new MemorySnapshot();
        restored.save(again, "keys");
        expect(again.sections).toEqual(still.sections);
      }),
      { numRuns: 30 },
    );
  });

  it("are forgotten with their stretch", () => {
    const keys = new StoredKeys(10);
    for (let stretch = 0; stretch < 5; stretch++) keys.add(stretch, "a");
    keys.forgetBelow(3);
    expect([0, 1, 2, 3, 4].map((stretch) => keys.mayHave(stretch, "a"))).toEqual([
      ...[false, false, false],
      ...[true, true],
    ]);
  });

  it("may all be there beyond the limit of a stretch", () => {
    const keys = new StoredKeys(100);
    for (let i = 0; i < 100; i++) keys.add(1, `key ${i}`);
    expect(keys.mayHave(1, "another")).toBe(false);
    keys.add(1, "one more");
    expect(keys.mayHave(1, "another")).toBe(true);
    expect(keys.mayHave(2, "another")).toBe(false);
  });
});
