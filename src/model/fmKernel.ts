import { assert, FoldbackError } from "../core/index.ts";
import {
  type Arena,
  FeatureList,
  type Region,
  type SectionSink,
  type SectionSource,
} from "../embedding/index.ts";
import { layout } from "../kernels/index.ts";
import {
  type BiasParams,
  checkDim,
  checkWhole,
  type FtrlParams,
  type VectorParams,
  writeBias,
  writeLinear,
  writeVectors,
} from "./params.ts";

export interface FmKernelOptions {
  /** Of every table that features come from; 0 = logistic regression. */
  readonly dim: number;
  readonly linear: FtrlParams;
  readonly bias: BiasParams;
  readonly vectors: VectorParams;
  /** Longest list of features that one call may have; 1 to 65,536. */
  readonly featureCountMax: number;
}

/** What another thread needs to attach. */
export interface SharedFmKernel {
  readonly pointer: number;
  readonly dim: number;
  readonly featureCountMax: number;
}

/** A list of features is a small thing: 32 bytes each, a thread. */
const featureCountLimit = 65_536;

/**
 * The steps of a factorisation machine over rows that were found before; dim 0 is logistic regression.
 *
 * ```
 * logit = w0 + Σ w x + ½ Σ_d [(Σ v x)² − Σ (v x)²]
 * ```
 *
 * What the online models stand on; they name ids, this takes rows. Weights learn by FTRL-proximal, vectors
 * by Adagrad, the bias by FTRL without regularisation. A row that comes twice in one example takes two
 * steps.
 *
 * Threads: one learns, any number predict, each on an object of its own, attached. A prediction that runs
 * beside a step may see some components before it and some after.
 *
 * Source: Rendle, "Factorization Machines", ICDM 2010. Kernels: kernels/assembly/fm.ts.
 *
 * @example
 * const fm = FmKernel.create(arena, { dim: 16, featureCountMax: 8, linear, bias, vectors });
 * fm.features.set(0, users, users.observeOne(user, now), 1);
 * fm.features.set(1, items, items.observeOne(item, now), 1);
 * const logit = fm.learn(2, { label: 1, weight: 1, offset: 0 }); // the prediction before the step
 */
export class FmKernel {
  readonly pointer: number;
  readonly dim: number;
  /** What `predict` and `learn` read; one thread's own. */
  readonly features: FeatureList;
  readonly #arena: Arena;
  readonly #bias: Float64Array;
  readonly #scratch: Region;

  private constructor(arena: Arena, { pointer, dim, featureCountMax }: SharedFmKernel) {
    this.#arena = arena;
    this.pointer = pointer;
    this.dim = dim;
    this.#bias = arena.f64(pointer, 3);
    this.features = new FeatureList(arena, { dim, countMax: featureCountMax });
    // One word more than the features: the learner's warm-up ends there.
    this.#scratch = arena.allocate(
      layout.resolvedAt + (featureCountMax + 1) * layout.resolvedBytes,
    );
  }

  /** @throws FoldbackError CONFIG_INVALID; TABLE_FULL when the arena has no room. */
  static create(arena: Arena, options: FmKernelOptions): FmKernel {
    const { dim, featureCountMax, linear, bias, vectors } = options;
    checkDim("dim", dim);
    checkWhole("featureCountMax", featureCountMax, 1, featureCountLimit);
    const { pointer } = arena.allocate(layout.fmBytes);
    arena.u32(pointer, layout.fmBytes / 4)[layout.fmDimAt / 4] = dim;
    const record = arena.f64(pointer, layout.fmBytes / 8);
    writeLinear(record, linear);
    writeBias(record, bias);
    writeVectors(record, vectors);
    return new FmKernel(arena, { pointer, dim, featureCountMax });
  }

  static attach(arena: Arena, shared: SharedFmKernel): FmKernel {
    return new FmKernel(arena, shared);
  }

  share(): SharedFmKernel {
    return {
      pointer: this.pointer,
      dim: this.dim,
      featureCountMax: this.features.countMax,
    };
  }

  /** Gives back this object's own memory; it can't be used after that. The machine itself stays. */
  release(): void {
    this.features.release();
    this.#arena.release(this.#scratch);
  }

  get bias(): number {
    return this.#bias[layout.fmBiasAt / 8];
  }

  /** The logit of the first `count` of `features`. O(count · dim). */
  predict(count: number): number {
    this.#checkCount(count);
    const { kernels } = this.#arena;
    return kernels.fmPredict(this.pointer, this.features.pointer, count, this.#scratch.pointer);
  }

  /**
   * One step of log loss on the first `count` of `features`; learner only. O(count · dim).
   *
   * @returns the logit before the step, without the offset.
   */
  learn(
    count: number,
    target: { readonly label: number; readonly weight: number; readonly offset: number },
  ): number {
    this.#checkCount(count);
    return this.#arena.kernels.fmLearn(
      this.pointer,
      this.features.pointer,
      count,
      this.#scratch.pointer,
      target.label,
      target.weight,
      target.offset,
    );
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
}

/** w, z and n in float64. */
const biasBytes = 24;
