/**
 * Tables against a Map, over random sequences of every operation: with a follower, and with snapshots
 * that are pulled while other operations go on (../testing/tableWorld.ts).
 */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { layout } from "../kernels/index.ts";
import type { ModelRules } from "../testing/tableModel.ts";
import { type AnyTable, type DrainEnd, TableWorld } from "../testing/tableWorld.ts";
import { Arena, EmbeddingTable, ShardedTable, type TableOptions } from "./index.ts";

const mebibyte = 1_048_576;

const options: TableOptions = {
  dim: 4,
  seed: 3n,
  admitAfter: 3,
  ttlSeconds: 50,
  pendingTtlSeconds: 20,
  idCountExpected: 1, // the smallest table, so that it grows
  optimiser: { kind: "adagrad", learningRate: 0.05, initialAccumulator: 0.5, weightDecay: 0.01 },
  linear: { alpha: 0.1, beta: 1, l1: 0.3, l2: 0.01, initialAccumulator: 0.25 },
};

function rulesOf(own: Partial<TableOptions>): ModelRules {
  const all = { ...options, ...own };
  return {
    dim: all.dim,
    seed: all.seed,
    admitAfter: all.admitAfter ?? 1,
    admission: all.admission === "probabilistic" ? "asked" : "exact",
    ttlSeconds: 50,
    pendingTtlSeconds: 20,
    idCountMax: all.idCountMax ?? Number.POSITIVE_INFINITY,
    whenFull: all.whenFull ?? "refuse",
    learns: all.optimiser !== "none",
    learningRate: 0.05,
    weightDecay: 0.01,
    initialAccumulator: 0.5,
    linear: { alpha: 0.1, beta: 1, l1: 0.3, l2: 0.01, initialAccumulator: 0.25 },
  };
}

type Operation = (world: TableWorld) => void;

// Few ids, so that they meet again; ends of the range, equal low bits, equal high bits, neighbours.
const key = fc.oneof(
  fc.bigInt({ min: 0n, max: 40n }),
  fc.bigInt({ min: 0n, max: 40n }).map((i) => 2n ** 64n - 1n - i),
  fc.bigInt({ min: 0n, max: 200n }).map((i) => i << 52n),
  fc.bigInt({ min: 0n, max: 200n }).map((i) => (1n << 63n) | i),
);
const keys = fc.array(key, { maxLength: 40 });
const after = fc.nat(8);
const salt = fc.nat(1000);
const drainEnd = fc.constantFrom<DrainEnd>("acknowledge", "giveBack");

function named<T>(name: string, of: fc.Arbitrary<T>, run: (world: TableWorld, args: T) => void) {
  return of.map((args): Operation => {
    const operation = (world: TableWorld): void => run(world, args);
    // What fast-check prints of a failing sequence.
    return Object.assign(operation, { [fc.toStringMethod]: () => `${name} ${fc.stringify(args)}` });
  });
}

/** @param assignMax so many keys at most, each once: where ids give way, more would push each other out. */
function operations(assignMax: number): fc.Arbitrary<Operation[]> {
  const assigned =
    assignMax === 0 ? keys : fc.uniqueArray(key, { minLength: 1, maxLength: assignMax });
  const afterAssign = assignMax === 0 ? after : after.map((seconds) => seconds + 1);
  const of = (weight: number, arbitrary: fc.Arbitrary<Operation>) => ({ weight, arbitrary });
  const operation = fc.oneof(
    of(
      2,
      named("read", keys, (world, all) => world.read(all)),
    ),
    of(
      7,
      named("observe", fc.tuple(keys, after, fc.constantFrom(0, 0, 0, 5)), (world, args) =>
        world.observe(...args),
      ),
    ),
    of(
      2,
      named("assign", fc.tuple(assigned, afterAssign, salt), (world, args) =>
        world.assign(...args),
      ),
    ),
    of(
      4,
      named(
        "update",
        fc.tuple(keys, salt, fc.record({ weights: fc.boolean(), rate: fc.constantFrom(0, 0.3) })),
        (world, args) => world.update(...args),
      ),
    ),
    of(
      2,
      named("remove", key, (world, one) => world.remove(one)),
    ),
    of(
      2,
      named("expire", fc.tuple(after, fc.constantFrom(1, 7, 1e6)), (world, args) =>
        world.expire(...args),
      ),
    ),
    of(
      1,
      named("beginDrain", fc.constant(0), (world) => world.beginDrain()),
    ),
    of(
      2,
      named("endDrain", fc.tuple(drainEnd, fc.boolean()), (world, args) => world.endDrain(...args)),
    ),
    of(
      3,
      named("save", fc.boolean(), (world, changesOnly) => world.save(changesOnly)),
    ),
    of(
      2,
      named("pull", fc.constant(0), (world) => world.pull()),
    ),
    of(
      1,
      named("giveUp", fc.constantFrom(0, 0, 1), (world, does) => does && world.giveUp()),
    ),
    of(
      1,
      named("restart", fc.boolean(), (world, changesOnly) => world.restart(changesOnly)),
    ),
  );
  return fc.array(operation, { minLength: 1, maxLength: 120, size: "max" });
}

function makeTable(own: Partial<TableOptions>, sizeBytesMax = 16 * mebibyte): EmbeddingTable {
  return EmbeddingTable.create(Arena.create({ sizeBytesMax }), { ...options, ...own });
}

/** Runs sequences, each in a world of its own, and gives what happened in all of them together. */
function runAll(
  own: Partial<TableOptions>,
  world: () => TableWorld,
  numRuns: number,
): TableWorld["counts"] {
  const sums = { full: 0, lost: 0, changes: 0, restored: 0, drained: 0, gaveWay: 0 };
  const assignMax = own.whenFull === "evictOldest" ? (own.idCountMax ?? 0) : 0;
  fc.assert(
    fc.property(operations(assignMax), (sequence) => {
      const one = world();
      for (const operation of sequence) {
        operation(one);
        one.compare();
      }
      one.end();
      sums.gaveWay += one.table.stats().evictedTotal;
      for (const name of ["full", "lost", "changes", "restored", "drained"] as const) {
        sums[name] += one.counts[name];
      }
    }),
    { numRuns },
  );
  return sums;
}

/**
 * Of its one chunk of rows all but 30 were used up, and there is no memory for another: rows that are
 * given up are handed out again at once. What is left of memory holds a part of a snapshot, and
 * `poolBlocks` blocks of 64 KiB of what changes while it is written.
 */
function makeCrowded(isFirst: boolean, poolBlocks: number): EmbeddingTable {
  const arena = Arena.create({ sizeBytesMax: 2 * mebibyte });
  const table = EmbeddingTable.create(arena, { ...options, dim: 16 });
  table.assign(BigUint64Array.of(1n), new Float32Array(16), new Float32Array(1), 0);
  table.remove(1n);
  if (isFirst) {
    const header = arena.u32(table.pointer, layout.tableHeaderBytes / 4);
    // As if other ids had all rows of the chunk but 30, so that its memory soon ends.
    header[layout.tableRowNextAt / 4] = layout.chunkRows - 30;
    const chunk = arena.u32(header[layout.tableDirectoryAt / 4], 1)[0];
    const live = arena.u8(chunk + header[layout.tablePlaneLAt / 4], layout.chunkRows / 8);
    for (let row = 2; row < layout.chunkRows - 30; row++) live[row >>> 3] |= 1 << (row & 7);
  }
  const { sizeBytesMax, usedBytes } = arena.stats();
  arena.allocate(sizeBytesMax - layout.arenaStart - usedBytes - 262_144 - poolBlocks * 65_536);
  return table;
}

function worldOf(own: Partial<TableOptions>, make: (isFirst: boolean) => AnyTable): TableWorld {
  return new TableWorld({ rules: rulesOf(own), make, isSmall: false });
}

describe("a table does what a Map does", () => {
  const cases: [name: string, own: Partial<TableOptions>, numRuns: number][] = [
    ["when it counts sightings exactly", {}, 60],
    ["when admission is a matter of chance", { admission: "probabilistic" }, 30],
    ["in half precision", { format: "f16", optimiser: "none" }, 25],
    ["in int8", { format: "int8", optimiser: "none" }, 25],
  ];
  for (const [name, own, numRuns] of cases) {
    it(name, () => {
      const counts = runAll(own, () => worldOf(own, () => makeTable(own)), numRuns);
      for (const what of ["changes", "restored", "drained"] as const) {
        expect(counts[what]).toBeGreaterThan(numRuns / 3);
      }
      expect(counts.full).toBe(0);
    }, 60_000);
  }

  it("when it refuses what is beyond its maximum", () => {
    const own = { idCountMax: 12 };
    const counts = runAll(own, () => worldOf(own, () => makeTable(own)), 30);
    expect(counts.full).toBeGreaterThan(8);
  }, 60_000);

  for (const format of ["f32", "int8"] as const) {
    it(`when the oldest gives way at its maximum, in ${format}`, () => {
      const optimiser = format === "f32" ? {} : { optimiser: "none" as const };
      const own = { idCountMax: 12, whenFull: "evictOldest" as const, format, ...optimiser };
      const counts = runAll(own, () => worldOf(own, () => makeTable(own)), 30);
      expect(counts.gaveWay).toBeGreaterThan(60);
      expect(counts.full).toBe(0);
    }, 60_000);
  }

  it("when its memory ends", () => {
    let worlds = 0;
    const world = () => {
      const poolBlocks = worlds++ % 3 === 0 ? 0 : 1;
      const make = (isFirst: boolean) => makeCrowded(isFirst, poolBlocks);
      return new TableWorld({ rules: rulesOf({ dim: 16 }), make, isSmall: true });
    };
    const counts = runAll({}, world, 40);
    expect(counts.full).toBeGreaterThan(8);
    expect(counts.lost).toBeGreaterThan(2);
    expect(counts.changes).toBeGreaterThan(10);
  }, 60_000);

  it("in three shards", () => {
    const make = () =>
      ShardedTable.create({ ...options, shardCount: 3, shardBytesMax: 4 * mebibyte });
    const counts = runAll({}, () => worldOf({}, make), 30);
    expect(counts.changes).toBeGreaterThan(10);
  }, 60_000);
});
