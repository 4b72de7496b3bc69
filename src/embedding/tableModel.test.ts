/**
 * The table against a Map, over random sequences of every operation: the model knows nothing of
 * buckets, growth or rows that are used again.
 */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemorySnapshot } from "../testing/memorySnapshot.ts";
import { moveRow } from "../testing/rowsInPlace.ts";
import { Arena, EmbeddingTable, noRow, type TableOptions } from "./index.ts";

const options: TableOptions = {
  dim: 4,
  seed: 3n,
  admitAfter: 3,
  ttlSeconds: 50,
  pendingTtlSeconds: 20,
  idCountExpected: 1, // the smallest table, so that it grows
};
const sizeBytesMax = 32 * 1_048_576;

interface Id {
  count: number;
  seen: number;
  row: number;
  /** As it was after the last step, or at admission. */
  values: string;
}

type Operation =
  | { kind: "find"; keys: bigint[] }
  | { kind: "observe"; keys: bigint[]; after: number }
  | { kind: "learn"; keys: bigint[] }
  | { kind: "remove"; key: bigint }
  | { kind: "expire"; after: number; bucketCount: number }
  | { kind: "saveAndRestore" };

// Few ids, so that they meet again; ends of the range, equal low bits, equal high bits, neighbours.
const key = fc.oneof(
  fc.bigInt({ min: 0n, max: 40n }),
  fc.bigInt({ min: 0n, max: 40n }).map((i) => 2n ** 64n - 1n - i),
  fc.bigInt({ min: 0n, max: 200n }).map((i) => i << 52n),
  fc.bigInt({ min: 0n, max: 200n }).map((i) => (1n << 63n) | i),
);
const keys = fc.array(key, { maxLength: 60 });
const after = fc.nat(8);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("find" as const), keys }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("observe" as const), keys, after }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("learn" as const), keys }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("remove" as const), key }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("expire" as const),
      after,
      bucketCount: fc.constantFrom(1, 7, 1e6),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("saveAndRestore" as const) }) },
);

describe("the table", () => {
  it("does what a Map with counts and times does, and never gives two ids one row", () => {
    fc.assert(
      fc.property(fc.array(operation, { minLength: 20, maxLength: 120 }), (operations) => {
        let world = makeWorld();
        const model = new Map<bigint, Id>();
        let now = 1000;
        for (const op of operations) {
          if (op.kind === "find") {
            const rows = new Uint32Array(op.keys.length);
            world.table.find(BigUint64Array.from(op.keys), rows);
            expect([...rows]).toEqual(op.keys.map((k) => model.get(k)?.row ?? noRow));
          } else if (op.kind === "observe") {
            now += op.after;
            observe(world.table, model, op.keys, now);
          } else if (op.kind === "learn") {
            learn(world, model, op.keys);
          } else if (op.kind === "remove") {
            expect(world.table.remove(op.key)).toBe(model.delete(op.key));
          } else if (op.kind === "expire") {
            now += op.after;
            expire(world.table, model, now, op.bucketCount);
          } else {
            const sections = save(world);
            world = makeWorld();
            world.table.restore(new MemorySnapshot(sections), "");
            expect(save(world)).toEqual(sections);
          }
          compare(world.table, model);
        }
      }),
      { numRuns: 25 },
    );
  }, 60_000);
});

function makeWorld() {
  const arena = Arena.create({ sizeBytesMax });
  const table = EmbeddingTable.create(arena, options);
  return { arena, table };
}

function observe(table: EmbeddingTable, model: Map<bigint, Id>, keys: bigint[], now: number): void {
  const rows = new Uint32Array(keys.length);
  table.observe(BigUint64Array.from(keys), rows, now);
  const expected: number[] = [];
  keys.forEach((k, i) => {
    const id = model.get(k) ?? { count: 0, seen: 0, row: noRow, values: "" };
    id.count += 1;
    id.seen = now;
    if (id.count === options.admitAfter) {
      id.row = rows[i];
      id.values = valuesOf(table, k);
    }
    model.set(k, id);
    expected.push(id.row);
    if ((rows[i] === noRow) !== id.count < 3)
      throw new Error(`${k} on sighting ${id.count}: row ${rows[i]}`);
  });
  expect([...rows]).toEqual(expected);
}

function learn(world: ReturnType<typeof makeWorld>, model: Map<bigint, Id>, keys: bigint[]): void {
  const { arena, table } = world;
  for (const k of new Set(keys)) {
    const id = model.get(k);
    if (id === undefined || id.row === noRow) continue;
    moveRow(arena, table, id.row, 0.01 * Number(k % 7n) + 0.1);
    id.values = valuesOf(table, k);
  }
}

function expire(
  table: EmbeddingTable,
  model: Map<bigint, Id>,
  now: number,
  bucketCount: number,
): void {
  const due = new Set<bigint>();
  const duePending = new Set<bigint>();
  for (const [k, id] of model) {
    if (id.row !== noRow && now - id.seen >= 50) due.add(k);
    if (id.row === noRow && now - (id.seen - (id.seen % 2)) >= 20) duePending.add(k);
  }
  const before = table.stats();
  const removed = [...table.expire(now, bucketCount)];
  expect(new Set(removed).size).toBe(removed.length);
  for (const k of removed) expect(due.has(k)).toBe(true);
  if (bucketCount >= table.bucketCount) {
    expect(removed.length).toBe(due.size);
    expect(table.stats().pendingExpiredTotal - before.pendingExpiredTotal).toBe(duePending.size);
  }
  for (const k of removed) model.delete(k);
  for (const k of duePending) if (table.entry(k) === undefined) model.delete(k);
}

/** Everything that can be seen of the table, against everything the model knows. */
function compare(table: EmbeddingTable, model: Map<bigint, Id>): void {
  const rows = new Set<number>();
  const wrong: unknown[] = [];
  let idCount = 0;
  for (const entry of table.entries()) {
    const id = model.get(entry.key);
    if (id === undefined) {
      wrong.push({ entry, id });
    } else if (entry.state === "pending") {
      const seen = id.seen - (id.seen % 2);
      if (entry.count !== id.count || entry.seenSeconds !== seen || id.row !== noRow)
        wrong.push({ entry, id });
    } else {
      idCount += 1;
      rows.add(entry.row);
      const same = entry.row === id.row && entry.seenSeconds === id.seen;
      if (!same || valuesOf(table, entry.key) !== id.values) wrong.push({ entry, id });
    }
  }
  expect(wrong).toEqual([]);
  expect(rows.size).toBe(idCount);
  expect(table.stats()).toMatchObject({ idCount, pendingCount: model.size - idCount });
}

function valuesOf(table: EmbeddingTable, k: bigint): string {
  const entry = table.entry(k);
  if (entry?.state !== "admitted") throw new Error(`${k} has no row`);
  return [entry.weight, ...entry.vector, ...entry.vectorState[0], entry.ftrlZ, entry.ftrlN].join(
    " ",
  );
}

function save({ table }: { table: EmbeddingTable }): Map<string, Uint8Array> {
  const snapshot = new MemorySnapshot();
  table.save(snapshot, "");
  return snapshot.sections;
}
