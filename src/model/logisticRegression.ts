import {
  type Arena,
  type EmbeddingTable,
  readStable,
  type SectionSink,
  type SectionSource,
} from "../embedding/index.ts";
import { FmKernel, type SharedFmKernel } from "./fmKernel.ts";
import { type Example, type Feature, type OnlineModel, targetOf } from "./onlineModel.ts";
import type { FtrlParams } from "./params.ts";
import { type SharedSlots, type SlotOptions, Slots } from "./slots.ts";

export interface LogisticRegressionOptions {
  /** By name; 1 to 64. */
  readonly slots: Readonly<Record<string, SlotOptions>>;
  /** Default: alpha 0.2, or 1.6 / slots where that is less; beta 0.2, l1 0, l2 0. */
  readonly linear?: FtrlParams;
  /** Features that one example may have, which decides the memory of each thread; default 256. */
  readonly featureCountMax?: number;
  /** Decides where ids lie in the tables, and so the bytes of a snapshot. */
  readonly seed: bigint;
}

/** What another thread needs to attach. */
export interface SharedLogisticRegression {
  readonly slots: SharedSlots;
  readonly kernel: SharedFmKernel;
}

/** An example of so many features may have the full rate; of more, each has a share of it. */
const fullRateSlots = 8;

/**
 * Alpha and beta for examples of so many slots, with about a feature each: a step moves the logit by the sum
 * of the steps of all features, so that more of them need smaller ones. Beta, 1 in the paper, is for ids that
 * come often: those that come five times hardly leave 0 with it.
 *
 * Progressive log loss of the regression with this, with (0.2, 0.2) and with (0.1, 1): ratings by 2 slots 0.590,
 * 0.590, 0.633, by 4 slots 0.580, 0.580, 0.615; 16 slots, of which 3 count, 0.643, 0.654, 0.643; 39 slots, of
 * which 3 count, 0.655, 0.713, 0.653. The machine's differ by less than 0.006.
 */
export function linearDefault(slotCount: number): FtrlParams {
  return { alpha: 0.2 * Math.min(1, fullRateSlots / slotCount), beta: 0.2, l1: 0, l2: 0 };
}

export const featureCountMaxDefault = 256;

/**
 * Logistic regression, online: a weight for each id.
 *
 * ```
 * logit = w0 + Σ_i w_i x_i          over the features i of the example
 * w_i   by FTRL-proximal on log loss; exactly 0 while |z_i| ≤ l1
 * w0    by FTRL without regularisation
 * ```
 *
 * Weights and state are float32, 20 bytes an id beside its 16 bytes in the table; the bias is float64.
 * Learning and predicting are O(features). Contract and threads: `OnlineModel`.
 *
 * Source: McMahan et al., "Ad Click Prediction: a View from the Trenches", KDD 2013, Algorithm 1.
 *
 * @example
 * const arena = Arena.create({ sizeBytesMax: 16 * 1024 * 1024 });
 * const model = LogisticRegression.create(arena, { slots: { hour: {}, item: {} }, seed: 1n });
 * const logit = model.learnOne({ features: [{ slot: "item", id: 7n }], label: 1 }, 1_700_000_000); // 0
 */
export class LogisticRegression implements OnlineModel {
  readonly tables: Readonly<Record<string, EmbeddingTable>>;
  readonly batchMax = 1;
  readonly #slots: Slots;
  readonly #kernel: FmKernel;

  private constructor(slots: Slots, kernel: FmKernel) {
    this.tables = slots.tables;
    this.#slots = slots;
    this.#kernel = kernel;
  }

  /** @throws FoldbackError CONFIG_INVALID, naming the option; TABLE_FULL when the arena has no room. */
  static create(arena: Arena, options: LogisticRegressionOptions): LogisticRegression {
    const {
      slots,
      linear = linearDefault(Object.keys(slots).length),
      featureCountMax = featureCountMaxDefault,
      seed,
    } = options;
    const kernel = FmKernel.create(arena, {
      dim: 0,
      linear,
      bias: linear,
      vectors: { learningRate: 0, l2: 0 },
      featureCountMax,
    });
    return new LogisticRegression(
      Slots.create(arena, slots, { dim: 0, seed }, featureCountMax),
      kernel,
    );
  }

  static attach(arena: Arena, { slots, kernel }: SharedLogisticRegression): LogisticRegression {
    return new LogisticRegression(
      Slots.attach(arena, slots, kernel.featureCountMax),
      FmKernel.attach(arena, kernel),
    );
  }

  share(): SharedLogisticRegression {
    return { slots: this.#slots.share(), kernel: this.#kernel.share() };
  }

  learnOne(example: Example, nowSeconds: number): number {
    const target = targetOf(example);
    this.#slots.observe(example.features, this.#kernel.features, nowSeconds);
    return this.#kernel.learn(example.features.length, target);
  }

  learnBatch(examples: readonly Example[], nowSeconds: number): Float64Array {
    return Float64Array.from(examples, (example) => this.learnOne(example, nowSeconds));
  }

  predictOne(features: readonly Feature[]): number {
    return readStable(this.#slots.list, () => {
      this.#slots.find(features, this.#kernel.features);
      return this.#kernel.predict(features.length);
    });
  }

  predictBatch(lists: readonly (readonly Feature[])[]): Float64Array {
    return Float64Array.from(lists, (features) => this.predictOne(features));
  }

  expire(nowSeconds: number): number {
    return this.#slots.expire(nowSeconds);
  }

  save(sink: SectionSink): void {
    this.#slots.save(sink);
    this.saveDense(sink);
  }

  restore(source: SectionSource): void {
    this.#slots.restore(source);
    this.restoreDense(source);
  }

  saveDense(sink: SectionSink): void {
    this.#kernel.save(sink, "model.bias");
  }

  restoreDense(source: SectionSource): void {
    this.#kernel.restore(source, "model.bias");
  }

  release(): void {
    this.#slots.release();
    this.#kernel.release();
  }
}
