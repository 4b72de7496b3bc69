import { assert, FoldbackError } from "../core/index.ts";
import { layout, noRow } from "../kernels/index.ts";
import { type Arena, arenaFull, type Region } from "./arena.ts";
import { type ChangedRows, TableFollower } from "./follower.ts";
import {
  areBelow,
  checkGradients,
  pickVectors,
  pickWeights,
  type UpdateOptions,
} from "./gradients.ts";
import type { SectionSink, SectionSource } from "./snapshot.ts";
import { batch, bufferBytes, rowBatch, TableBuffers } from "./tableBuffers.ts";
import { entryAt, putState, slotsOf, statsOf } from "./tableInspection.ts";
import { checkedOptions, heapBytesOf, shapeOf, writeSettings } from "./tableOptions.ts";
import { restoreTable, saveTable, sightingsOf } from "./tableSnapshot.ts";
import type { Entry, ScoredRows, TableOptions, TableStats } from "./tableTypes.ts";
import { assertTime } from "./time.ts";

/** What another thread needs to attach; passes through `postMessage` and `workerData`. */
export interface SharedTable {
  readonly pointer: number;
}

/**
 * The collisionless embedding table of one slot (user, item, artist…): 64-bit ids to rows that no
 * other id shares, ever.
 *
 * A row has a vector (dim,) and a weight, float32, with their optimiser state. Ids are admitted on
 * the `admitAfter`-th sighting, expire by event time, and their rows are used again. The table grows
 * a few buckets at a time above a load of 0.91; rows never move. How it lies in memory:
 * `kernels/layout.ts`.
 *
 * Threads: one writes (`observe`, `assign`, `update`, `remove`, `expire`, `save`, `restore`, the
 * follower, and the steps of a model that learns), any number read (`find`, `gather`, `scanTop`,
 * `keysOf`, `vectorOf`, `weightOf`), each on an object of its own, attached. Readers never lock.
 * Where rows may be removed meanwhile, wrap find and use in `readStable`. A reader that runs beside a
 * step may see some components before it and some after.
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
  /** May models learn on its rows in place: float32 vectors under Adagrad, weights under FTRL? */
  readonly isAdagrad: boolean;
  readonly #arena: Arena;
  #gradientRegion: Region | undefined;
  readonly #header: Uint32Array<SharedArrayBuffer>;
  readonly #buffers: TableBuffers;
  /** Told of removals from the moment it is there: also from a snapshot on, before it asks. */
  #follower: TableFollower | undefined;
  #isFollowed = false;
  /** Sightings at the last whole snapshot; undefined where there is none to have changes to. */
  #baseSightings: bigint | undefined;

  private constructor(arena: Arena, pointer: number, buffers: Region) {
    this.#arena = arena;
    this.pointer = pointer;
    this.#header = arena.u32(pointer, layout.tableHeaderBytes / 4);
    assert(
      this.#read(layout.tableMagicAt) === layout.tableMagic,
      "a table is attached where one was created",
    );
    this.dim = this.#read(layout.tableDimAt);
    const optimiser = this.#read(layout.tableOptimiserAt + layout.optimiserKindAt);
    this.isAdagrad = optimiser === layout.optimiserAdagrad;
    // The version counters are read atomically, which the engine checks against the size of memory that
    // this thread knows of: make sure that it knows of them.
    arena.u32(this.#read(layout.tableVersionsAt), layout.versionStripes);
    this.#buffers = new TableBuffers(arena, this.dim, buffers);
  }

  /** @throws FoldbackError CONFIG_INVALID; TABLE_FULL when the arena has no room for it. */
  static create(arena: Arena, options: TableOptions): EmbeddingTable {
    const settings = checkedOptions(options);
    const { sizeBytesMax } = arena.stats();
    const { format, stateCount, linear, steps, norms } = shapeOf(settings);
    const chunkBytesMin = layout.chunkRows * settings.dim + layout.chunkRows * 16;
    const bucketCount = Math.ceil(settings.idCountExpected / (layout.bucketSlots * layout.loadMax));
    const segmentsMax = Math.floor(sizeBytesMax / layout.segmentBytes) + 1;
    const beside = besideTable(arena, [bufferBytes, heapBytesOf(settings)]);
    const [buffers, heap] = beside;
    const pointer =
      bucketCount > segmentsMax * layout.segmentBuckets
        ? 0
        : arena.kernels.tableCreate(
            settings.dim,
            format,
            stateCount,
            linear,
            steps,
            norms,
            Math.max(8, Math.ceil(bucketCount / 4) * 4),
            segmentsMax,
            Math.floor(sizeBytesMax / chunkBytesMin) + 1,
            settings.seed,
          ) >>> 0;
    if (pointer === 0) {
      for (const region of beside) arena.release(region);
      throw arenaFull(arena, `a table of ${settings.idCountExpected} ids`);
    }
    writeSettings(arena, pointer, settings, heap.pointer);
    return new EmbeddingTable(arena, pointer, buffers);
  }

  static attach(arena: Arena, shared: SharedTable): EmbeddingTable {
    return new EmbeddingTable(arena, shared.pointer, arena.allocate(bufferBytes));
  }

  share(): SharedTable {
    return { pointer: this.pointer };
  }

  /**
   * Gives back this object's scratch memory; it can't be used after that. The table itself stays.
   */
  release(): void {
    this.#buffers.release();
    if (this.#gradientRegion !== undefined) this.#arena.release(this.#gradientRegion);
    this.#gradientRegion = undefined;
  }

  /**
   * The rows of the keys, `noRow` where there is none (unknown or pending); never inserts. Any
   * thread.
   *
   * `keys` and `rows` of shape (n,). O(n): two cache lines a key.
   */
  find(keys: BigUint64Array, rows: Uint32Array): void {
    assert(keys.length <= rows.length, "there is a place for the row of every key");
    const buffers = this.#buffers;
    for (let from = 0; from < keys.length; from += batch) {
      const count = this.#putKeys(keys, from);
      this.#arena.kernels.tableFind(
        this.pointer,
        buffers.keysPointer,
        buffers.rowsPointer,
        count,
        buffers.findPointer,
      );
      rows.set(this.#buffers.rows.subarray(0, count), from);
    }
  }

  findOne(key: bigint): number {
    const buffers = this.#buffers;
    this.#buffers.keys[0] = key;
    this.#arena.kernels.tableFind(
      this.pointer,
      buffers.keysPointer,
      buffers.rowsPointer,
      1,
      buffers.findPointer,
    );
    return this.#buffers.rows[0];
  }

  /**
   * Finds or inserts each key, in order: counts towards admission, takes a row when admitted, and
   * stamps with the time. Gives `noRow` for what is still pending. Writer only.
   *
   * `keys` and `rows` of shape (n,). A stamp never goes back: a late event makes no id older. Where
   * ids give way at the maximum, an id of this call may give way to a later one of it: its row is
   * then stale.
   *
   * @param nowSeconds event time in epoch seconds, 0 to 4,294,967,294.
   * @throws FoldbackError TABLE_FULL; its detail `index` says how many keys were done, all of which
   * keep what they got.
   */
  observe(keys: BigUint64Array, rows: Uint32Array, nowSeconds: number): void {
    assert(keys.length <= rows.length, "there is a place for the row of every key");
    for (let from = 0; from < keys.length; from += batch) {
      const count = this.#putKeys(keys, from);
      const done = this.#observe(count, nowSeconds);
      rows.set(this.#buffers.rows.subarray(0, done), from);
      if (done < count) throw this.#full(keys.length, from + done);
    }
  }

  observeOne(key: bigint, nowSeconds: number): number {
    this.#buffers.keys[0] = key;
    const done = this.#observe(1, nowSeconds);
    if (done < 1) throw this.#full(1, 0);
    return this.#buffers.rows[0];
  }

  /**
   * Gives each key this vector and weight, at once, whatever the rule of admission. Writer only.
   *
   * Of a table in another format than float32 an id that is assigned gets another row, so that a
   * reader has the old vector or the new one, whole. A key that comes twice has what came last. The
   * state of the vector's optimiser stays; that of the weight is set to go on from it.
   *
   * @param vectors float32 (n, dim). @param weights float32 (n,).
   * @throws FoldbackError TABLE_FULL as `observe`.
   */
  assign(
    keys: BigUint64Array,
    vectors: Float32Array,
    weights: Float32Array,
    nowSeconds: number,
  ): void {
    const { dim } = this;
    assert(vectors.length === keys.length * dim, "vectors are of shape (keys, dim)");
    assert(weights.length === keys.length, "there is a weight for every key");
    assertTime(nowSeconds);
    const buffers = this.#buffers;
    const values = buffers.values();
    for (let from = 0; from < keys.length; from += rowBatch) {
      const part = keys.subarray(from, from + rowBatch);
      buffers.keys.set(part);
      values.vectors.set(vectors.subarray(from * dim, (from + part.length) * dim));
      values.weights.set(weights.subarray(from, from + part.length));
      const done = this.#arena.kernels.tableAssign(
        this.pointer,
        buffers.keysPointer,
        part.length,
        nowSeconds,
        values.vectorsPointer,
        values.weightsPointer,
        buffers.removedPointer,
      );
      this.#noteGaveWay();
      if (done < part.length) throw this.#full(keys.length, from + done);
    }
  }

  /**
   * One step of the table's optimiser for each row along its gradient, in order; a row that comes
   * twice takes two steps. `noRow` learns nothing. Writer only.
   *
   * @param rows (n,), as `observe` or `find` gave them; what one learns whose id is gone is lost with it.
   * @param gradients float32 (n, dim): dLoss/dVector.
   */
  update(rows: Uint32Array, gradients: Float32Array, options: UpdateOptions = {}): void {
    const { dim } = this;
    const { weightGradients, learningRate = this.#learningRate } = options;
    checkGradients(dim, rows.length, gradients, options);
    assert(this.#read(layout.tableLinearAt) === 1, "only a table with an optimiser is updated");
    this.#checkRows(rows);
    if (this.#read(layout.tableRowNextAt) === 1) return; // every row is noRow
    // Gradients that are in the arena already are used where they lie.
    const areHere =
      this.#arena.holds(gradients) &&
      (weightGradients === undefined || this.#arena.holds(weightGradients));
    for (let from = 0; from < rows.length; from += rowBatch) {
      const part = rows.subarray(from, from + rowBatch);
      this.#buffers.rows.set(part);
      const { indices, vectors, weights } = areHere
        ? this.#gradientsHere(gradients, options, from, part.length)
        : this.#copyGradients(gradients, options, from, part.length);
      this.#arena.kernels.tableUpdate(
        this.pointer,
        this.#buffers.rowsPointer,
        part.length,
        indices,
        vectors,
        weightGradients === undefined ? 0 : weights,
        learningRate,
        this.#buffers.findPointer,
      );
    }
  }

  /**
   * A place in the table's own memory for the gradients of so many rows, float32 (rowCount, dim): `update` reads
   * what lies there without a copy. The next call gives the same place, as it was left, unless it asks for more
   * than ever before; the array itself is good until then. Writer only.
   *
   * @throws FoldbackError TABLE_FULL.
   * @example
   * const gradients = table.gradientPlace(rows.length);
   * backward(gradients); // writes them
   * table.update(rows, gradients);
   */
  gradientPlace(rowCount: number): Float32Array {
    const sizeBytes = rowCount * this.dim * 4;
    if (this.#gradientRegion === undefined || this.#gradientRegion.sizeBytes < sizeBytes) {
      if (this.#gradientRegion !== undefined) this.#arena.release(this.#gradientRegion);
      this.#gradientRegion = undefined;
      this.#gradientRegion = this.#arena.allocate(sizeBytes);
    }
    return this.#arena.f32(this.#gradientRegion.pointer, rowCount * this.dim);
  }

  /**
   * Copies the vectors of rows, and their weights if asked for; zeros for `noRow`. Any thread.
   *
   * @param rows (n,). @param vectors float32 (n, dim). @param weights float32 (n,).
   */
  gather(rows: Uint32Array, vectors: Float32Array, weights?: Float32Array): void {
    const { dim } = this;
    assert(vectors.length >= rows.length * dim, "there is a place for the vector of every row");
    this.#checkRows(rows);
    const values = this.#buffers.values();
    for (let from = 0; from < rows.length; from += rowBatch) {
      const part = rows.subarray(from, from + rowBatch);
      this.#buffers.rows.set(part);
      this.#arena.kernels.tableGather(
        this.pointer,
        this.#buffers.rowsPointer,
        part.length,
        values.vectorsPointer,
        values.weightsPointer,
      );
      vectors.set(values.vectors.subarray(0, part.length * dim), from * dim);
      weights?.set(values.weights.subarray(0, part.length), from);
    }
  }

  /** True if the key was there, admitted or pending. Writer only. */
  remove(key: bigint): boolean {
    const isGone = this.#arena.kernels.tableRemove(this.pointer, key) === 1;
    if (isGone) this.#follower?.noteRemoved(BigUint64Array.of(key));
    return isGone;
  }

  /**
   * Removes what was not observed for its time to live or longer, in the next `bucketCount`
   * buckets, and goes on from there at the next call. Writer only.
   *
   * @param bucketCount at most this many; default: the whole table once.
   * @returns the admitted ids that were removed, for replicas.
   */
  expire(nowSeconds: number, bucketCount: number = this.bucketCount): BigUint64Array {
    assertTime(nowSeconds);
    const removed: BigUint64Array[] = [];
    let total = 0;
    const pointer = this.#buffers.removedPointer;
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
    this.#follower?.noteRemoved(all);
    return all;
  }

  /**
   * From now on the one that is told of every row that changed and every id that was removed. Before
   * its first drain that is every row since the table was made. Writer only.
   */
  follow(): TableFollower {
    this.#isFollowed = true;
    this.#follower ??= this.#newFollower(new BigUint64Array(0));
    return this.#follower;
  }

  /** One id explained, with copies; undefined if it is unknown. Writer only. */
  entry(key: bigint): Entry | undefined {
    const slot = this.#arena.kernels.tableLocate(this.pointer, key) >>> 0;
    return slot === 0 ? undefined : this.#entryAt(slot);
  }

  /**
   * Makes an id what `entry` said of it, here or in a table of the same options: vector, weight, the state
   * of their optimisers, when it was seen, and where it waits for admission its sightings. Its row may be
   * another one. It is told to the follower as removed and come anew. Writer only.
   *
   * @throws FoldbackError TABLE_FULL: then the id is gone.
   */
  putBack(entry: Entry): void {
    const { key, seenSeconds } = entry;
    this.remove(key);
    if (entry.state === "pending") {
      for (let i = 0; i < entry.count; i++) this.observeOne(key, seenSeconds);
      return;
    }
    assert(
      this.#read(layout.tableFormatAt) === layout.formatF32,
      "only a table of float32 has all of what an entry says",
    );
    const { vector, weight } = entry;
    this.assign(BigUint64Array.of(key), vector, Float32Array.of(weight), seenSeconds);
    putState(this.#arena, this.#header, this.findOne(key), entry);
  }

  /**
   * Every id, in the order of the buckets. Writer only; ids may not be added or removed meanwhile.
   */
  *entries(): Generator<Entry> {
    for (const slot of slotsOf(this.#arena, this.#header)) yield this.#entryAt(slot);
  }

  /** The ids of rows that `find` or `scanTop` gave, in the same order. Any thread. */
  keysOf(rows: Uint32Array): BigUint64Array {
    const keys = new BigUint64Array(rows.length);
    const buffers = this.#buffers;
    for (let from = 0; from < rows.length; from += batch) {
      const part = rows.subarray(from, from + batch);
      for (const row of part) this.#checkRow(row);
      this.#buffers.rows.set(part);
      this.#arena.kernels.tableKeys(
        this.pointer,
        buffers.rowsPointer,
        buffers.keysPointer,
        part.length,
      );
      keys.set(this.#buffers.keys.subarray(0, part.length), from);
    }
    return keys;
  }

  /** A copy of the row's vector (dim,), decoded where the table keeps less. Any thread. */
  vectorOf(row: number): Float32Array {
    if (this.#read(layout.tableFormatAt) !== layout.formatF32) {
      const vector = new Float32Array(this.dim);
      this.gather(Uint32Array.of(row), vector);
      return vector;
    }
    const chunk = this.#chunkOf(row);
    return this.#arena.f32(chunk + placeOf(row) * this.dim * 4, this.dim).slice();
  }

  weightOf(row: number): number {
    const chunk = this.#chunkOf(row);
    return this.#arena.f32(chunk + this.#read(layout.tablePlaneWAt) + placeOf(row) * 4, 1)[0];
  }

  /**
   * The k best live rows by query · vector (+ weight, by default), exactly; equal scores by growing
   * row. Reads all vectors, at the speed of memory. Any thread. In a table of another format than
   * float32 an id that is assigned meanwhile may come twice, with its old row and its new one.
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
    const heap = this.#buffers.scan(limit);
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
    // What was read before is read before the epoch is: on ARM a load alone does not say so.
    Atomics.add(this.#buffers.fence, 0, 0);
    return Atomics.load(this.#header, layout.tableEpochAt / 4);
  }

  /** Whether ids are given up when they were quiet for long; where not, `expire` finds none. */
  get canExpire(): boolean {
    return this.#read(layout.tableTtlAt) !== 0 || this.#read(layout.tablePendingTtlAt) !== 0;
  }

  get bucketCount(): number {
    return this.#read(layout.tableBucketCountAt);
  }

  stats(): TableStats {
    return statsOf(this.#header);
  }

  /**
   * Writes everything that later operations depend on, as it is now, in sections that start with
   * `prefix`; the sink may pull the records later, while the table goes on (see `writeParts`). What
   * changes meanwhile is kept aside, in the arena. Writer only; one at a time.
   *
   * Where nothing changes meanwhile, the same operations give the same bytes.
   *
   * @param options `changesOnly`: only what changed since the last snapshot that was pulled to its
   * end, or restored, which the source must then give as its `base`. Where there is none, or the last
   * was given up, it is all.
   * @throws FoldbackError TABLE_FULL: no memory for it; from the parts: none for what changed
   * meanwhile, and the snapshot was given up.
   */
  save(sink: SectionSink, prefix: string, options: { readonly changesOnly?: boolean } = {}): void {
    const sightings = sightingsOf(this.#header);
    saveTable(this.#place, { sink, prefix }, this.#baseSightings, {
      changesOnly: options.changesOnly === true,
      removed: this.#follower?.removed,
      ended: (isWhole) => {
        this.#baseSightings = isWhole ? sightings : undefined;
      },
    });
  }

  /**
   * Becomes what was saved (no other thread may read meanwhile): later operations give the same bytes as if it had never stopped.
   * Admission, times to live, rates and initial values follow the options of `create`, which may have
   * changed; dim, seed, format and the kind of optimiser may not. Writer only.
   *
   * @param source of changes only: with a `base`, back to a snapshot of all.
   * @throws FoldbackError CONFIG_INVALID for another dim, seed, format or optimiser, DATA_CORRUPT for
   * sections that don't fit, TABLE_FULL for more ids than the arena or `idCountMax` has room for; in all
   * cases the table is as before.
   */
  restore(source: SectionSource, prefix: string): void {
    assert(!this.#isFollowed, "a table is restored before it is followed");
    const { sightings, removed } = restoreTable(this.#place, source, prefix);
    this.#baseSightings = sightings;
    this.#follower = removed && this.#newFollower(removed);
  }

  get #place() {
    return { arena: this.#arena, pointer: this.pointer, header: this.#header };
  }

  get #learningRate(): number {
    return this.#arena.f32(this.pointer + layout.tableLearningRateAt, 1)[0];
  }

  #newFollower(removed: BigUint64Array): TableFollower {
    return new TableFollower(
      {
        begin: () => this.#arena.kernels.drainBegin(this.pointer),
        rewind: () => {
          this.#header[layout.tableDrainRowAt / 4] = 1;
        },
        next: (countMax) => this.#nextDraining(countMax),
        acknowledge: () => this.#arena.kernels.drainEnd(this.pointer),
        read: (rows) => this.#changedRows(rows),
      },
      removed,
    );
  }

  #entryAt(slot: number): Entry {
    return entryAt(this.#arena, this.#header, slot, (row) => this.vectorOf(row));
  }

  #observe(count: number, nowSeconds: number): number {
    assertTime(nowSeconds);
    const buffers = this.#buffers;
    const done = this.#arena.kernels.tableObserve(
      this.pointer,
      buffers.keysPointer,
      buffers.rowsPointer,
      count,
      nowSeconds,
      buffers.removedPointer,
    );
    this.#noteGaveWay();
    return done;
  }

  /** Tells the follower whose rows the ids took that were just taken in. */
  #noteGaveWay(): void {
    const gone = this.#read(layout.tableGaveWayAt);
    if (gone === 0) return;
    this.#follower?.noteRemoved(this.#arena.u64(this.#buffers.removedPointer, gone));
  }

  #full(wanted: number, index: number): FoldbackError {
    const { idCount } = this.stats();
    const idCountMax = this.#read(layout.tableIdCountMaxAt);
    if (idCount < idCountMax) return arenaFull(this.#arena, `${wanted} more ids`, { index });
    return new FoldbackError(
      "TABLE_FULL",
      `the table has ${idCount} ids, its maximum; expire ids, raise idCountMax, or let the oldest ` +
        `give way with whenFull: "evictOldest"`,
      { details: { index, idCount, idCountMax } },
    );
  }

  #nextDraining(countMax: number): Uint32Array {
    const buffers = this.#buffers;
    const rows = new Uint32Array(countMax);
    let count = 0;
    while (count < countMax) {
      const wanted = Math.min(batch, countMax - count);
      const got = this.#arena.kernels.drainNext(this.pointer, buffers.rowsPointer, wanted);
      rows.set(this.#buffers.rows.subarray(0, got), count);
      count += got;
      if (got < wanted) break;
    }
    return rows.subarray(0, count);
  }

  #changedRows(rows: Uint32Array): ChangedRows {
    const vectors = new Float32Array(rows.length * this.dim);
    const weights = new Float32Array(rows.length);
    this.gather(rows, vectors, weights);
    return { keys: this.keysOf(rows), vectors, weights };
  }

  /** Where the gradients of `count` rows from `from` on are, and their indices, or 0: in the arena. */
  #gradientsHere(
    gradients: Float32Array,
    { weightGradients, gradientIndices }: UpdateOptions,
    from: number,
    count: number,
  ): GradientPointers {
    const weightsAt = weightGradients?.byteOffset ?? 0;
    if (gradientIndices === undefined) {
      const vectors = gradients.byteOffset + from * this.dim * 4;
      return { indices: 0, vectors, weights: weightsAt + from * 4 };
    }
    const { indices, indicesPointer } = this.#buffers.values();
    indices.set(gradientIndices.subarray(from, from + count));
    return { indices: indicesPointer, vectors: gradients.byteOffset, weights: weightsAt };
  }

  /** The same of others: copied, in the order of rows. */
  #copyGradients(
    gradients: Float32Array,
    { weightGradients, gradientIndices }: UpdateOptions,
    from: number,
    count: number,
  ): GradientPointers {
    const { dim } = this;
    const values = this.#buffers.values();
    const end = from + count;
    if (gradientIndices === undefined) {
      values.vectors.set(gradients.subarray(from * dim, end * dim));
      if (weightGradients !== undefined) values.weights.set(weightGradients.subarray(from, end));
    } else {
      const indices = gradientIndices.subarray(from, end);
      pickVectors(gradients, indices, dim, values.vectors);
      if (weightGradients !== undefined) pickWeights(weightGradients, indices, values.weights);
    }
    return { indices: 0, vectors: values.vectorsPointer, weights: values.weightsPointer };
  }

  #putKeys(keys: BigUint64Array, from: number): number {
    const part = keys.subarray(from, from + batch);
    this.#buffers.keys.set(part);
    return part.length;
  }

  #chunkOf(row: number): number {
    this.#checkRow(row);
    const directory = this.#read(layout.tableDirectoryAt);
    return this.#arena.u32(directory + (row >>> layout.chunkRowsLog2) * 4, 1)[0];
  }

  #checkRows(rows: Uint32Array): void {
    const rowNext = this.#read(layout.tableRowNextAt);
    assert(areBelow(rows, rowNext), "a row is one that the table gave");
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

interface GradientPointers {
  readonly indices: number;
  readonly vectors: number;
  readonly weights: number;
}

/** What a table needs beside itself: all of it, or, without room, nothing is taken. */
function besideTable(arena: Arena, sizes: readonly number[]): Region[] {
  const regions: Region[] = [];
  try {
    for (const sizeBytes of sizes) regions.push(arena.allocate(sizeBytes));
    return regions;
  } catch (error) {
    for (const region of regions) arena.release(region);
    throw error;
  }
}

function placeOf(row: number): number {
  return row % layout.chunkRows;
}
