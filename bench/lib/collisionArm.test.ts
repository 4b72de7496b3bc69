import { describe, expect, it } from "vitest";
import { hash64 } from "#foldback/core";
import { bucketCount, runArm, sizeBytes } from "./collisionArm.ts";
import { simulatedStream } from "./exampleStreams.ts";

const stream = simulatedStream({ seed: 5, exampleCount: 3000, userCount: 400, itemCount: 200 });
const settings = { alpha: 0.3, learningRate: 0.1 };

/** Rows that the slot's ids must have: as many as they have different hashes. */
function bucketsInUse(slot: string, idCount: number, buckets: number, seed: bigint): number {
  const used = new Set<bigint>();
  for (let index = 0; index < idCount; index++) {
    used.add(hash64(`${slot} ${index}`, seed) % BigInt(buckets));
  }
  return used.size;
}

describe("runArm", () => {
  it("has a row for each id, or for each bucket in use", () => {
    const own = runArm(stream, { ids: "own", seed: 1, settings });
    expect(own.userRows).toBe(stream.userCount);
    expect(own.itemRows).toBe(stream.itemCount);
    const hashed = runArm(stream, { ids: 4, seed: 1, settings });
    const [userBuckets, itemBuckets] = [stream.userCount, stream.itemCount].map((n) =>
      Math.ceil(n / 4),
    );
    expect(hashed.userRows).toBe(bucketsInUse("user", stream.userCount, userBuckets, 1n));
    expect(hashed.itemRows).toBe(bucketsInUse("item", stream.itemCount, itemBuckets, 1n));
  });

  it("predicts before it learns: labels without a pattern cannot be told", () => {
    // Each user once: who learned first would know every label, who predicts first none.
    const count = 2000;
    const users = Uint32Array.from({ length: count }, (_, index) => index);
    const items = new Uint32Array(count);
    const labels = Uint8Array.from(users, (user) => Number(hash64(String(user)) & 1n));
    const shuffled = { users, items, labels, userCount: count, itemCount: 1 };
    const { auc } = runArm(shuffled, { ids: "own", seed: 1, settings });
    expect(Math.abs(auc - 0.5)).toBeLessThan(0.05); // four standard errors of 1/√(3 · 2000)
  });

  it("is decided by its seed", () => {
    const once = runArm(stream, { ids: 2, seed: 1, settings });
    expect(runArm(stream, { ids: 2, seed: 1, settings })).toEqual(once);
    expect(runArm(stream, { ids: 2, seed: 2, settings }).auc).not.toBe(once.auc);
  });
});

describe("the size of an arm", () => {
  it("rounds buckets up, and counts ids only where they are kept apart", () => {
    expect([1, 2, 4, 8].map((n) => bucketCount(10, n))).toEqual([10, 5, 3, 2]);
    expect(bucketCount(10, "own")).toBe(10);
    // dim 8: weight, z, n, and two vectors of 8; the collisionless row has 24 bytes for its id.
    expect(sizeBytes(10, 2)).toBe(10 * 4 * (3 + 2 * 8));
    expect(sizeBytes(10, "own")).toBe(10 * (4 * (3 + 2 * 8) + 24));
  });
});
