import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { messagesOf } from "../testing/workerMessages.ts";
import { Arena, EmbeddingTable, noRow, type TableOptions } from "./index.ts";

// Workers run what was built: `npm test` builds before it starts.
const built = new URL("../../dist/embedding/index.js", import.meta.url);

const options: TableOptions = {
  dim: 16,
  seed: 11n,
  ttlSeconds: 10,
  initialiser: { kind: "normal", scale: 1 },
};
const stayingCount = 500;
const passingCount = 20_000;
const durationMs = 1500;

/**
 * Reads while the writer works. Staying ids are there from the start and must be found every time;
 * passing ids may be there or not; whatever is found must be that id's own vector. A vector is a
 * function of its id alone, so the reader makes its own table of what every vector must be.
 */
const readerSource = `
const { parentPort, workerData } = require("node:worker_threads");
import(workerData.module).then(({ Arena, EmbeddingTable, readStable }) => {
  const { options, stayingCount, passingCount } = workerData;
  const total = stayingCount + passingCount;
  const own = EmbeddingTable.create(Arena.create({ sizeBytesMax: 64 * 1048576 }), { ...options, ttlSeconds: 0 });
  const keys = BigUint64Array.from({ length: total }, (_, i) => BigInt(i));
  own.observe(keys, new Uint32Array(total), 1);
  const expected = Array.from(keys, (key) => own.vectorOf(own.findOne(key)));
  const table = EmbeddingTable.attach(Arena.attach(workerData.arena), workerData.table);
  const stop = new Int32Array(workerData.stop);
  const rows = new Uint32Array(64);
  const batch = new BigUint64Array(64);
  const wrong = { missing: 0, otherVector: 0, otherKey: 0 };
  let reads = 0, found = 0, state = workerData.seed;
  parentPort.postMessage("ready");
  while (Atomics.load(stop, 0) === 0) {
    for (let i = 0; i < batch.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      batch[i] = BigInt(i % 2 === 0 ? state % stayingCount : state % total);
    }
    const read = readStable([table], () => {
      table.find(batch, rows);
      return Array.from(rows, (row) => row === 0 ? undefined : { vector: table.vectorOf(row), key: table.keysOf(Uint32Array.of(row))[0] });
    });
    read.forEach((one, i) => {
      reads += 1;
      const key = Number(batch[i]);
      if (one === undefined) { if (key < stayingCount) wrong.missing += 1; return; }
      found += 1;
      if (one.key !== batch[i]) wrong.otherKey += 1;
      if (!one.vector.every((v, d) => v === expected[key][d])) wrong.otherVector += 1;
    });
  }
  parentPort.postMessage({ wrong, reads, found });
});
`;

/**
 * Finds the same ids again and again, and counts every one that is not at its row; of ids that were
 * never there, every one that is found.
 */
const finderSource = `
const { parentPort, workerData } = require("node:worker_threads");
import(workerData.module).then(({ Arena, EmbeddingTable }) => {
  const { keys, expected } = workerData;
  const table = EmbeddingTable.attach(Arena.attach(workerData.arena), workerData.table);
  const stop = new Int32Array(workerData.stop);
  const rows = new Uint32Array(keys.length);
  let wrong = 0, reads = 0;
  parentPort.postMessage("ready");
  while (Atomics.load(stop, 0) === 0) {
    table.find(keys, rows);
    for (let i = 0; i < rows.length; i++) if (rows[i] !== expected[i]) wrong += 1;
    reads += rows.length;
  }
  parentPort.postMessage({ wrong, reads });
});
`;

interface Found {
  readonly wrong: number;
  readonly reads: number;
}

/** Ids that no writer ever takes in; 0 among them, which an emptied slot looks like. */
const absent = BigUint64Array.from({ length: 500 }, (_, i) => BigInt(i) * 0x1_0000_0000_0000n);

/** Two finders of `present` and of ids that are absent, while `write` runs for the duration. */
async function findWhile(
  arena: Arena,
  table: EmbeddingTable,
  present: BigUint64Array,
  write: (round: number) => void,
): Promise<Found[]> {
  const keys = BigUint64Array.of(...absent, ...present);
  const expected = new Uint32Array(keys.length);
  table.find(keys, expected);
  expect(expected.indexOf(noRow, absent.length)).toBe(-1);
  expect(expected.subarray(0, absent.length).every((row) => row === noRow)).toBe(true);
  const stop = new SharedArrayBuffer(4);
  const finders = [1, 2].map(() => {
    const shared = { module: built.href, arena: arena.share(), table: table.share() };
    return new Worker(finderSource, {
      eval: true,
      workerData: { ...shared, stop, keys, expected },
    });
  });
  const replies = finders.map(messagesOf);
  await Promise.all(replies.map((reply) => reply.next()));
  const end = Date.now() + durationMs;
  for (let round = 0; Date.now() < end; round++) write(round);
  Atomics.store(new Int32Array(stop), 0, 1);
  const results = await Promise.all(replies.map((reply) => reply.next()));
  await Promise.all(finders.map((finder) => finder.terminate()));
  return results as Found[];
}

describe("readers beside the writer", () => {
  it("find every id at its row, and none that is not there, while entries are displaced all the time", async () => {
    // 32,968 slots, 90 % of them taken by ids that stay, just short of growing: of the new ids most
    // displace others.
    const arena = Arena.create({ sizeBytesMax: 2 * 1_048_576 });
    const table = EmbeddingTable.create(arena, { dim: 0, seed: 3n, idCountExpected: 30_000 });
    const keys = BigUint64Array.from({ length: 29_600 }, (_, i) => BigInt(i + 1));
    table.observe(keys, new Uint32Array(keys.length), 1);
    const results = await findWhile(arena, table, keys, (round) => {
      for (let i = 0; i < 300; i++) table.observeOne(BigInt(1_000_000 + round * 300 + i), 1);
      for (let i = 0; i < 300; i++) table.remove(BigInt(1_000_000 + round * 300 + i));
    });
    const { growthCount, displacements } = table.stats();
    expect(growthCount).toBe(0);
    expect(displacements.slice(1).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(10_000);
    for (const { wrong, reads } of results) {
      expect(wrong).toBe(0);
      expect(reads).toBeGreaterThan(100_000);
    }
  }, 30_000);

  it("find every id at its row, and none that is not there, while the table grows", async () => {
    const arena = Arena.create({ sizeBytesMax: 256 * 1_048_576 });
    const table = EmbeddingTable.create(arena, { dim: 0, seed: 3n, idCountExpected: 1 });
    const keys = BigUint64Array.from({ length: 2000 }, (_, i) => BigInt(i + 1));
    table.observe(keys, new Uint32Array(keys.length), 1);
    const growthsBefore = table.stats().growthCount;
    const fresh = new BigUint64Array(1000);
    const rows = new Uint32Array(1000);
    const results = await findWhile(arena, table, keys, (round) => {
      if (round >= 1500) return; // 1.5 M ids: enough growths, and room in the arena
      for (let i = 0; i < fresh.length; i++) fresh[i] = BigInt(10_000 + round * 1000 + i);
      table.observe(fresh, rows, 1);
    });
    expect(table.stats().growthCount).toBeGreaterThan(growthsBefore + 3);
    for (const { wrong, reads } of results) {
      expect(wrong).toBe(0);
      expect(reads).toBeGreaterThan(100_000);
    }
  }, 30_000);

  it("miss no id that is there, and see no other id's vector, while the table grows, moves and expires", async () => {
    expect(existsSync(fileURLToPath(built)), "dist is built: npm run build").toBe(true);
    const arena = Arena.create({ sizeBytesMax: 64 * 1_048_576 });
    const table = EmbeddingTable.create(arena, { ...options, idCountExpected: 1 });
    const staying = BigUint64Array.from({ length: stayingCount }, (_, i) => BigInt(i));
    const rows = new Uint32Array(stayingCount);
    table.observe(staying, rows, 1);

    const stop = new SharedArrayBuffer(4);
    // More threads than cores on a small machine.
    const readers = [1, 2, 3].map((seed) => {
      const workerData = {
        ...{ module: built.href, arena: arena.share(), table: table.share() },
        ...{ stop, seed, options, stayingCount, passingCount },
      };
      return new Worker(readerSource, { eval: true, workerData });
    });
    const replies = readers.map(messagesOf);
    await Promise.all(replies.map((reply) => reply.next()));

    const end = Date.now() + durationMs;
    let now = 100;
    let removed = 0;
    for (let round = 0; Date.now() < end; round++) {
      now += 1;
      for (let i = 0; i < 300; i++) {
        const passing = stayingCount + ((round * 300 + i * 61) % passingCount);
        table.observeOne(BigInt(passing), now);
      }
      table.observe(staying, rows, now);
      removed += table.expire(now, 16).length;
    }
    Atomics.store(new Int32Array(stop), 0, 1);
    const results = await Promise.all(replies.map((reply) => reply.next()));
    await Promise.all(readers.map((reader) => reader.terminate()));

    expect(removed).toBeGreaterThan(100);
    expect(table.stats().growthCount).toBeGreaterThan(3);
    for (const result of results) {
      expect(result).toMatchObject({ wrong: { missing: 0, otherVector: 0, otherKey: 0 } });
      expect((result as { found: number }).found).toBeGreaterThan(1000);
    }
  }, 30_000);
});
