import { assert } from "../core/index.ts";
import {
  type Arena,
  EmbeddingTable,
  FeatureList,
  type Region,
  readStable,
  type SectionSink,
  type SectionSource,
  type SharedTable,
  type TableOptions,
} from "../embedding/index.ts";
import { layout, noRow } from "../kernels/index.ts";
import { checkDim, writeLinear, writeSignalRate, writeVectors } from "./params.ts";
import {
  bucketsMax,
  candidatesMax,
  type LogitParts,
  type RankingContext,
  type RankingModelOptions,
  type RankingSlot,
  rankingSlots,
  recentMax,
  type SharedRankingModel,
} from "./rankingTypes.ts";

/** Where vectors start: small, so that learning decides, but not 0, where the product has no slope. */
const initialScale = 0.02;
/** Adagrad's sums start here: the first steps of a vector are about √10 learning rates long at slope 1. */
const vectorAccumulator = 0.1;
/** Weights and the worth of signals start more slowly: thousands of candidates share them. */
const linearAccumulator = 1;
/** Label, weight and offset. */
const targetNumbers = layout.rankTargetBytes / 4;

type Tables = Readonly<Record<RankingSlot, EmbeddingTable>>;

/**
 * The model that ranks: a factorisation machine across two sides, beside learned worths of measured signals.
 * Its logit estimates the probability that the candidate is what this account takes next.
 *
 * ```
 * logit = w_item + (v_account + Σ_recent v / √n) · v_item + (Σ_buckets v) · signals
 * ```
 *
 * Each id has its own row in each table that it is in; all of it is float32. Weights learn by FTRL-proximal,
 * vectors by Adagrad, on log loss. One group is one context with 1 to 2,048 candidates: the
 * context takes one step along the sum of their gradients, each candidate's item one along its own (an item
 * that comes twice, two). An id without a row adds nothing and learns nothing; what the signals are worth is
 * learned from its group all the same.
 *
 * Threads: one learns (`observe`, `learn`, `expire`, `restore`) on the object from `create`, any number score and
 * retrieve on objects from `attach`. They read without locks: a score may mix components from before and
 * after a step, but never a row of another id.
 *
 * Source: the two-sided form is Kula, "Metadata embeddings for user and item cold-start recommendations",
 * 2015. Kernels: kernels/assembly/rank.ts.
 *
 * @example
 * const model = RankingModel.create(arena, options);
 * model.observe(account, item, nowSeconds); // account and item have rows, once admitted
 * model.items.set([item, other]); // a positive, and a negative drawn with odds 0.2
 * model.signals.set(signals); // (2, signalCount)
 * model.targets.set([1, 1, 0, 0, 1, -Math.log(0.2)]); // label, weight, offset of each
 * model.learn({ account, recent: [], buckets: [] }, 2, nowSeconds);
 * const [first, second] = model.score({ account, recent: [], buckets: [] }, 2);
 */
export class RankingModel {
  /** 64-bit ids of the candidates of the group, in order; write before `score` or `learn`. */
  readonly items: BigUint64Array;
  /** float32 (candidates, signalCount), in the order of `items`; write before `score` or `learn`. */
  readonly signals: Float32Array;
  /**
   * float32 (candidates, 3): label (0 or 1), weight, and what is added to the logit while learning (−ln π,
   * where the candidate was drawn with odds π); write before `learn`.
   */
  readonly targets: Float32Array;
  readonly options: RankingModelOptions;
  readonly #arena: Arena;
  readonly #pointer: number;
  readonly #tables: Tables;
  readonly #context: FeatureList;
  readonly #buckets: FeatureList;
  readonly #items: FeatureList;
  readonly #rows = new Uint32Array(candidatesMax);
  /** Ids on their way to a table: of a context, for each number of them. */
  readonly #keys = Array.from(
    { length: Math.max(recentMax, bucketsMax) + 1 },
    (_, count) => new BigUint64Array(count),
  );
  readonly #scratch: Region;
  readonly #queryVector: Float32Array;
  readonly #signalsRegion: Region;
  readonly #targetsRegion: Region;
  readonly #logitsRegion: Region;
  readonly #logits: Float32Array;

  private constructor(
    arena: Arena,
    { options, pointer, tables }: { options: RankingModelOptions; pointer: number; tables: Tables },
  ) {
    const { dim, signalCount } = options;
    this.#arena = arena;
    this.options = options;
    this.#pointer = pointer;
    this.#tables = tables;
    this.#context = new FeatureList(arena, { dim, countMax: 1 + recentMax });
    this.#buckets = new FeatureList(arena, { dim: signalCount, countMax: bucketsMax });
    this.#items = new FeatureList(arena, { dim, countMax: candidatesMax });
    // No list that the kernels resolve is longer than the context's.
    this.#scratch = arena.allocate(
      layout.rankListAt + layout.resolvedAt + (1 + recentMax) * layout.resolvedBytes,
    );
    this.#queryVector = arena.f32(this.#scratch.pointer, dim);
    this.items = new BigUint64Array(candidatesMax);
    this.#signalsRegion = arena.allocate(candidatesMax * signalCount * 4);
    this.signals = arena.f32(this.#signalsRegion.pointer, candidatesMax * signalCount);
    this.#targetsRegion = arena.allocate(candidatesMax * layout.rankTargetBytes);
    this.targets = arena.f32(this.#targetsRegion.pointer, candidatesMax * targetNumbers);
    this.#logitsRegion = arena.allocate(candidatesMax * 4);
    this.#logits = arena.f32(this.#logitsRegion.pointer, candidatesMax);
  }

  /** @throws FoldbackError CONFIG_INVALID, naming the option; TABLE_FULL when the arena has no room. */
  static create(arena: Arena, options: RankingModelOptions): RankingModel {
    checkDim("dim", options.dim);
    checkDim("signalCount", options.signalCount);
    const { pointer } = arena.allocate(layout.fmBytes);
    writeOptions(arena, pointer, options);
    const { dim, seed, admitAfter, ttlSeconds } = options;
    // The kernels that learn have rates of their own: the tables' are not used.
    const adagrad = { kind: "adagrad", learningRate: 1 } as const;
    const learned = {
      dim,
      admitAfter,
      ttlSeconds,
      initialiser: { kind: "uniform", scale: initialScale },
      optimiser: { ...adagrad, initialAccumulator: vectorAccumulator },
      linear: { initialAccumulator: linearAccumulator },
    } satisfies Omit<TableOptions, "seed">;
    const bucket: TableOptions = {
      dim: options.signalCount,
      seed,
      initialiser: { kind: "zeros" },
      optimiser: { ...adagrad, initialAccumulator: linearAccumulator },
    };
    const tables = {
      // Different seeds: an item as past and as candidate must not start with the same vector.
      account: EmbeddingTable.create(arena, { ...learned, seed: seed ^ 1n }),
      recent: EmbeddingTable.create(arena, { ...learned, seed: seed ^ 2n }),
      item: EmbeddingTable.create(arena, { ...learned, seed: seed ^ 3n, norms: true }),
      bucket: EmbeddingTable.create(arena, bucket),
    };
    return new RankingModel(arena, { options, pointer, tables });
  }

  static attach(arena: Arena, shared: SharedRankingModel): RankingModel {
    const { options, pointer } = shared;
    const attach = (slot: RankingSlot): EmbeddingTable =>
      EmbeddingTable.attach(arena, shared.tables[slot]);
    return new RankingModel(arena, { options, pointer, tables: bySlot(attach) });
  }

  share(): SharedRankingModel {
    const tables = bySlot((slot): SharedTable => this.#tables[slot].share());
    return { options: this.options, pointer: this.#pointer, tables };
  }

  /** Gives back this object's own memory; it can't be used after that. The model itself stays. */
  release(): void {
    for (const slot of rankingSlots) this.#tables[slot].release();
    for (const list of [this.#context, this.#buckets, this.#items]) list.release();
    for (const region of [
      this.#scratch,
      this.#signalsRegion,
      this.#targetsRegion,
      this.#logitsRegion,
    ])
      this.#arena.release(region);
  }

  /**
   * Counts a sighting of the account and the item, which have rows from `admitAfter` sightings on, and keeps
   * those they have. Learner only.
   *
   * @param nowSeconds event time, epoch seconds.
   * @throws FoldbackError TABLE_FULL.
   */
  observe(account: bigint, item: bigint, nowSeconds: number): void {
    this.#tables.account.observeOne(account, nowSeconds);
    this.#tables.item.observeOne(item, nowSeconds);
    this.#tables.recent.observeOne(item, nowSeconds);
  }

  /**
   * One step of log loss over a group of `count` candidates, 1 to 2,048, whose items, signals and targets
   * were written before. Learner only. O(count · (dim + signalCount)).
   *
   * @returns the logits before the step, without offsets, (count,), where an item that comes again is seen after
   * its step before; overwritten by the next call.
   * @throws FoldbackError TABLE_FULL for a new context bucket.
   */
  learn(context: RankingContext, count: number, nowSeconds: number): Float32Array {
    assert(count >= 1, "a group that is learned from has a candidate");
    assert(context.buckets.length <= bucketsMax, "a context is within its limits");
    this.#tables.bucket.observe(this.#keysOf(context.buckets), this.#rows, nowSeconds);
    this.#setContext(context);
    this.#setItems(count);
    this.#arena.kernels.rankLearn(
      this.#pointer,
      this.#context.pointer,
      1 + context.recent.length,
      this.#buckets.pointer,
      context.buckets.length,
      this.#items.pointer,
      count,
      1,
      this.#signalsRegion.pointer,
      this.#targetsRegion.pointer,
      this.#scratch.pointer,
      this.#logitsRegion.pointer,
    );
    return this.#logits.subarray(0, count);
  }

  /**
   * Logits of a group of `count` candidates, up to 2,048, whose items and signals were written before.
   * Any thread. O(count · (dim + signalCount)).
   *
   * @returns (count,); overwritten by the next call.
   * @throws FoldbackError OVERLOADED if rows changed hands all the time.
   */
  score(context: RankingContext, count: number): Float32Array {
    return this.#stable(() => {
      this.#setQuery(context);
      this.#setItems(count);
      this.#arena.kernels.rankScore(
        this.#pointer,
        this.#items.pointer,
        count,
        1,
        this.#signalsRegion.pointer,
        this.#scratch.pointer,
        this.#logitsRegion.pointer,
      );
      return this.#logits.subarray(0, count);
    });
  }

  /**
   * What the logit of one candidate is made of: the same sum in parts, in float64. Any thread.
   *
   * @param signals (signalCount,) of the candidate.
   * @throws FoldbackError OVERLOADED if rows changed hands all the time.
   */
  partsOf(context: RankingContext, item: bigint, signals: ArrayLike<number>): LogitParts {
    return this.#stable(() => {
      this.#setQuery(context);
      const { account, recent, item: items } = this.#tables;
      const row = items.findOne(item);
      const pairWith = (table: EmbeddingTable, id: bigint): number => {
        const other = table.findOne(id);
        // Without a row it adds nothing.
        return row === noRow || other === noRow
          ? 0
          : dot(table.vectorOf(other), items.vectorOf(row));
      };
      const share = context.recent.length === 0 ? 0 : 1 / Math.sqrt(context.recent.length);
      const worths = this.#arena.f32(
        this.#scratch.pointer + layout.rankSignalsAt,
        this.options.signalCount,
      );
      return {
        weight: row === noRow ? 0 : items.weightOf(row),
        account: pairWith(account, context.account),
        recent: Array.from(context.recent, (id) => share * pairWith(recent, id)),
        signals: Array.from(worths, (worth, i) => worth * signals[i]),
      };
    });
  }

  /**
   * The ids of the `count` best items by learned vectors and weight alone, best first: exact, over every item
   * with a row, at the speed of memory. Any thread. O(items · dim).
   *
   * @throws FoldbackError OVERLOADED if rows changed hands all the time.
   */
  retrieve(context: RankingContext, count: number): BigUint64Array {
    return this.#stable(() => {
      this.#setQuery(context);
      const { rows } = this.#tables.item.scanTop(this.#queryVector, count, { useWeight: true });
      return this.#tables.item.keysOf(rows);
    });
  }

  /**
   * Gives up rows past their time to live, in the next `bucketCount` buckets of each table. Learner only.
   *
   * @returns how many rows.
   */
  expire(nowSeconds: number, bucketCount: number): number {
    const { account, recent, item } = this.#tables;
    let count = 0;
    for (const table of [account, recent, item])
      count += table.expire(nowSeconds, bucketCount).length;
    return count;
  }

  /** Gives up the account's row. Learner only. @returns whether it had one. */
  forget(account: bigint): boolean {
    return this.#tables.account.remove(account);
  }

  /** Rows, by table. */
  stats(): Readonly<Record<RankingSlot, ReturnType<EmbeddingTable["stats"]>>> {
    return bySlot((slot) => this.#tables[slot].stats());
  }

  /** Writes all that was learned, in sections that start with `model.`. */
  save(sink: SectionSink): void {
    for (const slot of rankingSlots) this.#tables[slot].save(sink, `model.${slot}.`);
  }

  /**
   * Becomes what was saved: what follows is the same to the bit as if it had never stopped. Rates follow the
   * options, which may have changed; dims and seed may not.
   *
   * @throws FoldbackError CONFIG_INVALID, DATA_CORRUPT, TABLE_FULL: then make a new model, as this one may
   * have been restored in part.
   */
  restore(source: SectionSource): void {
    for (const slot of rankingSlots) this.#tables[slot].restore(source, `model.${slot}.`);
  }

  #setQuery(context: RankingContext): void {
    this.#setContext(context);
    this.#arena.kernels.rankQuery(
      this.#pointer,
      this.#context.pointer,
      1 + context.recent.length,
      this.#buckets.pointer,
      context.buckets.length,
      this.#scratch.pointer,
    );
  }

  #setContext({ account, recent, buckets }: RankingContext): void {
    assert(
      recent.length <= recentMax && buckets.length <= bucketsMax,
      "a context is within its limits",
    );
    const { account: accounts, recent: recents, bucket } = this.#tables;
    this.#context.set(0, accounts, accounts.findOne(account), 1);
    // The mean of n vectors shrinks as they disagree; by √n instead of n, agreement counts for more.
    const share = recent.length === 0 ? 0 : 1 / Math.sqrt(recent.length);
    recents.find(this.#keysOf(recent), this.#rows);
    for (let i = 0; i < recent.length; i++) this.#context.set(1 + i, recents, this.#rows[i], share);
    bucket.find(this.#keysOf(buckets), this.#rows);
    for (let i = 0; i < buckets.length; i++) this.#buckets.set(i, bucket, this.#rows[i], 1);
  }

  #keysOf(ids: ArrayLike<bigint>): BigUint64Array {
    const keys = this.#keys[ids.length];
    keys.set(ids);
    return keys;
  }

  #setItems(count: number): void {
    assert(count <= candidatesMax, "a group is within its limit of candidates");
    const { item } = this.#tables;
    item.find(this.items.subarray(0, count), this.#rows);
    for (let i = 0; i < count; i++) this.#items.set(i, item, this.#rows[i], 1);
  }

  /** Reads that rows of another id can't get into. Buckets are a handful, and are never given up. */
  #stable<T>(read: () => T): T {
    const { account, recent, item } = this.#tables;
    return readStable([account, recent, item], read);
  }
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function bySlot<T>(make: (slot: RankingSlot) => T): Record<RankingSlot, T> {
  return {
    account: make("account"),
    recent: make("recent"),
    item: make("item"),
    bucket: make("bucket"),
  };
}

/** Writes what the kernels read into the control record. */
function writeOptions(arena: Arena, pointer: number, options: RankingModelOptions): void {
  const words = arena.u32(pointer, layout.fmBytes / 4);
  words[layout.fmDimAt / 4] = options.dim;
  words[layout.fmSignalsAt / 4] = options.signalCount;
  const record = arena.f64(pointer, layout.fmBytes / 8);
  writeLinear(record, options.linear);
  writeVectors(record, options);
  writeSignalRate(record, options.signalLearningRate);
}
