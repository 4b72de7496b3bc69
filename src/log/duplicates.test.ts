import * as fc from "fast-check";
import { expect, test } from "vitest";
import { hash64, Random } from "../core/index.ts";
import { DuplicateWindow } from "./duplicates.ts";

const windowMs = 1_000;

function fingerprint(id: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(hash64(String(id), 1n), 0);
  bytes.writeBigUInt64LE(hash64(String(id), 2n), 8);
  return bytes;
}

test("equals a map of every id's last time, for any sequence of adding and taking back", () => {
  const step = fc.record({
    id: fc.nat(30),
    pauseMs: fc.oneof(fc.nat(300), fc.constantFrom(0, windowMs, windowMs + 1)),
    fails: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const ids = new DuplicateWindow({ windowMs, idCountMax: 1_000_000 });
      const timeById = new Map<number, number>();
      let now = 5_000;
      for (const { id, pauseMs, fails } of steps) {
        const before = now;
        now += pauseMs;
        const isNew = now - (timeById.get(id) ?? -Infinity) > windowMs;
        expect(ids.add(fingerprint(id), 0, now)).toBe(isNew);
        if (isNew && fails) ids.remove(fingerprint(id), 0, now);
        else if (isNew) {
          timeById.set(id, now);
          ids.expire(now);
        }
        if (fails) now = before; // log time has not passed
      }
    }),
  );
});

test("a hundred thousand ids over many generations and growths are told from new ones", () => {
  const ids = new DuplicateWindow({ windowMs, idCountMax: 1_000_000 });
  let wrongCount = 0;
  for (let i = 0; i < 100_000; i++) {
    if (!ids.add(fingerprint(i), 0, Math.floor(i / 200))) wrongCount++;
  }
  for (let i = 0; i < 100_000; i++) if (ids.add(fingerprint(i), 0, 500)) wrongCount++;
  expect(wrongCount).toBe(0);
  expect(ids.idCount).toBe(100_000);
  expect(ids.forgottenCount).toBe(0);
});

test("two fingerprints that differ in one bit are two ids", () => {
  const ids = new DuplicateWindow({ windowMs, idCountMax: 1_000 });
  const bytes = Buffer.alloc(16, 7);
  expect(ids.add(bytes, 0, 1)).toBe(true);
  for (let at = 0; at < 16; at++) {
    bytes[at] ^= 1;
    expect(ids.add(bytes, 0, 1)).toBe(true);
    bytes[at] ^= 1;
  }
  expect(ids.add(bytes, 0, 1)).toBe(false);
});

test("at the limit the oldest ids are forgotten first and counted, and the limit is never passed", () => {
  const ids = new DuplicateWindow({ windowMs, idCountMax: 100 });
  for (let i = 0; i < 150; i++) {
    expect(ids.add(fingerprint(i), 0, 10)).toBe(true);
    expect(ids.idCount).toBeLessThanOrEqual(100);
  }
  expect(ids.forgottenCount).toBe(50);
  expect(ids.add(fingerprint(149), 0, 10)).toBe(false);
  expect(ids.add(fingerprint(50), 0, 10)).toBe(false);
  expect(ids.add(fingerprint(0), 0, 10)).toBe(true);
});

test("ids that are too old are no longer held", () => {
  const ids = new DuplicateWindow({ windowMs, idCountMax: 1_000 });
  for (let i = 0; i < 100; i++) ids.add(fingerprint(i), 0, i);
  ids.add(fingerprint(1_000), 0, 99 + windowMs + 1);
  ids.expire(99 + windowMs + 1);
  expect(ids.idCount).toBe(1);
});

test("ids in use stay found after many were taken back beside them", () => {
  const ids = new DuplicateWindow({ windowMs, idCountMax: 100_000 });
  const random = new Random(3);
  const kept = new Set<number>();
  for (let i = 0; i < 20_000; i++) {
    expect(ids.add(fingerprint(i), 0, 1)).toBe(true);
    if (random.below(2) === 0) ids.remove(fingerprint(i), 0, 1);
    else kept.add(i);
  }
  expect(ids.idCount).toBe(kept.size);
  for (const id of kept) expect(ids.add(fingerprint(id), 0, 2)).toBe(false);
});
