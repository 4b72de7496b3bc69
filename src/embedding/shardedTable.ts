import { assert, FoldbackError } from "../core/index.ts";
import { noRow } from "../kernels/index.ts";
import { Arena, type SharedArena } from "./arena.ts";
import { checkGradients, pickVectors, pickWeights, type UpdateOptions } from "./gradients.ts";
import { type KeyShare, KeySorter, keyBatch } from "./keySorter.ts";
import { type Part, Partition } from "./partition.ts";
import { ShardSorter, sortBatch } from "./shardSorter.ts";
import type { SectionSink, SectionSource } from "./snapshot.ts";
import { EmbeddingTable, type SharedTable } from "./table.ts";
import type { Entry, ScoredRows, TableOptions, TableStats } from "./tableTypes.ts";

export interface ShardedTableOptions extends TableOptions {
  /** 1 to 256; it may not change in the life of a table. */
  readonly shardCount: number;
  /** The most memory of each shard: 1 MiB to 4 GiB, taken only as it is needed. */
  readonly shardBytesMax: number;
}

/** What another thread needs to attach; passes through `postMessage` and `workerData`. */
export interface SharedShardedTable {
  readonly dim: number;
  readonly seed: bigint;
  readonly shards: readonly { readonly arena: SharedArena; readonly table: SharedTable }[];
}

const shardCountLimit = 256;

/**
 * An embedding table over several shared memories, where one, of at most 4 GiB, is not enough.
 *
 * Each id belongs to one shard, by a hash of its own; each shard is an `EmbeddingTable` in an arena of
 * its own. A row is `rowInShard × shardCount + shard`, so `noRow` is 0 here as well. Maximum and ids
 * expected are shared out evenly. Everything else is as in `EmbeddingTable`, whose words are not
 * repeated here.
 *
 * Threads: one writes, any number read, as with one table; or one writes a shard, through `shards`.
 *
 * @example
 * const users = ShardedTable.create({ dim: 64, seed: 1n, shardCount: 4, shardBytesMax: 4 * 2 ** 30 });
 * users.observe(keys, rows, now); // 10 M ids of dim 64 are 5.6 GB
 */
export class ShardedTable {
  readonly dim: number;
  readonly shards: readonly EmbeddingTable[];
  readonly #arenas: readonly Arena[];
  readonly #seed: bigint;
  readonly #partition: Partition;
  readonly #keySorter: KeySorter;
  readonly #sorter: ShardSorter;

  private constructor(
    { dim, seed }: { readonly dim: number; readonly seed: bigint },
    arenas: readonly Arena[],
    shards: readonly EmbeddingTable[],
  ) {
    this.dim = dim;
    this.shards = shards;
    this.#arenas = arenas;
    this.#seed = seed;
    this.#partition = new Partition(shards.length);
    this.#keySorter = new KeySorter(arenas[0], shards.length, seed);
    this.#sorter = new ShardSorter(arenas[0], dim, shards.length);
  }

  /** @throws FoldbackError CONFIG_INVALID; TABLE_FULL when a shard has no room for its part. */
  static create(options: ShardedTableOptions): ShardedTable {
    const { shardCount, shardBytesMax, idCountMax, idCountExpected, ...rest } = options;
    if (!(Number.isInteger(shardCount) && shardCount >= 1 && shardCount <= shardCountLimit)) {
      throw new FoldbackError(
        "CONFIG_INVALID",
        `shardCount is ${shardCount}; allowed: whole numbers from 1 to ${shardCountLimit}`,
        { details: { name: "shardCount", value: shardCount } },
      );
    }
    if (rest.whenFull === "evictOldest" && idCountMax === undefined) {
      throw new FoldbackError(
        "CONFIG_INVALID",
        "idCountMax is undefined; evictOldest needs a maximum",
        { details: { name: "idCountMax", value: idCountMax } },
      );
    }
    // All rows of all shards are numbered in 32 bits, also those that wait to be used again.
    const idsOfShardMax = Math.floor(2 ** 32 / shardCount / 1.07) - 2048;
    const perShard = {
      idCountMax: Math.min(
        Math.ceil((idCountMax ?? 2 ** 32) / shardCount),
        idsOfShardMax,
        2 ** 31 - 2,
      ),
      ...defined({ idCountExpected: idCountExpected && Math.ceil(idCountExpected / shardCount) }),
    };
    const arenas = Array.from({ length: shardCount }, () =>
      Arena.create({ sizeBytesMax: shardBytesMax }),
    );
    const tables = arenas.map((arena) => EmbeddingTable.create(arena, { ...rest, ...perShard }));
    return new ShardedTable({ dim: options.dim, seed: options.seed }, arenas, tables);
  }

  static attach(shared: SharedShardedTable): ShardedTable {
    const arenas = shared.shards.map((shard) => Arena.attach(shard.arena));
    const tables = shared.shards.map((shard, i) => EmbeddingTable.attach(arenas[i], shard.table));
    return new ShardedTable(shared, arenas, tables);
  }

  share(): SharedShardedTable {
    const shards = this.shards.map((table, i) => ({
      arena: this.#arenas[i].share(),
      table: table.share(),
    }));
    return { dim: this.dim, seed: this.#seed, shards };
  }

  release(): void {
    for (const table of this.shards) table.release();
    this.#keySorter.release();
    this.#sorter.release();
  }

  /** Which of `shards` an id belongs to. */
  shardOf(key: bigint): number {
    return this.#keySorter.shardOf(key);
  }

  find(keys: BigUint64Array, rows: Uint32Array): void {
    assert(keys.length <= rows.length, "there is a place for the row of every key");
    for (let from = 0; from < keys.length; from += keyBatch) {
      for (const share of this.#keySorter.sort(keys, from)) {
        this.shards[share.shard].find(share.keys, share.rows);
        this.#putRows(share, from, rows);
      }
    }
  }

  findOne(key: bigint): number {
    const shard = this.shardOf(key);
    return this.#rowOf(this.shards[shard].findOne(key), shard);
  }

  /**
   * @throws FoldbackError TABLE_FULL when one of the shards is; its keys from the detail `index` on, in
   * the order of `keys`, were not done, and others may have been.
   */
  observe(keys: BigUint64Array, rows: Uint32Array, nowSeconds: number): void {
    assert(keys.length <= rows.length, "there is a place for the row of every key");
    for (let from = 0; from < keys.length; from += keyBatch) {
      for (const share of this.#keySorter.sort(keys, from)) {
        share.rows.fill(noRow);
        try {
          this.#withIndexOf(share, from, () =>
            this.shards[share.shard].observe(share.keys, share.rows, nowSeconds),
          );
        } finally {
          this.#putRows(share, from, rows); // also of the keys that were done before there was no room
        }
      }
    }
  }

  observeOne(key: bigint, nowSeconds: number): number {
    const shard = this.shardOf(key);
    return this.#rowOf(this.shards[shard].observeOne(key, nowSeconds), shard);
  }

  assign(
    keys: BigUint64Array,
    vectors: Float32Array,
    weights: Float32Array,
    nowSeconds: number,
  ): void {
    assert(vectors.length === keys.length * this.dim, "vectors are of shape (keys, dim)");
    assert(weights.length === keys.length, "there is a weight for every key");
    const { dim } = this;
    for (let from = 0; from < keys.length; from += keyBatch) {
      for (const share of this.#keySorter.sort(keys, from)) {
        const ownVectors = new Float32Array(share.order.length * dim);
        const ownWeights = new Float32Array(share.order.length);
        pickVectors(vectors.subarray(from * dim), share.order, dim, ownVectors);
        pickWeights(weights.subarray(from), share.order, ownWeights);
        this.#withIndexOf(share, from, () =>
          this.shards[share.shard].assign(share.keys, ownVectors, ownWeights, nowSeconds),
        );
      }
    }
  }

  /** As a table's; in the memory of the first shard. */
  gradientPlace(rowCount: number): Float32Array {
    return this.shards[0].gradientPlace(rowCount);
  }

  update(rows: Uint32Array, gradients: Float32Array, options: UpdateOptions = {}): void {
    checkGradients(this.dim, rows.length, gradients, options);
    const { learningRate } = options;
    const rate = learningRate === undefined ? {} : { learningRate };
    for (let from = 0; from < rows.length; from += sortBatch) {
      for (const { shard, ...share } of this.#sorter.sort(rows, gradients, from, options)) {
        this.shards[shard].update(share.rows, share.gradients, { ...share.options, ...rate });
      }
    }
  }

  gather(rows: Uint32Array, vectors: Float32Array, weights?: Float32Array): void {
    assert(vectors.length >= rows.length * this.dim, "there is a place for every vector");
    for (const { shard, order, rows: own } of this.#byRow(rows)) {
      const partVectors = new Float32Array(own.length * this.dim);
      const partWeights = new Float32Array(own.length);
      this.shards[shard].gather(own, partVectors, partWeights);
      putRows(partVectors, order, this.dim, vectors);
      if (weights !== undefined) putRows(partWeights, order, 1, weights);
    }
  }

  remove(key: bigint): boolean {
    return this.shards[this.shardOf(key)].remove(key);
  }

  /** @param bucketCount at most this many of each shard. */
  expire(nowSeconds: number, bucketCount?: number): BigUint64Array {
    const removed = this.shards.map((table) => table.expire(nowSeconds, bucketCount));
    const all = new BigUint64Array(removed.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of removed) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  entry(key: bigint): Entry | undefined {
    const shard = this.shardOf(key);
    const entry = this.shards[shard].entry(key);
    return entry === undefined ? undefined : this.#entryOf(entry, shard);
  }

  *entries(): Generator<Entry> {
    for (const [shard, table] of this.shards.entries()) {
      for (const entry of table.entries()) yield this.#entryOf(entry, shard);
    }
  }

  keysOf(rows: Uint32Array): BigUint64Array {
    const keys = new BigUint64Array(rows.length);
    for (const { shard, order, rows: own } of this.#byRow(rows)) {
      const found = this.shards[shard].keysOf(own);
      for (let i = 0; i < order.length; i++) keys[order[i]] = found[i];
    }
    return keys;
  }

  vectorOf(row: number): Float32Array {
    const { shard, local } = this.#placeOf(row);
    return this.shards[shard].vectorOf(local);
  }

  weightOf(row: number): number {
    const { shard, local } = this.#placeOf(row);
    return this.shards[shard].weightOf(local);
  }

  scanTop(
    query: Float32Array,
    k: number,
    options: { readonly useWeight?: boolean } = {},
  ): ScoredRows {
    const all = this.shards.flatMap((table, shard) => {
      const { rows, scores } = table.scanTop(query, k, options);
      return Array.from(rows, (row, i) => ({ row: this.#rowOf(row, shard), score: scores[i] }));
    });
    all.sort((a, b) => b.score - a.score || a.row - b.row);
    const best = all.slice(0, k);
    return {
      rows: Uint32Array.from(best, ({ row }) => row),
      scores: Float32Array.from(best, ({ score }) => score),
    };
  }

  /** For `readStable`: changes when that of any shard does. */
  get epoch(): number {
    return this.shards.reduce((sum, table) => sum + table.epoch, 0);
  }

  /** Sums over the shards; `load` is that of all. */
  stats(): TableStats {
    const all = this.shards.map((table) => table.stats());
    const sum = (field: keyof Omit<TableStats, "displacements">): number =>
      all.reduce((total, stats) => total + stats[field], 0);
    return {
      idCount: sum("idCount"),
      pendingCount: sum("pendingCount"),
      slotCount: sum("slotCount"),
      load: (sum("idCount") + sum("pendingCount")) / sum("slotCount"),
      freeRowCount: sum("freeRowCount"),
      waitingRowCount: sum("waitingRowCount"),
      bucketBytes: sum("bucketBytes"),
      rowBytes: sum("rowBytes"),
      snapshotPoolBytes: sum("snapshotPoolBytes"),
      growthCount: sum("growthCount"),
      sightingTotal: sum("sightingTotal"),
      admittedTotal: sum("admittedTotal"),
      expiredTotal: sum("expiredTotal"),
      pendingExpiredTotal: sum("pendingExpiredTotal"),
      removedTotal: sum("removedTotal"),
      evictedTotal: sum("evictedTotal"),
      displacements: all[0].displacements.map((_, moves) =>
        all.reduce((total, stats) => total + stats.displacements[moves], 0),
      ),
    };
  }

  /** The sections of shard i start with `{prefix}{i}.`, and there is `{prefix}shards`. */
  save(sink: SectionSink, prefix: string, options: { readonly changesOnly?: boolean } = {}): void {
    sink.write(`${prefix}shards`, new Uint8Array(Uint32Array.of(this.shards.length).buffer));
    for (const [i, table] of this.shards.entries()) table.save(sink, `${prefix}${i}.`, options);
  }

  /**
   * @throws FoldbackError as `EmbeddingTable.restore`, and CONFIG_INVALID for another number of shards;
   * if it is not the first shard whose sections don't fit, make a new table: those before are restored.
   */
  restore(source: SectionSource, prefix: string): void {
    const [count] = new Uint32Array(source.read(`${prefix}shards`).slice().buffer);
    if (count !== this.shards.length) {
      throw new FoldbackError(
        "CONFIG_INVALID",
        `the snapshot ${prefix} has ${count} shards, the table ${this.shards.length}; use as many`,
      );
    }
    for (const [i, table] of this.shards.entries()) table.restore(source, `${prefix}${i}.`);
  }

  #rowOf(local: number, shard: number): number {
    return local === noRow ? noRow : local * this.shards.length + shard;
  }

  #placeOf(row: number): { shard: number; local: number } {
    const shard = row % this.shards.length;
    return { shard, local: (row - shard) / this.shards.length };
  }

  #entryOf(entry: Entry, shard: number): Entry {
    return entry.state === "pending" ? entry : { ...entry, row: this.#rowOf(entry.row, shard) };
  }

  #byRow(rows: Uint32Array): Part[] {
    const count = this.shards.length;
    const shards = this.#partition.begin(rows.length);
    for (let i = 0; i < rows.length; i++) shards[i] = rows[i] % count;
    const parts = this.#partition.split(rows.length);
    for (const { shard, order, rows: own } of parts) {
      for (let i = 0; i < order.length; i++) own[i] = (rows[order[i]] - shard) / count;
    }
    return parts;
  }

  #putRows({ shard, order, rows: found }: KeyShare, from: number, rows: Uint32Array): void {
    for (let i = 0; i < order.length; i++) rows[from + order[i]] = this.#rowOf(found[i], shard);
  }

  /** A shard's TABLE_FULL says how far it came: in the order of all keys. */
  #withIndexOf({ order }: KeyShare, from: number, run: () => void): void {
    try {
      run();
    } catch (error) {
      if (!(error instanceof FoldbackError && error.code === "TABLE_FULL")) throw error;
      const details = { ...error.details, index: from + order[Number(error.details.index)] };
      throw new FoldbackError("TABLE_FULL", error.message, { cause: error, details });
    }
  }
}

/** The opposite of `pickVectors`. */
function putRows(
  picked: Float32Array,
  order: Uint32Array,
  dim: number,
  matrix: Float32Array,
): void {
  for (let i = 0; i < order.length; i++) {
    const to = order[i] * dim;
    for (let d = 0; d < dim; d++) matrix[to + d] = picked[i * dim + d];
  }
}

/** Without the fields that are undefined. */
function defined<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  }; // by the filter
}
