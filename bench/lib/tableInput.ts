/** The ids that all contestants of bench/table.ts work on: written once, read by every process. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Random } from "#foldback/core";

export const streams = ["zipf", "uniform"] as const;
export type Stream = (typeof streams)[number];

/** Keys a call, in every contestant. */
export const batch = 1024;

/** The largest dim of the bench: the gradients of a batch are written once, for all of them. */
const dimMax = 64;
/** Of Zipf's law; what ids of users and items follow, roughly. */
const exponent = 1.05;
const seed = 5;

export interface Sizes {
  /** Different ids that there are. */
  readonly keyCount: number;
  /** Draws with repetition that are found, and updated. */
  readonly findCount: number;
  /** Draws with repetition that are found or inserted into an empty table. */
  readonly observeCount: number;
}

/**
 * Files of 64-bit ids in the machine's byte order: `keys`, each once; `find-` and `observe-` with a
 * stream's name, drawn from these; and `gradients` for one batch, float32.
 */
export function writeInput(directory: string, { keyCount, findCount, observeCount }: Sizes): void {
  const keys = new Uint32Array(keyCount * 2);
  for (let i = 0; i < keyCount; i++) putKey(keys, i, i);
  writeFileSync(join(directory, "keys"), keys);
  for (const stream of streams) {
    const random = new Random(seed);
    const draw = drawer(stream, keyCount, random);
    for (const [name, count] of [
      ["find", findCount],
      ["observe", observeCount],
    ] as const) {
      const drawn = new Uint32Array(count * 2);
      for (let i = 0; i < count; i++) putKey(drawn, i, draw());
      writeFileSync(join(directory, `${name}-${stream}`), drawn);
    }
  }
  const random = new Random(seed);
  const gradients = new Float32Array(batch * dimMax).map(() => random.uniform() * 2 - 1);
  writeFileSync(join(directory, "gradients"), gradients);
}

export function readKeys(directory: string, name: string): BigUint64Array<ArrayBuffer> {
  return new BigUint64Array(readBytes(directory, name));
}

/** Float32 of shape (batch, dim), row by row. */
export function readGradients(directory: string, dim: number): Float32Array {
  return new Float32Array(readBytes(directory, "gradients")).subarray(0, batch * dim);
}

/**
 * FNV-1a over 32-bit words: which keys came, in which order. table.cpp has the same.
 */
export function hashOfKeys(keys: BigUint64Array): number {
  const words = new Uint32Array(keys.buffer, keys.byteOffset, keys.length * 2);
  let hash = 0;
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i], 0x01000193);
  return hash >>> 0;
}

function readBytes(directory: string, name: string): ArrayBuffer {
  const bytes = readFileSync(join(directory, name));
  // A copy where Node lends a part of its pool: words must lie on their boundaries.
  return bytes.buffer.byteLength === bytes.length && bytes.buffer instanceof ArrayBuffer
    ? bytes.buffer
    : new Uint8Array(bytes).buffer;
}

/** Draws indices below `keyCount`. */
export function drawer(stream: Stream, keyCount: number, random: Random): () => number {
  if (stream === "uniform") return () => random.below(keyCount);
  // Inverse of the continuous distribution with density x^-exponent on [1, keyCount + 1).
  const top = (keyCount + 1) ** (1 - exponent) - 1;
  return () => {
    const rank = Math.floor((1 + random.uniform() * top) ** (1 / (1 - exponent)));
    // Popular ids don't lie side by side: a multiplier without a factor in common spreads them.
    return (Math.min(rank, keyCount) * 7_654_321) % keyCount;
  };
}

/** Any 64 bits: two bijections of the index, so that no two ids are equal. */
function putKey(words: Uint32Array, at: number, index: number): void {
  words[at * 2] = mix32(index + 1);
  words[at * 2 + 1] = mix32(index ^ 0x5bd1e995);
}

/** MurmurHash3's finaliser. */
function mix32(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
