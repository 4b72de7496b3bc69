import * as fc from "fast-check";
import { expect, it } from "vitest";
import { ItemIds } from "./itemIds.ts";

/** Few different low and high halves, so that places and halves collide; and any. */
const id = fc.oneof(
  fc
    .tuple(fc.constantFrom(0n, 1n, 63n, 64n, 128n), fc.constantFrom(0n, 1n, 2n ** 31n))
    .map(([low, high]) => (high << 32n) | low),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
);

it("finds the first number of each id, as a Map does, and none of others", () => {
  fc.assert(
    fc.property(fc.array(id, { maxLength: 300 }), fc.array(id, { maxLength: 40 }), (ids, asked) => {
      const items = new ItemIds();
      const expected = new Map<bigint, number>();
      ids.forEach((each, i) => {
        items.push(each);
        if (!expected.has(each)) expected.set(each, i);
      });
      const all = [...ids, ...asked];
      const found = new Int32Array(all.length);
      items.findAll(BigUint64Array.from(all), found);
      expect([...found]).toEqual(all.map((each) => expected.get(each) ?? -1));
      expect(all.map((each) => items.find(each))).toEqual([...found]);
      expect(ids.map((_, i) => items.at(i))).toEqual(ids);
      // Into a stretch of a longer array, in another order.
      const out = new BigUint64Array(ids.length + 2);
      const order = Int32Array.from(ids, (_, i) => ids.length - 1 - i);
      items.copyTo(out.subarray(1), order);
      expect([...out]).toEqual([0n, ...[...ids].reverse(), 0n]);
    }),
  );
});
