/** Sorting keys and rows by shard and picking matrices' rows, against what JavaScript's own sort and slices give. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { instantiateKernels, webAssembly } from "./index.ts";

const memory = new webAssembly.Memory({ initial: 1, maximum: 1, shared: true });
const kernels = instantiateKernels(memory);
const words = new Uint32Array(memory.buffer);
/** What nothing may write over. */
const guard = 0xdeadbeef;

describe("sortRowsByShard", () => {
  it("numbers rows as their shards do, shard after shard, in the order in which they came", () => {
    const row = fc.oneof(fc.nat(20), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 256 }), fc.array(row), (shardCount, rows) => {
        const count = rows.length;
        const [rowsAt, ownAt, orderAt, endsAt] = [64, 64 + count, 64 + 2 * count, 64 + 3 * count];
        const shardsAt = endsAt + shardCount + 1;
        words.fill(guard);
        words.set(rows, rowsAt);
        kernels.sortRowsByShard(
          shardCount,
          rowsAt * 4,
          count,
          ownAt * 4,
          orderAt * 4,
          endsAt * 4,
          shardsAt * 4,
        );
        const { order, ends } = sorted(
          rows.map((row) => row % shardCount),
          shardCount,
        );
        expect([...words.subarray(orderAt, orderAt + count)]).toEqual(order);
        expect([...words.subarray(ownAt, ownAt + count)]).toEqual(
          order.map((i) => Math.floor(rows[i] / shardCount)),
        );
        expect([...words.subarray(endsAt, endsAt + shardCount)]).toEqual(ends);
        const end = shardsAt + Math.ceil(count / 4);
        expect([words[rowsAt - 1], words[end]]).toEqual([guard, guard]);
      }),
    );
  });
});

describe("sortKeysByShard", () => {
  it("has them shard after shard, in the order in which they came, and leaves them as they are", () => {
    const numbers = fc.record({
      shardCount: fc.integer({ min: 1, max: 256 }),
      seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      keys: fc.array(fc.oneof(fc.bigInt(0n, 20n), fc.bigInt(0n, 2n ** 64n - 1n))),
    });
    fc.assert(
      fc.property(numbers, ({ shardCount, seed, keys }) => {
        const count = keys.length;
        const [keysAt, ownAt, orderAt] = [64, 64 + 2 * count, 64 + 4 * count];
        const endsAt = orderAt + count;
        const shardsAt = endsAt + shardCount + 1;
        words.fill(guard);
        const given = new BigUint64Array(memory.buffer, keysAt * 4, count);
        given.set(keys);
        kernels.sortKeysByShard(
          shardCount,
          seed,
          keysAt * 4,
          count,
          ownAt * 4,
          orderAt * 4,
          endsAt * 4,
          shardsAt * 4,
        );
        const { order, ends } = sorted(
          keys.map((key) => shardOf(key, seed, shardCount)),
          shardCount,
        );
        expect([...words.subarray(orderAt, orderAt + count)]).toEqual(order);
        const own = new BigUint64Array(memory.buffer, ownAt * 4, count);
        expect([...own]).toEqual(order.map((i) => keys[i]));
        expect([...words.subarray(endsAt, endsAt + shardCount)]).toEqual(ends);
        expect([...given]).toEqual(keys);
        for (const key of keys) {
          expect(kernels.shardOfKey(shardCount, seed, key)).toBe(shardOf(key, seed, shardCount));
        }
        const end = shardsAt + Math.ceil(count / 4);
        expect([words[keysAt - 1], words[end]]).toEqual([guard, guard]);
      }),
    );
  });
});

describe("pickRows", () => {
  it("copies rows of any width that the order names, and nothing beside them", () => {
    const order = fc.array(fc.nat(9), { maxLength: 30 });
    fc.assert(
      fc.property(fc.nat(70), order, (width, named) => {
        const [matrixAt, orderAt, pickedAt] = [0, 10 * width, 10 * width + named.length + 1];
        words.fill(guard);
        for (let i = 0; i < 10 * width; i++) words[matrixAt + i] = i;
        words.set(named, orderAt);
        kernels.pickRows(matrixAt * 4, width * 4, orderAt * 4, named.length, pickedAt * 4);
        const picked = named.flatMap((i) => Array.from({ length: width }, (_, d) => i * width + d));
        expect([...words.subarray(pickedAt, pickedAt + picked.length)]).toEqual(picked);
        expect([words[pickedAt - 1], words[pickedAt + picked.length]]).toEqual([guard, guard]);
      }),
    );
  });
});

/** By a stable sort; and how many are of each shard or one before. */
function sorted(shards: readonly number[], shardCount: number) {
  const order = shards.map((_, i) => i).sort((a, b) => shards[a] - shards[b]);
  const ends = Array.from({ length: shardCount }, (_, shard) => {
    return shards.filter((each) => each <= shard).length;
  });
  return { order, ends };
}

/** MurmurHash3's finaliser of the low half with that of the high one, as a share of 2^32. */
function shardOf(key: bigint, seed: number, shardCount: number): number {
  const hash = finalised(Number(key & 0xffffffffn) ^ finalised(Number(key >> 32n) ^ seed));
  return Math.floor((hash / 2 ** 32) * shardCount);
}

function finalised(value: number): number {
  let h = value >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b) >>> 0;
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35) >>> 0;
  return (h ^ (h >>> 16)) >>> 0;
}
