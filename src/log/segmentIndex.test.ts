import * as fc from "fast-check";
import { expect, test } from "vitest";
import { SegmentIndex } from "./segmentIndex.ts";

test("finds a noted batch at or before the offset, never more than 128 KiB of noted ones back", () => {
  const batches = fc.array(fc.integer({ min: 40, max: 30_000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(batches, fc.boolean(), fc.nat(), (sizes, backwards, wantedSeed) => {
      let position = 160;
      const all = sizes.map((size, i) => {
        const batch = { offset: i * 3, position };
        position += size;
        return batch;
      });
      const index = new SegmentIndex();
      const noted = backwards ? all.toReversed() : all;
      for (const batch of noted) index.note(0, batch.offset, batch.position);
      const wanted = wantedSeed % (sizes.length * 3);
      const holder = all[Math.floor(wanted / 3)];
      const found = index.find(0, wanted) ?? all[0];
      expect(all).toContainEqual(found);
      expect(found.offset).toBeLessThanOrEqual(wanted);
      expect(holder.position - found.position).toBeLessThanOrEqual(128 * 1024);
    }),
  );
});

test("knows nothing of a segment that nobody passed, or below what was passed", () => {
  const index = new SegmentIndex();
  index.note(100, 150, 9_000);
  expect(index.find(0, 50)).toBeUndefined();
  expect(index.find(100, 149)).toBeUndefined();
  expect(index.find(100, 150)).toEqual({ offset: 150, position: 9_000 });
});
