import { assert } from "../core/index.ts";
import { layout, noRow } from "../kernels/index.ts";
import { type Arena, arenaFull, type Region } from "./arena.ts";
import type { SectionSink, SectionSource } from "./snapshot.ts";
import { bucketCountOf, entriesOf, entryAt, statsOf } from "./tableInspection.ts";
import { checkedOptions, writeSettings } from "./tableOptions.ts";
import { restoreTable, saveTable } from "./tableSnapshot.ts";
import type { Entry, ScoredRows, TableOptions, TableStats } from "./tableTypes.ts";

/** What another thread needs to attach; passes through `postMessage` and `workerData`. */
export interface SharedTable {
  readonly pointer: number;
}

/** Keys a call into the kernels; more go in several, which costs nothing that shows. */
const batch = 1024;

// This thread's part of the arena's memory, for passing keys and rows to the kernels.
const keysAt = 0;
const rowsAt = batch * 8;
const findScratchAt = rowsAt + batch * 4;
/** 4 keys a bucket, for `batch` buckets. */
const removedAt = findScratchAt + 576;
const scratchBytes = removedAt + batch * layout.bucketSlots * 8;

/**
 * The collisionless embedding table of one slot (user, item, artist…): 64-bit ids to rows that no
 * other id shares, ever.
 *
 * A row has a vector (dim,) and a weight, float32, with their optimiser state. Ids are admitted on
 * the `admitAfter`-th sighting, expire by event time, and their rows are used again. The bucket
 * array doubles when it is 95 % full; rows never move. How it lies in memory: `kernels/layout.ts`.
 *
 * Threads: one writes (`observe`, `remove`, `expire`, `restore`, and the steps of a model that learns),
 * any number read (`find`, `scanTop`, `keysOf`, `vectorOf`, `weightOf`), each on an object of its
 * own, attached. Readers never lock. Where rows may be removed meanwhile, wrap find and use in
 * `readStable`.
 *
 * @example
 * const arena = Arena.create({ sizeBytesMax: 64 * 1024 * 1024 });
 * const items = EmbeddingTable.create(arena, { dim: 16, seed: 1n, admitAfter: 2 });
 * items.observeOne(42n, 1_700_000_000); // noRow: seen once
 * items.observeOne(42n, 1_700_000_060); // 1: its row
 * items.findOne(43n); // noRow, and 43 is not inserted
 */
export class EmbeddingTable {
  readonly pointer: number;
  readonly dim: number;
  readonly #arena: Arena;
  readonly #header: Uint32Array<SharedArrayBuffer>;
  readonly #scratch: Region;
  readonly #keys: BigUint64Array;
  readonly #rows: Uint32Array;
  #scan: Region | undefined;

  private constructor(arena: Arena, pointer: number) {
    this.#arena = arena;
    this.pointer = pointer;
    this.#header = arena.u32(pointer, layout.tableHeaderBytes / 4);
    assert(
      this.#read(layout.tableMagicAt) === layout.tableMagic,
      "a table is attached where one was created",
    );
    this.dim = this.#read(layout.tableDimAt);
    // The version counters are read atomically, which the engine checks against the size of memory that
    // this thread knows of: make sure that it knows of them.
    arena.u32(this.#read(layout.tableVersionsAt), layout.versionStripes);
    this.#scratch = arena.allocate(scratchBytes);
    this.#keys = arena.u64(this.#scratch.pointer + keysAt, batch);
    this.#rows = arena.u32(this.#scratch.pointer + rowsAt, batch);
  }

  /** @throws FoldbackError CONFIG_INVALID; TABLE_FULL when the arena has no room for it. */
  static create(arena: Arena, options: TableOptions): EmbeddingTable {
    const settings = checkedOptions(options);
    const chunkBytes = layout.chunkRows * (settings.dim * 8 + 20) + layout.chunkRows / 8;
    const chunksMax = Math.floor(arena.stats().sizeBytesMax / chunkBytes) + 1;
    const bucketCount = settings.idCountExpected / (layout.bucketSlots * layout.loadMax);
    const bucketsLog2 = Math.max(2, Math.ceil(Math.log2(bucketCount)));
    const pointer =
      bucketsLog2 > layout.bucketsLog2Max
        ? 0
        : arena.kernels.tableCreate(settings.dim, bucketsLog2, chunksMax, settings.seed) >>> 0;
    if (pointer === 0) throw arenaFull(arena, `a table of ${settings.idCountExpected} ids`);
    writeSettings(arena, pointer, settings);
    return new EmbeddingTable(arena, pointer);
  }

  static attach(arena: Arena, shared: SharedTable): EmbeddingTable {
    return new EmbeddingTable(arena, shared.pointer);
  }

  share(): SharedTable {
    return { pointer: this.pointer };
  }

  /**
   * Gives back this object's scratch memory; it can't be used after that. The table itself stays.
   */
  release(): void {
    this.#arena.release(this.#scratch);
    if (this.#scan !== undefined) this.#arena.release(this.#scan);
  }

  /**
   * The rows of the keys, `noRow` where there is none (unknown or pending); never inserts. Any
   * thread.
   *
   * `keys` and `rows` of shape (n,). O(n): two cache lines a key.
   */
  find(keys: BigUint64Array, rows: Uint32Array): void {
    assert(keys.length <= rows.length, "there is a place for the row of every key");
    const { pointer: scratch } = this.#scratch;
    for (let from = 0; from < keys.length; from += batch) {
      const count = this.#putKeys(keys, from);
      this.#arena.kernels.tableFind(
        this.pointer,
        scratch + keysAt,
        scratch + rowsAt,
        count,
        scratch + findScratchAt,
      );
      rows.set(this.#rows.subarray(0, count), from);
    }
  }

  findOne(key: bigint): number {
    const { pointer: scratch } = this.#scratch;
    this.#keys[0] = key;
    this.#arena.kernels.tableFind(
      this.pointer,
      scratch + keysAt,
      scratch + rowsAt,
      1,
      scratch + findScratchAt,
    );
    return this.#rows[0];
  }

  /**
   * Finds or inserts each key, in order: counts towards admission, takes a row when admitted, and
   * stamps with the time. Gives `noRow` for what is still pending. Writer only.
   *
   * `keys` and `rows` of shape (n,). A stamp never goes back: a late event makes no id older.
   *
   * @param nowSeconds event time in epoch seconds, 0 to 4,294,967,294.
   * @throws FoldbackError TABLE_FULL at `details.index`: keys before it are done, from it on nothing.
   */
  observe(keys: BigUint64Array, rows: Uint32Array, nowSeconds: number): void {
    assert(keys.length <= rows.length, "there is a place for the row of every key");
    assert(nowSeconds >= 0 && nowSeconds < 2 ** 32, "time is in epoch seconds of 32 bits");
    const { pointer: scratch } = this.#scratch;
    for (let from = 0; from < keys.length; from += batch) {
      const count = this.#putKeys(keys, from);
      const done = this.#arena.kernels.tableObserve(
        this.pointer,
        scratch + keysAt,
        scratch + rowsAt,
        count,
        nowSeconds,
      );
      rows.set(this.#rows.subarray(0, done), from);
      if (done < count) throw arenaFull(this.#arena, "one more id", { index: from + done });
    }
  }

  observeOne(key: bigint, nowSeconds: number): number {
    assert(nowSeconds >= 0 && nowSeconds < 2 ** 32, "time is in epoch seconds of 32 bits");
    const { pointer: scratch } = this.#scratch;
    this.#keys[0] = key;
    const done = this.#arena.kernels.tableObserve(
      this.pointer,
      scratch + keysAt,
      scratch + rowsAt,
      1,
      nowSeconds,
    );
    if (done < 1) throw arenaFull(this.#arena, "one more id", { index: 0 });
    return this.#rows[0];
  }

  /** True if the key was there, admitted or pending. Writer only. */
  remove(key: bigint): boolean {
    return this.#arena.kernels.tableRemove(this.pointer, key) === 1;
  }

  /**
   * Removes what was not observed for its time to live or longer, in the next `bucketCount`
   * buckets, and goes on from there at the next call. Writer only.
   *
   * @param bucketCount at most this many; default: the whole table once.
   * @returns the admitted ids that were removed, for replicas.
   */
  expire(nowSeconds: number, bucketCount: number = this.bucketCount): BigUint64Array {
    const removed: BigUint64Array[] = [];
    let total = 0;
    const pointer = this.#scratch.pointer + removedAt;
    for (let left = Math.min(bucketCount, this.bucketCount); left > 0; left -= batch) {
      const count = this.#arena.kernels.tableExpire(
        this.pointer,
        nowSeconds,
        Math.min(left, batch),
        pointer,
      );
      if (count > 0) removed.push(this.#arena.u64(pointer, count).slice());
      total += count;
    }
    const all = new BigUint64Array(total);
    let at = 0;
    for (const part of removed) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  /** One id explained, with copies; undefined if it is unknown. Writer only. */
  entry(key: bigint): Entry | undefined {
    const slot = this.#arena.kernels.tableLocate(this.pointer, key) >>> 0;
    return slot === 0 ? undefined : entryAt(this.#arena, this.#header, slot);
  }

  /**
   * Every id, in the order of the buckets. Writer only; ids may not be added or removed meanwhile.
   */
  entries(): Generator<Entry> {
    return entriesOf(this.#arena, this.#header);
  }

  /** The ids of rows that `find` or `scanTop` gave, in the same order. Any thread. */
  keysOf(rows: Uint32Array): BigUint64Array {
    const keys = new BigUint64Array(rows.length);
    const { pointer: scratch } = this.#scratch;
    for (let from = 0; from < rows.length; from += batch) {
      const part = rows.subarray(from, from + batch);
      for (const row of part) this.#checkRow(row);
      this.#rows.set(part);
      this.#arena.kernels.tableKeys(this.pointer, scratch + rowsAt, scratch + keysAt, part.length);
      keys.set(this.#keys.subarray(0, part.length), from);
    }
    return keys;
  }

  /** A copy of the row's vector (dim,). Any thread. */
  vectorOf(row: number): Float32Array {
    const chunk = this.#chunkOf(row);
    return this.#arena.f32(chunk + placeOf(row) * this.dim * 4, this.dim).slice();
  }

  weightOf(row: number): number {
    const chunk = this.#chunkOf(row);
    return this.#arena.f32(chunk + this.#read(layout.tablePlaneWAt) + placeOf(row) * 4, 1)[0];
  }

  /**
   * The k best live rows by query · vector (+ weight, by default), exactly; equal scores by growing
   * row. Reads all vectors, at the speed of memory. Any thread.
   *
   * `query` is float32 of shape (dim,).
   */
  scanTop(
    query: Float32Array,
    k: number,
    options: { readonly useWeight?: boolean } = {},
  ): ScoredRows {
    assert(query.length === this.dim, "the query has the table's dim");
    assert(Number.isInteger(k) && k >= 0, "k is a whole number");
    const limit = Math.min(k, this.#read(layout.tableRowNextAt));
    if (limit === 0) return { rows: new Uint32Array(0), scores: new Float32Array(0) };
    const heap = this.#scanRegion(limit);
    const rows = heap + limit * 8;
    const scores = rows + limit * 4;
    const at = scores + limit * 4 + ((16 - ((limit * 4) % 16)) % 16);
    this.#arena.f32(at, this.dim).set(query);
    const useWeight = options.useWeight === false ? 0 : 1;
    const count = this.#arena.kernels.scanTop(
      this.pointer,
      at,
      limit,
      useWeight,
      heap,
      rows,
      scores,
    );
    return {
      rows: this.#arena.u32(rows, count).slice(),
      scores: this.#arena.f32(scores, count).slice(),
    };
  }

  /** Raised before bytes of a removed row are overwritten: see `readStable`. */
  get epoch(): number {
    return Atomics.load(this.#header, layout.tableEpochAt / 4);
  }

  get bucketCount(): number {
    return bucketCountOf(this.#header);
  }

  stats(): TableStats {
    return statsOf(this.#header);
  }

  /**
   * Writes everything that later operations depend on, in sections that start with `prefix`: the
   * same operations give the same bytes. Copies; writer only.
   */
  save(sink: SectionSink, prefix: string): void {
    saveTable(this.#arena, this.#header, sink, prefix);
  }

  /**
   * Becomes what was saved: later operations give the same bytes as if it had never stopped.
   * Admission, times to live and initial values follow the options of `create`, which may have
   * changed; dim and seed may not. Writer only.
   *
   * @throws FoldbackError CONFIG_INVALID for another dim or seed, DATA_CORRUPT for sections that don't
   * fit, TABLE_FULL; in all cases the table is as before.
   */
  restore(source: SectionSource, prefix: string): void {
    restoreTable(this.#arena, this.pointer, this.#header, source, prefix);
  }

  #putKeys(keys: BigUint64Array, from: number): number {
    const part = keys.subarray(from, from + batch);
    this.#keys.set(part);
    return part.length;
  }

  #scanRegion(k: number): number {
    const sizeBytes = k * 16 + 16 + Math.max(this.dim, 4) * 4;
    if (this.#scan === undefined || this.#scan.sizeBytes < sizeBytes) {
      if (this.#scan !== undefined) this.#arena.release(this.#scan);
      this.#scan = undefined;
      this.#scan = this.#arena.allocate(sizeBytes);
    }
    return this.#scan.pointer;
  }

  #chunkOf(row: number): number {
    this.#checkRow(row);
    const directory = this.#read(layout.tableDirectoryAt);
    return this.#arena.u32(directory + (row >>> layout.chunkRowsLog2) * 4, 1)[0];
  }

  #checkRow(row: number): void {
    assert(
      row !== noRow && row < this.#read(layout.tableRowNextAt),
      "a row is one that the table gave",
    );
  }

  #read(offset: number): number {
    return this.#header[offset / 4];
  }
}

function placeOf(row: number): number {
  return row % layout.chunkRows;
}
