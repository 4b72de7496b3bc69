import { assert, FoldbackError } from "../core/index.ts";
import { layout } from "../kernels/index.ts";
import type { Arena, Region } from "./arena.ts";
import { FeatureList } from "./features.ts";
import type { SectionSink, SectionSource } from "./snapshot.ts";

/** FTRL-proximal, for weights: McMahan et al., KDD 2013, Algorithm 1. */
export interface FtrlParams {
  /** Learning rate, above 0. */
  readonly alpha: number;
  /** Damps the first steps, 0 or more. */
  readonly beta: number;
  /** Keeps weights with little evidence at exactly 0. */
  readonly l1: number;
  readonly l2: number;
}

/** For vectors. */
export interface VectorParams {
  readonly optimiser: "adagrad" | "sgd";
  /** 0 or more; with 0 the vectors stay as they are. */
  readonly learningRate: number;
  /** Pulls the components of the features at hand towards 0. */
  readonly l2: number;
}

export interface FmParams {
  readonly linear: FtrlParams;
  readonly vectors: VectorParams;
  /** FTRL without l1 and l2; default: alpha and beta of `linear`. */
  readonly bias?: { readonly alpha: number; readonly beta: number };
}

export interface FmOptions {
  /** Of every table that features come from; 0 = logistic regression. */
  readonly dim: number;
  readonly params: FmParams;
  /** Longest list of features that one call may have. */
  readonly featureCountMax: number;
}

/** What another thread needs to attach. */
export interface SharedFm {
  readonly pointer: number;
  readonly dim: number;
}

/** Of one feature, resolved to addresses; see kernels/assembly/features.ts. */
const resolvedBytes = 20;
/** Σ v x of at most 128 components, before the resolved features. */
const sumBytes = layout.dimMax * 4;

/**
 * A factorisation machine whose rows live in tables of one arena; dim 0 is logistic regression.
 *
 * logit = w0 + Σ w x + ½ Σ_d [(Σ v x)² − Σ (v x)²]
 *
 * Weights learn by FTRL-proximal, vectors by Adagrad or SGD, the bias by FTRL without
 * regularisation. Rows are found first (`EmbeddingTable.observe` to learn, which also stamps them,
 * `find` to predict); here they are only used. A row that comes twice in one example takes two
 * steps.
 *
 * Threads: one learns, any number predict, each on an object of its own, attached. A prediction
 * that runs beside a step may see some components before it and some after.
 *
 * Source: Rendle, "Factorization Machines", ICDM 2010. Kernels: kernels/assembly/fm.ts.
 *
 * @example
 * const fm = FmKernel.create(arena, { dim: 16, featureCountMax: 8, params });
 * fm.features.set(0, users, users.observeOne(user, now), 1);
 * fm.features.set(1, items, items.observeOne(item, now), 1);
 * const logit = fm.learn(2, 1); // the prediction before the step
 */
export class FmKernel {
  readonly pointer: number;
  readonly dim: number;
  /** What predict, learn, gradient and context read; one thread's own. */
  readonly features: FeatureList;
  /** Σ v x of the last `context`, float32 (dim,): the query for `scanTop`. */
  readonly contextVector: Float32Array;
  readonly #arena: Arena;
  readonly #bias: Float64Array;
  readonly #scratch: Region;
  readonly #context: Region;
  #contextLogit = 0;
  #scores: Region | undefined;

  private constructor(arena: Arena, shared: SharedFm, featureCountMax: number) {
    this.#arena = arena;
    this.pointer = shared.pointer;
    this.dim = shared.dim;
    this.#bias = arena.f64(shared.pointer, 3);
    this.features = new FeatureList(arena, { dim: shared.dim, countMax: featureCountMax });
    // One word more than the features: the learner's warm-up ends there.
    this.#scratch = arena.allocate(sumBytes + (featureCountMax + 1) * resolvedBytes);
    this.#context = arena.allocate(sumBytes);
    this.contextVector = arena.f32(this.#context.pointer, shared.dim);
  }

  /** @throws FoldbackError CONFIG_INVALID; TABLE_FULL when the arena has no room. */
  static create(arena: Arena, options: FmOptions): FmKernel {
    const { dim } = options;
    if (!(Number.isInteger(dim) && dim >= 0 && dim <= layout.dimMax && dim % 4 === 0)) {
      throw new FoldbackError(
        "CONFIG_INVALID",
        `dim is ${dim}; allowed: multiples of 4 from 0 to ${layout.dimMax}`,
      );
    }
    const { pointer } = arena.allocate(layout.fmBytes);
    arena.u32(pointer, layout.fmBytes / 4)[layout.fmDimAt / 4] = dim;
    const kernel = new FmKernel(arena, { pointer, dim }, options.featureCountMax);
    kernel.setParams(options.params);
    return kernel;
  }

  static attach(
    arena: Arena,
    shared: SharedFm,
    options: { readonly featureCountMax: number },
  ): FmKernel {
    return new FmKernel(arena, shared, options.featureCountMax);
  }

  share(): SharedFm {
    return { pointer: this.pointer, dim: this.dim };
  }

  /**
   * Gives back this object's scratch memory; it can't be used after that. The machine itself stays.
   */
  release(): void {
    this.features.release();
    this.#arena.release(this.#scratch);
    this.#arena.release(this.#context);
    if (this.#scores !== undefined) this.#arena.release(this.#scores);
  }

  get bias(): number {
    return this.#bias[layout.fmBiasAt / 8];
  }

  /** Takes effect with the next step. Learner only. @throws FoldbackError CONFIG_INVALID. */
  setParams(params: FmParams): void {
    const { linear, vectors, bias = linear } = params;
    checkParam("linear.alpha", linear.alpha, linear.alpha > 0);
    checkParam("linear.beta", linear.beta, linear.beta >= 0);
    checkParam("linear.l1", linear.l1, linear.l1 >= 0);
    checkParam("linear.l2", linear.l2, linear.l2 >= 0);
    checkParam("bias.alpha", bias.alpha, bias.alpha > 0);
    checkParam("bias.beta", bias.beta, bias.beta >= 0);
    checkParam("vectors.learningRate", vectors.learningRate, vectors.learningRate >= 0);
    checkParam("vectors.l2", vectors.l2, vectors.l2 >= 0);
    const record = this.#arena.f64(this.pointer, layout.fmBytes / 8);
    record[layout.fmAlphaAt / 8] = linear.alpha;
    record[layout.fmBetaAt / 8] = linear.beta;
    record[layout.fmL1At / 8] = linear.l1;
    record[layout.fmL2At / 8] = linear.l2;
    record[layout.fmBiasAlphaAt / 8] = bias.alpha;
    record[layout.fmBiasBetaAt / 8] = bias.beta;
    record[layout.fmVectorRateAt / 8] = vectors.learningRate;
    record[layout.fmVectorL2At / 8] = vectors.l2;
    this.#arena.u32(this.pointer, layout.fmBytes / 4)[layout.fmVectorOptimiserAt / 4] =
      vectors.optimiser === "adagrad" ? layout.vectorAdagrad : layout.vectorSgd;
  }

  /** The logit of the first `count` of `features`. O(count · dim). */
  predict(count: number): number {
    this.#checkCount(count);
    return this.#arena.kernels.fmPredict(
      this.pointer,
      this.features.pointer,
      count,
      this.#scratch.pointer,
    );
  }

  /**
   * One step of log loss on the first `count` of `features`; learner only. O(count · dim).
   *
   * @param label 0 or 1.
   * @param weight multiplies the gradient; default 1.
   * @param offset is added to the logit while learning: −ln r after keeping negatives at rate r.
   * @returns the logit before the step, without the offset.
   */
  learn(count: number, label: number, weight = 1, offset = 0): number {
    this.#checkCount(count);
    return this.#arena.kernels.fmLearn(
      this.pointer,
      this.features.pointer,
      count,
      this.#scratch.pointer,
      label,
      weight,
      offset,
    );
  }

  /** One step along a given dLoss/dLogit, for losses over more than one example; learner only. */
  gradient(count: number, slope: number): void {
    this.#checkCount(count);
    this.#arena.kernels.fmGradient(
      this.pointer,
      this.features.pointer,
      count,
      this.#scratch.pointer,
      slope,
    );
  }

  /**
   * Takes the first `count` of `features` as what many candidates share, for the next `scoreItems`.
   *
   * @returns the logit of these features alone; `contextVector` is their Σ v x.
   */
  context(count: number): number {
    this.#checkCount(count);
    this.#contextLogit = this.#arena.kernels.fmContext(
      this.pointer,
      this.features.pointer,
      count,
      this.#scratch.pointer,
      this.#context.pointer,
    );
    return this.#contextLogit;
  }

  /**
   * The logits of candidates, each together with the last `context`, into `scores` (itemCount,).
   *
   * Candidate i has the features i · featuresPerItem … of `items`; fill up with `noRow`.
   * O(itemCount · featuresPerItem · dim).
   */
  scoreItems(
    items: FeatureList,
    options: { readonly itemCount: number; readonly featuresPerItem: number },
    scores: Float32Array,
  ): void {
    const { itemCount, featuresPerItem } = options;
    assert(items.dim === this.dim, "candidates have the machine's dim");
    assert(itemCount * featuresPerItem <= items.countMax, "candidates are within their list");
    assert(itemCount <= scores.length, "there is a place for the score of every candidate");
    this.#checkCount(featuresPerItem);
    const pointer = this.#scoreRegion(itemCount);
    this.#arena.kernels.fmScoreItems(
      this.pointer,
      this.#contextLogit,
      this.#context.pointer,
      items.pointer,
      itemCount,
      featuresPerItem,
      this.#scratch.pointer,
      pointer,
    );
    scores.set(this.#arena.f32(pointer, itemCount));
  }

  /** Writes the bias and its state, 24 bytes: all that is not in the tables. */
  save(sink: SectionSink, section: string): void {
    sink.write(section, this.#arena.u8(this.pointer, biasBytes).slice());
  }

  /** @throws FoldbackError DATA_CORRUPT. */
  restore(source: SectionSource, section: string): void {
    const bytes = source.read(section);
    if (bytes.length !== biasBytes) {
      throw new FoldbackError(
        "DATA_CORRUPT",
        `section ${section} has ${bytes.length} bytes; expected ${biasBytes}; restore an earlier snapshot`,
      );
    }
    this.#arena.u8(this.pointer, biasBytes).set(bytes);
  }

  #checkCount(count: number): void {
    assert(count >= 0 && count <= this.features.countMax, "an example is within featureCountMax");
  }

  #scoreRegion(itemCount: number): number {
    const sizeBytes = Math.max(itemCount, 1) * 4;
    if (this.#scores === undefined || this.#scores.sizeBytes < sizeBytes) {
      if (this.#scores !== undefined) this.#arena.release(this.#scores);
      this.#scores = undefined;
      this.#scores = this.#arena.allocate(sizeBytes);
    }
    return this.#scores.pointer;
  }
}

/** w, z and n in float64. */
const biasBytes = 24;

function checkParam(name: string, value: number, inRange: boolean): void {
  if (inRange && Number.isFinite(value)) return;
  throw new FoldbackError(
    "CONFIG_INVALID",
    `${name} is ${value}; allowed: 0 or more, and above 0 for alpha`,
    { details: { name, value } },
  );
}
