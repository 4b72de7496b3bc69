/** Readers of a serving copy in int8, while every id of it is assigned again and again. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { messagesOf } from "../testing/workerMessages.ts";
import { Arena, EmbeddingTable } from "./index.ts";

// Workers run what was built: `npm test` builds before it starts.
const built = new URL("../../dist/embedding/index.js", import.meta.url);
const idCount = 700;
const dim = 32;
const durationMs = 1500;

/**
 * A vector is generation × pattern of its id, its first component 127 × generation, its weight the
 * generation: what is decoded is exact, and a vector of two generations, or of an old scale and new
 * components, is none of these. Of ids that are taken out and come again the first vector must be
 * whole too: no id is ever shown without one.
 */
const readerSource = `
const { parentPort, workerData } = require("node:worker_threads");
import(workerData.module).then(({ Arena, EmbeddingTable, readStable }) => {
  const { idCount, dim, patterns } = workerData;
  const table = EmbeddingTable.attach(Arena.attach(workerData.arena), workerData.table);
  const stop = new Int32Array(workerData.stop);
  const keys = new BigUint64Array(48);
  const rows = new Uint32Array(48);
  const vectors = new Float32Array(48 * dim);
  const weights = new Float32Array(48);
  const wrong = { missing: 0, torn: 0, back: 0, zeros: 0 };
  const latest = new Float64Array(idCount);
  let reads = 0, generations = 0, state = workerData.seed;
  parentPort.postMessage("ready");
  while (Atomics.load(stop, 0) === 0) {
    for (let i = 0; i < keys.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      keys[i] = BigInt((state >>> 8) % idCount);
    }
    readStable([table], () => {
      table.find(keys, rows);
      table.gather(rows, vectors, weights);
    });
    for (let i = 0; i < keys.length; i++) {
      const id = Number(keys[i]);
      reads += 1;
      if (rows[i] === 0) { if (id % 7 !== 0) wrong.missing += 1; continue; }
      const generation = weights[i];
      if (generation === 0) { wrong.zeros += 1; continue; }
      let isWhole = true;
      for (let d = 0; d < dim; d++) {
        if (vectors[i * dim + d] !== generation * patterns[id * dim + d]) isWhole = false;
      }
      if (!isWhole) wrong.torn += 1;
      if (generation < latest[id]) wrong.back += 1;
      if (generation > latest[id]) generations += 1;
      latest[id] = generation;
    }
  }
  parentPort.postMessage({ wrong, reads, generations });
});
`;

interface Result {
  readonly wrong: Record<"missing" | "torn" | "back" | "zeros", number>;
  readonly reads: number;
  readonly generations: number;
}

describe("readers of a copy in int8", () => {
  it("see each id's old vector or its new one, whole, while all are assigned again and again", async () => {
    expect(existsSync(fileURLToPath(built)), "dist is built: npm run build").toBe(true);
    const arena = Arena.create({ sizeBytesMax: 32 * 1_048_576 });
    const table = EmbeddingTable.create(arena, {
      ...{ dim, seed: 11n, format: "int8", optimiser: "none" },
      idCountExpected: 1,
    });
    const keys = BigUint64Array.from({ length: idCount }, (_, i) => BigInt(i));
    const patterns = Float32Array.from({ length: idCount * dim }, (_, i) =>
      i % dim === 0 ? 127 : ((i * 2_654_435_761) % 255) - 127,
    );
    const assignAll = (generation: number): void => {
      const vectors = patterns.map((q) => q * generation);
      table.assign(keys, vectors, new Float32Array(idCount).fill(generation), generation);
    };
    assignAll(1);
    const stop = new SharedArrayBuffer(4);
    const readers = [1, 2, 3].map((seed) => {
      const shared = { module: built.href, arena: arena.share(), table: table.share() };
      return new Worker(readerSource, {
        eval: true,
        workerData: { ...shared, stop, seed, idCount, dim, patterns },
      });
    });
    const replies = readers.map(messagesOf);
    await Promise.all(replies.map((reply) => reply.next()));
    const end = Date.now() + durationMs;
    const epochBefore = table.epoch;
    let generation = 1;
    while (Date.now() < end) {
      generation += 1;
      // Whole numbers up to here times 127 are exact in float32.
      expect(generation).toBeLessThan(2 ** 17);
      for (let id = 0; id < idCount; id += 7) table.remove(BigInt(id));
      assignAll(generation);
    }
    Atomics.store(new Int32Array(stop), 0, 1);
    const results = (await Promise.all(replies.map((reply) => reply.next()))) as Result[];
    await Promise.all(readers.map((reader) => reader.terminate()));
    // Rows changed hands all the time.
    expect(table.epoch - epochBefore).toBeGreaterThan(50);
    for (const { wrong, reads, generations } of results) {
      expect(wrong).toEqual({ missing: 0, torn: 0, back: 0, zeros: 0 });
      expect(reads).toBeGreaterThan(10_000);
      expect(generations).toBeGreaterThan(1000);
    }
  }, 30_000);
});
