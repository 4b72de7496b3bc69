/**
 * What one would write in JavaScript without the table: a `Map` from ids to row numbers, and the same rows
 * in typed arrays, a chunk at a time. Two forms; both are right for any 64-bit id.
 */
import type { Contestant } from "./tableContest.ts";

/** The ids as they are. */
export function makeMap(dim: number): Contestant {
  const rowOf = new Map<bigint, number>();
  const rows = new Rows(dim);
  return {
    find: (keys, found) => {
      for (let i = 0; i < keys.length; i++) found[i] = rowOf.get(keys[i]) ?? 0;
    },
    observe: (keys, found) => {
      const words = wordsOf(keys);
      for (let i = 0; i < keys.length; i++) {
        let row = rowOf.get(keys[i]);
        if (row === undefined) {
          row = rows.start(words[i * 2], words[i * 2 + 1]);
          rowOf.set(keys[i], row);
        }
        found[i] = row;
      }
    },
    keysOf: (asked) => rows.keysOf(asked),
    vectorOf: (key) => rows.vectorOf(rowOf.get(key)),
  };
}

/**
 * No bigint anywhere: 32 mixed bits of the id are the Map's key, small enough that V8 needs no memory for
 * it, and rows whose ids have the same 32 bits form a chain. Faster, but a hash table of one's own in all
 * but name.
 */
export function makeMapOfNumbers(dim: number): Contestant {
  const firstOf = new Map<number, number>();
  const rows = new Rows(dim);
  const rowOf = (low: number, high: number): number => {
    let row = firstOf.get(mixed(low, high)) ?? 0;
    while (row !== 0 && !rows.isOf(row, low, high)) row = rows.after(row);
    return row;
  };
  return {
    find: (keys, found) => {
      const words = wordsOf(keys);
      for (let i = 0; i < keys.length; i++) found[i] = rowOf(words[i * 2], words[i * 2 + 1]);
    },
    observe: (keys, found) => {
      const words = wordsOf(keys);
      for (let i = 0; i < keys.length; i++) {
        const low = words[i * 2];
        const high = words[i * 2 + 1];
        let row = rowOf(low, high);
        if (row === 0) {
          row = rows.start(low, high);
          const bits = mixed(low, high);
          rows.chain(row, firstOf.get(bits) ?? 0);
          firstOf.set(bits, row);
        }
        found[i] = row;
      }
    },
    keysOf: (asked) => rows.keysOf(asked),
    vectorOf: (key) =>
      rows.vectorOf(rowOf(Number(BigInt.asUintN(32, key)), Number(key >> 32n)) || undefined),
  };
}

const chunkLog2 = 12;
const chunkRows = 2 ** chunkLog2;

interface Chunk {
  readonly vectors: Float32Array;
  readonly accumulators: Float32Array;
  /** The weight of each row, and the z and n of its optimiser: zero at first, as memory comes. */
  readonly linear: Float32Array;
  /** Low and high half. */
  readonly keys: Uint32Array;
  /** The next row whose id has the same 32 mixed bits. */
  readonly next: Uint32Array;
}

/** Numbered from 1. */
class Rows {
  readonly #dim: number;
  readonly #chunks: Chunk[] = [];
  #next = 1;

  constructor(dim: number) {
    this.#dim = dim;
  }

  /** A vector uniform in ±0.05, seeded by the id; the generator is one that JavaScript is quick at. */
  start(low: number, high: number): number {
    const row = this.#next++;
    if (row >>> chunkLog2 === this.#chunks.length) this.#addChunk();
    const chunk = this.#chunks[row >>> chunkLog2];
    const place = row & (chunkRows - 1);
    chunk.keys[place * 2] = low;
    chunk.keys[place * 2 + 1] = high;
    const dim = this.#dim;
    let state = mixed(low, high);
    for (let at = place * dim; at < (place + 1) * dim; at++) {
      // splitmix32.
      state = (state + 0x9e3779b9) | 0;
      let z = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      chunk.vectors[at] = (z ^ (z >>> 16)) * (0.05 / 0x8000_0000);
    }
    chunk.accumulators.fill(1, place * dim, (place + 1) * dim);
    return row;
  }

  isOf(row: number, low: number, high: number): boolean {
    const { keys } = this.#chunks[row >>> chunkLog2];
    const place = row & (chunkRows - 1);
    return keys[place * 2] === low && keys[place * 2 + 1] === high;
  }

  after(row: number): number {
    return this.#chunks[row >>> chunkLog2].next[row & (chunkRows - 1)];
  }

  chain(row: number, next: number): void {
    this.#chunks[row >>> chunkLog2].next[row & (chunkRows - 1)] = next;
  }

  keysOf(rows: Uint32Array): BigUint64Array {
    return new BigUint64Array(rows.length).map((_, i) => {
      const chunk = this.#chunks[rows[i] >>> chunkLog2];
      return new BigUint64Array(chunk.keys.buffer)[rows[i] & (chunkRows - 1)];
    });
  }

  vectorOf(row: number | undefined): Float32Array | undefined {
    if (row === undefined) return undefined;
    const at = (row & (chunkRows - 1)) * this.#dim;
    return this.#chunks[row >>> chunkLog2].vectors.slice(at, at + this.#dim);
  }

  #addChunk(): void {
    this.#chunks.push({
      vectors: new Float32Array(chunkRows * this.#dim),
      accumulators: new Float32Array(chunkRows * this.#dim),
      linear: new Float32Array(chunkRows * 3),
      keys: new Uint32Array(chunkRows * 2),
      next: new Uint32Array(chunkRows),
    });
  }
}

/** Two multiplications: ids that differ in a few bits only must not fall on the same number. */
function mixed(low: number, high: number): number {
  return Math.imul(low, 0x9e3779b1) ^ Math.imul(high ^ (high >>> 15), 0x85ebca6b);
}

function wordsOf(keys: BigUint64Array): Uint32Array {
  return new Uint32Array(keys.buffer, keys.byteOffset, keys.length * 2);
}
