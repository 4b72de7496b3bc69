/** One contestant of bench/table.ts at work, in a process of its own: what it does, timed and proved. */
import { assert } from "#foldback/core";
import { batch, hashOfKeys, readGradients, readKeys, type Stream, streams } from "./tableInput.ts";

/** Batches of at most `batch` keys; a row is a number, 0 for none. */
export interface Contestant {
  find(keys: BigUint64Array, rows: Uint32Array): void;
  /** Find or insert, with the row initialised. */
  observe(keys: BigUint64Array, rows: Uint32Array): void;
  /** One step of the optimiser for each row, in order; gradients of shape (n, dim). */
  update?(rows: Uint32Array, gradients: Float32Array): void;
  /** For the proof, not timed: whose rows these are. */
  keysOf(rows: Uint32Array): BigUint64Array;
  vectorOf(key: bigint): Float32Array | undefined;
  footprint?(): { readonly idCount: number; readonly sizeBytes: number };
}

/** What one process does, starting with an empty table. */
export const parts = ["fill", ...streams] as const;
export type Part = (typeof parts)[number];

/** One part of the work on one table. */
export interface Task {
  readonly directory: string;
  readonly dim: number;
  readonly keyCount: number;
  readonly part: Part;
}

/** Beside its vector: the optimiser's sums of squares, the weight, and the weight's z and n. */
export function rowBytesOf(dim: number): number {
  return dim * 4 + dim * 4 + 4 + 8;
}

export interface Measured {
  readonly seconds: number;
  /** Of the keys whose rows came back: `hashOfKeys`. */
  readonly keyHash: number;
  /** Of the components of about a thousand vectors. */
  readonly vectorSum: number;
}

export interface PartResult {
  /** By case: operation/stream. */
  readonly cases: Map<string, Measured>;
  readonly footprint: { readonly idCount: number; readonly sizeBytes: number } | undefined;
}

/** As table.cpp prints it: a line a case. */
export function parsePart(output: string): PartResult {
  const cases = new Map<string, Measured>();
  let footprint: PartResult["footprint"];
  for (const line of output.trim().split("\n")) {
    const [name, ...values] = line.split(" ");
    const [a, b, c] = values.map(Number);
    if (name === "footprint") footprint = { idCount: a, sizeBytes: b };
    else cases.set(name, { seconds: a, keyHash: b, vectorSum: c });
  }
  return { cases, footprint };
}

/** Ids of the rehearsal: enough for every loop to be compiled to its last form. */
const rehearsalKeys = 100_000;

/**
 * Does a part, and gives the lines that `parsePart` reads. A rehearsal on a table of its own comes first:
 * what is measured is compiled code, as in C++.
 */
export function playPart(
  make: (dim: number, keyCount: number) => Contestant,
  { directory, dim, keyCount, part }: Task,
): string[] {
  const all = readKeys(directory, "keys");
  const gradients = readGradients(directory, dim);
  const rehearsal = new Play(make(dim, keyCount), all.slice(0, rehearsalKeys), gradients);
  rehearsal.insert(all.slice(0, rehearsalKeys));
  rehearsal.find("zipf", all.slice(0, rehearsalKeys));
  rehearsal.update("zipf", all.slice(0, rehearsalKeys));
  const play = new Play(make(dim, keyCount), all, gradients);
  if (part === "fill") {
    play.insert(all);
    for (const stream of streams) play.find(stream, readKeys(directory, `find-${stream}`));
    for (const stream of streams) play.update(stream, readKeys(directory, `find-${stream}`));
  } else {
    play.observe(part, readKeys(directory, `observe-${part}`));
  }
  return play.lines;
}

class Play {
  readonly lines: string[] = [];
  readonly #contestant: Contestant;
  readonly #all: BigUint64Array;
  readonly #gradients: Float32Array;
  readonly #dim: number;

  constructor(contestant: Contestant, all: BigUint64Array, gradients: Float32Array) {
    this.#contestant = contestant;
    this.#all = all;
    this.#gradients = gradients;
    this.#dim = gradients.length / batch;
  }

  insert(keys: BigUint64Array): void {
    this.#measure("insert/any", keys, (part, rows) => this.#contestant.observe(part, rows));
    const footprint = this.#contestant.footprint?.();
    if (footprint !== undefined) {
      assert(footprint.idCount === keys.length, "every id was admitted once");
      this.lines.push(`footprint ${footprint.idCount} ${footprint.sizeBytes}`);
    }
  }

  observe(stream: Stream, keys: BigUint64Array): void {
    this.#measure(`observe/${stream}`, keys, (part, rows) => this.#contestant.observe(part, rows));
  }

  find(stream: Stream, keys: BigUint64Array): void {
    this.#measure(`find/${stream}`, keys, (part, rows) => this.#contestant.find(part, rows));
  }

  /** By key, then by row; nothing for a contestant that can't. */
  update(stream: Stream, keys: BigUint64Array): void {
    const contestant = this.#contestant;
    if (contestant.update === undefined) return;
    const step = (rows: Uint32Array): void => {
      contestant.update?.(rows, this.#gradients.subarray(0, rows.length * this.#dim));
    };
    const rows = this.#measure(`update/${stream}`, keys, (part, found) => {
      contestant.find(part, found);
      step(found);
    });
    this.#measure(`step/${stream}`, keys, (_, given) => step(given), rows);
  }

  #measure(
    name: string,
    keys: BigUint64Array,
    use: (keys: BigUint64Array, rows: Uint32Array) => void,
    // Filled with what no row is, so that its memory is there before the clock starts.
    rows: Uint32Array = new Uint32Array(keys.length).fill(0xffff_ffff),
  ): Uint32Array {
    const begin = performance.now();
    for (let from = 0; from < keys.length; from += batch) {
      use(keys.subarray(from, from + batch), rows.subarray(from, from + batch));
    }
    const seconds = (performance.now() - begin) / 1000;
    const keyHash = hashOfKeys(this.#contestant.keysOf(rows));
    this.lines.push(`${name} ${seconds} ${keyHash} ${this.#vectorSum()}`);
    return rows;
  }

  #vectorSum(): number {
    const all = this.#all;
    let sum = 0;
    for (let i = 0; i < all.length; i += Math.max(1, Math.floor(all.length / 1000))) {
      for (const component of this.#contestant.vectorOf(all[i]) ?? []) sum += component;
    }
    return sum;
  }
}
