/** Which rows changed, for who follows: all of them, until it has said that it has them. */
import { describe, expect, it } from "vitest";
import { MemorySnapshot } from "../testing/memorySnapshot.ts";
import { Arena, type Drain, EmbeddingTable, type TableOptions } from "./index.ts";

const mebibyte = 1_048_576;

function makeTable(options: Partial<TableOptions> = {}, sizeBytesMax = 64 * mebibyte) {
  const arena = Arena.create({ sizeBytesMax });
  return EmbeddingTable.create(arena, { dim: 4, seed: 7n, ...options });
}

function keysOf(drain: Drain): bigint[] {
  return [...drain.rows()].flatMap(({ keys }) => [...keys]);
}

function observeAll(table: EmbeddingTable, count: number, now = 1): Uint32Array {
  const rows = new Uint32Array(count);
  table.observe(
    BigUint64Array.from({ length: count }, (_, i) => BigInt(i)),
    rows,
    now,
  );
  return rows;
}

/** What a serving copy does with a drain. */
function feed(copy: EmbeddingTable, drain: Drain): void {
  for (const key of drain.removed) copy.remove(key);
  for (const { keys, vectors, weights } of drain.rows()) copy.assign(keys, vectors, weights, 1);
}

describe("touched rows", () => {
  // Monolith wipes its set of touched keys when it passes 2,097,152.
  it("are all there, each once, also when there are 2.2 million", () => {
    const count = 2_200_000;
    const table = makeTable({}, 512 * mebibyte);
    observeAll(table, count);
    const seen = new Uint8Array(count);
    let calls = 0;
    const drain = table.follow().drain();
    for (const { keys, vectors, weights } of drain.rows()) {
      calls += 1;
      expect(keys.length).toBeLessThanOrEqual(4096);
      expect([vectors.length, weights.length]).toEqual([keys.length * 4, keys.length]);
      const low = new Uint32Array(keys.buffer, keys.byteOffset, keys.length * 2);
      for (let i = 0; i < low.length; i += 2) seen[low[i]] += 1;
    }
    expect(calls).toBe(Math.ceil(count / 4096));
    expect(seen.every((times) => times === 1)).toBe(true);
    drain.acknowledge();
    expect(keysOf(table.follow().drain())).toEqual([]);
  }, 60_000);

  // Monolith drains them before a push that may fail.
  it("that were given back come again, with what changed meanwhile", () => {
    const table = makeTable();
    const rows = observeAll(table, 100);
    const follower = table.follow();
    follower.drain().acknowledge();
    const one = (row: number) =>
      table.update(rows.subarray(row, row + 1), new Float32Array(4).fill(1));
    one(10);
    one(11);
    const failed = follower.drain();
    expect(keysOf(failed)).toEqual([10n, 11n]);
    one(11);
    one(90);
    table.remove(10n);
    failed.giveBack();
    const again = follower.drain();
    expect([...again.removed]).toEqual([10n]);
    expect([...again.rows()]).toEqual([
      {
        keys: BigUint64Array.of(11n, 90n),
        vectors: Float32Array.of(...table.vectorOf(rows[11]), ...table.vectorOf(rows[90])),
        weights: new Float32Array(2),
      },
    ]);
    again.acknowledge();
    expect(keysOf(follower.drain())).toEqual([]);
  });

  it("that change during a drain are in the next one as well", () => {
    const table = makeTable();
    const rows = observeAll(table, 100);
    const follower = table.follow();
    const drain = follower.drain();
    table.update(rows.subarray(5, 6), new Float32Array(4).fill(1));
    table.remove(6n);
    const seen = keysOf(drain);
    expect(seen).not.toContain(6n);
    expect(seen.length).toBe(99);
    table.update(rows.subarray(7, 8), new Float32Array(4).fill(1));
    drain.acknowledge();
    const next = follower.drain();
    expect([...next.removed]).toEqual([6n]);
    expect(keysOf(next)).toEqual([5n, 7n]);
  });

  it("come from the first on each time a drain is asked for them", () => {
    const table = makeTable();
    observeAll(table, 10_000);
    const drain = table.follow().drain();
    for (const { keys } of drain.rows()) {
      expect(keys.length).toBe(4096);
      break; // the push failed half-way, and is tried again
    }
    expect(keysOf(drain).length).toBe(10_000);
    expect(keysOf(drain).length).toBe(10_000);
  });

  it("come again after a kill between drain and acknowledge", () => {
    const table = makeTable();
    const rows = observeAll(table, 6000);
    const follower = table.follow();
    follower.drain().acknowledge();
    for (const row of [3, 4000, 5999]) {
      table.update(rows.subarray(row, row + 1), new Float32Array(4).fill(1));
    }
    table.remove(77n);
    const drain = follower.drain();
    expect(keysOf(drain)).toEqual([3n, 4000n, 5999n]);
    const snapshot = new MemorySnapshot();
    table.save(snapshot, "");
    drain.acknowledge(); // of which the killed process has no memory
    const restarted = makeTable();
    restarted.restore(snapshot, "");
    restarted.remove(78n); // before anyone follows: a log is replayed
    const again = restarted.follow().drain();
    expect([...again.removed]).toEqual([77n, 78n]);
    expect(keysOf(again)).toEqual([3n, 4000n, 5999n]);
  });

  it("of an id that was removed and came again are told with the removal, through a snapshot too", () => {
    const table = makeTable();
    table.observeOne(1n, 1);
    const follower = table.follow();
    follower.drain().acknowledge();
    table.remove(1n);
    table.observeOne(1n, 2);
    const snapshot = new MemorySnapshot();
    const parts: Iterable<Uint8Array>[] = [];
    table.save(
      {
        write: (section, bytes) => snapshot.write(section, bytes),
        writeParts: (_, given) => parts.push(given),
      },
      "",
    );
    const drain = follower.drain();
    expect(keysOf(drain)).toEqual([1n]);
    drain.acknowledge();
    for (const given of parts) snapshot.writeParts("records", given);
    const restarted = makeTable();
    restarted.restore(snapshot, "");
    const again = restarted.follow().drain();
    expect([...again.removed]).toEqual([1n]);
    expect(keysOf(again)).toEqual([1n]);
  });

  it("keep a serving copy equal to the table, in every format", () => {
    for (const format of ["f32", "f16", "int8"] as const) {
      const table = makeTable({ ttlSeconds: 20, initialiser: { kind: "constant", value: 0.25 } });
      const copy = makeTable({ format, optimiser: "none" });
      const follower = table.follow();
      let state = 1;
      for (let round = 0; round < 30; round++) {
        for (let i = 0; i < 200; i++) {
          state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
          const key = BigInt(state % 3000);
          const vector = Float32Array.of(127, state % 100, -1 - (state % 50), 0).map((v) => v / 64);
          table.assign(BigUint64Array.of(key), vector, Float32Array.of(state % 9), 100 + round);
          if (state % 11 === 0) table.remove(key ^ 1n);
        }
        table.expire(100 + round);
        const drain = follower.drain();
        if (round % 3 === 1) {
          drain.giveBack();
          continue;
        }
        feed(copy, drain);
        drain.acknowledge();
      }
      feed(copy, follower.drain());
      const listOf = (of: EmbeddingTable) =>
        new Map(
          [...of.entries()].map((entry) =>
            entry.state === "admitted"
              ? [entry.key, [...entry.vector, entry.weight]]
              : [entry.key, []],
          ),
        );
      expect(table.stats().idCount).toBeGreaterThan(1000);
      expect(table.stats().expiredTotal + table.stats().removedTotal).toBeGreaterThan(200);
      expect(listOf(copy)).toEqual(listOf(table));
    }
  });
});
