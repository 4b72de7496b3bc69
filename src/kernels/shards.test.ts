/** Sorting rows by shard and picking matrices' rows, against what JavaScript's own sort and slices give. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { instantiateKernels, webAssembly } from "./index.ts";

const memory = new webAssembly.Memory({ initial: 1, maximum: 1, shared: true });
const kernels = instantiateKernels(memory);
const words = new Uint32Array(memory.buffer);
/** What nothing may write over. */
const guard = 0xdeadbeef;

describe("sortByShard", () => {
  it("numbers rows as their shards do, shard after shard, in the order in which they came", () => {
    const row = fc.oneof(fc.nat(20), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 256 }), fc.array(row), (shardCount, rows) => {
        const count = rows.length;
        const [rowsAt, ownAt, orderAt, endsAt] = [64, 64 + count, 64 + 2 * count, 64 + 3 * count];
        words.fill(guard);
        words.set(rows, rowsAt);
        kernels.sortByShard(shardCount, rowsAt * 4, count, ownAt * 4, orderAt * 4, endsAt * 4);
        // A stable sort.
        const order = rows
          .map((_, i) => i)
          .sort((a, b) => (rows[a] % shardCount) - (rows[b] % shardCount));
        expect([...words.subarray(orderAt, orderAt + count)]).toEqual(order);
        expect([...words.subarray(ownAt, ownAt + count)]).toEqual(
          order.map((i) => Math.floor(rows[i] / shardCount)),
        );
        const ends = Array.from(
          { length: shardCount },
          (_, shard) => rows.filter((each) => each % shardCount <= shard).length,
        );
        expect([...words.subarray(endsAt, endsAt + shardCount)]).toEqual(ends);
        expect([...words.subarray(rowsAt, rowsAt + count)]).toEqual(rows);
        expect([words[rowsAt - 1], words[endsAt + shardCount + 1]]).toEqual([guard, guard]);
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
