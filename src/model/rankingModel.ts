import { assert } from "../core/index.ts";
import {
  type Arena,
  EmbeddingTable,
  FeatureList,
  type FtrlParams,
  noRow,
  type Region,
  readStable,
  type SectionSink,
  type SectionSource,
  type SharedTable,
} from "../embedding/index.ts";
import { layout } from "../kernels/index.ts";

export interface RankingModelOptions {
  /** Components of the learned vectors: a multiple of 4 to 128; 0 is logistic regression. */
  readonly dim: number;
  /** Measured signals of a candidate: a multiple of 4 to 128. */
  readonly signalCount: number;
  /** Adagrad's, for the learned vectors. */
  readonly learningRate: number;
  /** Pulls learned vectors towards 0. */
  readonly l2: number;
  /** Adagrad's, for what signals are worth in each context. */
  readonly signalLearningRate: number;
  /** For the weight of each item: its popularity that no signal explains. */
  readonly linear: FtrlParams;
  /** An account or item has a row from this event on. */
  readonly admitAfter: number;
  /** Rows of ids without an event for so long are given up; 0 = never. */
  readonly ttlSeconds: number;
  /** Decides the initial vectors. */
  readonly seed: bigint;
}

/** What another thread needs to attach. */
export interface SharedRankingModel {
  readonly options: RankingModelOptions;
  readonly pointer: number;
  readonly tables: Readonly<Record<Slot, SharedTable>>;
}

/** One group: an account at a time, and candidates for it. */
export interface RankingContext {
  readonly account: bigint;
  /** What it wanted last, any order; at most `recentMax`. */
  readonly recent: readonly bigint[];
  /** Context buckets, which decide what signals are worth; at most `bucketsMax`. */
  readonly buckets: readonly bigint[];
}

const slots = ["account", "recent", "item", "bucket"] as const;
type Slot = (typeof slots)[number];

/** Items of the account's past whose vectors speak for it. */
export const recentMax = 10;
export const bucketsMax = 8;
/** Candidates of one group. Serving merges a few hundred; a group in training has some dozens. */
export const candidatesMax = 2048;

/** Where vectors start: small, so that learning decides, but not 0, where the product has no slope. */
const initialScale = 0.02;
/** Adagrad's sums start here: the first steps of a vector are about √10 learning rates long at slope 1. */
const vectorAccumulator = 0.1;
/** Weights and the worth of signals start more slowly: thousands of candidates share them. */
const linearAccumulator = 1;

/**
 * The model that ranks: a factorisation machine across two sides, beside learned worths of measured
 * signals. Its logit estimates the probability that the candidate is what this account takes next.
 *
 * ```
 * logit = w_item + (v_account + Σ_recent v / √n) · v_item + (Σ_buckets v) · signals
 * ```
 *
 * Tables: `account`, `recent` (an item as part of the past), `item`, and `bucket` (a context bucket: one
 * component a signal). Every id has its own row in each; kernels: kernels/assembly/rank.ts.
 *
 * Threads: one learns on the object from `create`, any number score on objects from `attach`. Scores are
 * read without locks: they may mix components from before and after a step.
 */
export class RankingModel {
  /** 64-bit ids of the candidates of the group, in order; write before `score` or `learn`. */
  readonly items: BigUint64Array;
  /** `signalCount` numbers for each candidate of the group, in order; write before `score` or `learn`. */
  readonly signals: Float32Array;
  /** Label (0 or 1), weight and logit offset for each candidate; write before `learn`. */
  readonly targets: Float32Array;
  readonly #arena: Arena;
  readonly #options: RankingModelOptions;
  readonly #pointer: number;
  readonly #tables: Readonly<Record<Slot, EmbeddingTable>>;
  readonly #context: FeatureList;
  readonly #buckets: FeatureList;
  readonly #items: FeatureList;
  readonly #rows = new Uint32Array(candidatesMax);
  readonly #scratch: Region;
  readonly #queryVector: Float32Array;
  readonly #logits: Float32Array;
  readonly #signalsRegion: Region;
  readonly #targetsRegion: Region;
  readonly #logitsRegion: Region;

  private constructor(arena: Arena, shared: SharedRankingModel) {
    const { dim, signalCount } = shared.options;
    this.#arena = arena;
    this.#options = shared.options;
    this.#pointer = shared.pointer;
    const attach = (slot: Slot): EmbeddingTable =>
      EmbeddingTable.attach(arena, shared.tables[slot]);
    this.#tables = {
      account: attach("account"),
      recent: attach("recent"),
      item: attach("item"),
      bucket: attach("bucket"),
    };
    this.#context = new FeatureList(arena, { dim, countMax: 1 + recentMax });
    this.#buckets = new FeatureList(arena, { dim: signalCount, countMax: bucketsMax });
    this.#items = new FeatureList(arena, { dim, countMax: candidatesMax });
    this.items = new BigUint64Array(candidatesMax);
    // The kernel's sum of one list, then its resolved features; no list here is longer than the context.
    this.#scratch = arena.allocate(
      layout.rankListAt + layout.resolvedAt + (1 + recentMax) * layout.resolvedBytes,
    );
    this.#queryVector = arena.f32(this.#scratch.pointer, dim);
    this.#signalsRegion = arena.allocate(candidatesMax * signalCount * 4);
    this.signals = arena.f32(this.#signalsRegion.pointer, candidatesMax * signalCount);
    this.#targetsRegion = arena.allocate(candidatesMax * layout.rankTargetBytes);
    this.targets = arena.f32(this.#targetsRegion.pointer, candidatesMax * 3);
    this.#logitsRegion = arena.allocate(candidatesMax * 4);
    this.#logits = arena.f32(this.#logitsRegion.pointer, candidatesMax);
  }

  /** @throws FoldbackError CONFIG_INVALID; TABLE_FULL when the arena has no room. */
  static create(arena: Arena, options: RankingModelOptions): RankingModel {
    const learned = {
      dim: options.dim,
      seed: options.seed,
      admitAfter: options.admitAfter,
      ttlSeconds: options.ttlSeconds,
      initialiser: { kind: "uniform", scale: initialScale },
      vectorAccumulator,
      linearAccumulator,
    } as const;
    const bucket = {
      dim: options.signalCount,
      seed: options.seed,
      initialiser: { kind: "zeros" },
      vectorAccumulator: linearAccumulator,
    } as const;
    const table = (seedOf: bigint): SharedTable =>
      EmbeddingTable.create(arena, { ...learned, seed: options.seed ^ seedOf }).share();
    const tables = {
      // Different seeds: an item as past and as candidate must not start with the same vector.
      account: table(1n),
      recent: table(2n),
      item: table(3n),
      bucket: EmbeddingTable.create(arena, bucket).share(),
    };
    const { pointer } = arena.allocate(layout.fmBytes);
    const words = arena.u32(pointer, layout.fmBytes / 4);
    words[layout.fmDimAt / 4] = options.dim;
    words[layout.fmSignalsAt / 4] = options.signalCount;
    const record = arena.f64(pointer, layout.fmBytes / 8);
    record[layout.fmAlphaAt / 8] = options.linear.alpha;
    record[layout.fmBetaAt / 8] = options.linear.beta;
    record[layout.fmL1At / 8] = options.linear.l1;
    record[layout.fmL2At / 8] = options.linear.l2;
    record[layout.fmVectorRateAt / 8] = options.learningRate;
    record[layout.fmVectorL2At / 8] = options.l2;
    record[layout.fmSignalRateAt / 8] = options.signalLearningRate;
    return new RankingModel(arena, { options, pointer, tables });
  }

  static attach(arena: Arena, shared: SharedRankingModel): RankingModel {
    return new RankingModel(arena, shared);
  }

  share(): SharedRankingModel {
    const { account, recent, item, bucket } = this.#tables;
    return {
      options: this.#options,
      pointer: this.#pointer,
      tables: {
        account: account.share(),
        recent: recent.share(),
        item: item.share(),
        bucket: bucket.share(),
      },
    };
  }

  get options(): RankingModelOptions {
    return this.#options;
  }

  /** Counts a sighting of the account and the item; from `admitAfter` sightings on they have rows. Learner only. */
  observe(account: bigint, item: bigint, nowSeconds: number): void {
    this.#tables.account.observeOne(account, nowSeconds);
    this.#tables.item.observeOne(item, nowSeconds);
    this.#tables.recent.observeOne(item, nowSeconds);
  }

  /**
   * One step of log loss over a group of `count` candidates; learner only. Their items, signals and targets
   * are written before. Ids without a row take no part.
   *
   * @returns the logits before the step, without offsets, (count,); overwritten by the next call.
   */
  learn(context: RankingContext, count: number, nowSeconds: number): Float32Array {
    for (const bucket of context.buckets) this.#tables.bucket.observeOne(bucket, nowSeconds);
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

  /** Logits of `count` candidates, (count,); overwritten by the next call. Items and signals are written before. */
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
   * The ids of the `count` best items by learned vectors and weight alone: exact, over every live row,
   * at the speed of memory.
   */
  retrieve(context: RankingContext, count: number): BigUint64Array {
    return this.#stable(() => {
      this.#setQuery(context);
      const { rows } = this.#tables.item.scanTop(this.#queryVector, count, { useWeight: true });
      return this.#tables.item.keysOf(rows);
    });
  }

  /** Gives up rows past their time to live; looks at `bucketCount` buckets of each table. Learner only. */
  expire(nowSeconds: number, bucketCount: number): number {
    const { account, recent, item } = this.#tables;
    let count = 0;
    for (const table of [account, recent, item])
      count += table.expire(nowSeconds, bucketCount).length;
    return count;
  }

  /** Rows, by table. */
  stats(): Readonly<Record<Slot, ReturnType<EmbeddingTable["stats"]>>> {
    const { account, recent, item, bucket } = this.#tables;
    return {
      account: account.stats(),
      recent: recent.stats(),
      item: item.stats(),
      bucket: bucket.stats(),
    };
  }

  save(sink: SectionSink): void {
    for (const slot of slots) this.#tables[slot].save(sink, `model.${slot}.`);
  }

  restore(source: SectionSource): void {
    for (const slot of slots) this.#tables[slot].restore(source, `model.${slot}.`);
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
    for (const [i, id] of recent.entries())
      this.#context.set(1 + i, recents, recents.findOne(id), share);
    for (const [i, id] of buckets.entries()) this.#buckets.set(i, bucket, bucket.findOne(id), 1);
  }

  #setItems(count: number): void {
    assert(count <= candidatesMax, "a group is within its limit of candidates");
    const { item } = this.#tables;
    item.find(this.items.subarray(0, count), this.#rows);
    for (let i = 0; i < count; i++) this.#items.set(i, item, this.#rows[i], 1);
  }

  /** Reads that rows of another id can't get into. */
  #stable<T>(read: () => T): T {
    const { account, recent, item } = this.#tables;
    return readStable([account, recent, item], read);
  }
}

assert(noRow === 0, "an id without a row adds nothing to a sum");
