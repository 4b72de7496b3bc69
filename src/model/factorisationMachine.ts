import {
  type Arena,
  type EmbeddingTable,
  readStable,
  type SectionSink,
  type SectionSource,
} from "../embedding/index.ts";
import { FmKernel, type SharedFmKernel } from "./fmKernel.ts";
import { featureCountMaxDefault, linearDefault } from "./logisticRegression.ts";
import { type Example, type Feature, type OnlineModel, targetOf } from "./onlineModel.ts";
import { checkAbove0, type FtrlParams, type VectorParams } from "./params.ts";
import { type SharedSlots, type SlotOptions, Slots } from "./slots.ts";

export interface FactorisationMachineOptions {
  /** By name; 1 to 64. */
  readonly slots: Readonly<Record<string, SlotOptions>>;
  /** Components of an id's vector: a multiple of 4 to 128. */
  readonly dim: number;
  /** Of the weights and the bias; default: alpha 0.2, or 1.6 / slots where that is less; beta 0.2, l1 0, l2 0. */
  readonly linear?: FtrlParams;
  /** Of the vectors; default: learningRate 0.1, l2 0. */
  readonly vectors?: FmVectorParams;
  /** Vectors start normal with this standard deviation; above 0, default 0.05. */
  readonly initialScale?: number;
  /** Features that one example may have, which decides the memory of each thread; default 256. */
  readonly featureCountMax?: number;
  /** Decides where vectors start: the same on every machine that should agree. */
  readonly seed: bigint;
}

export interface FmVectorParams extends VectorParams {
  /**
   * Adagrad's sums of squares start here, above 0; default 1, with which a new vector's steps are the
   * rate times its gradient. With less they are larger: ids that come a few times learn of pairs, too.
   */
  readonly initialAccumulator?: number;
}

/** What another thread needs to attach. */
export interface SharedFactorisationMachine {
  readonly slots: SharedSlots;
  readonly kernel: SharedFmKernel;
}

export const vectorsDefault = { learningRate: 0.1, l2: 0 };
const initialAccumulatorDefault = 1;
/** Small, so that learning decides, but not 0, where the products of vectors have no slope. */
export const initialScaleDefault = 0.05;
const tableRate = 0.05;

/**
 * A factorisation machine, online: a weight and a vector for each id, so that it learns what ids are worth
 * together, also of pairs that it never saw.
 *
 * ```
 * logit = w0 + Σ_i w_i x_i + Σ_{i<j} (v_i · v_j) x_i x_j          v (dim,)
 *       = w0 + Σ_i w_i x_i + ½ Σ_d [(Σ_i v_id x_i)² − Σ_i (v_id x_i)²]
 *
 * w_i   by FTRL-proximal, v_i by Adagrad, on log loss; w0 by FTRL without regularisation
 * ```
 *
 * All of an id is float32, 20 + 8 · dim bytes beside its 16 bytes in the table; the bias is float64.
 * Learning and predicting are O(features · dim). Contract and threads: `OnlineModel`.
 *
 * Source: Rendle, "Factorization Machines", ICDM 2010, equations 1 and 4 and Lemma 3.1.
 *
 * @example
 * const arena = Arena.create({ sizeBytesMax: 64 * 1024 * 1024 });
 * const slots = { user: {}, item: { admitAfter: 2, ttlSeconds: 30 * 86_400 } };
 * const model = FactorisationMachine.create(arena, { slots, dim: 16, seed: 1n });
 * const features = [{ slot: "user", id: 12n }, { slot: "item", id: 7n }];
 * model.learnOne({ features, label: 1 }, 1_700_000_000);
 * const worker = new Worker(file, { workerData: { arena: arena.share(), model: model.share() } });
 * // in the worker:
 * FactorisationMachine.attach(Arena.attach(workerData.arena), workerData.model).predictOne(features);
 */
export class FactorisationMachine implements OnlineModel {
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
  static create(arena: Arena, options: FactorisationMachineOptions): FactorisationMachine {
    const {
      slots,
      dim,
      linear = linearDefault(Object.keys(slots).length),
      vectors = vectorsDefault,
      initialScale = initialScaleDefault,
      featureCountMax = featureCountMaxDefault,
      seed,
    } = options;
    checkAbove0("initialScale", initialScale);
    const kernel = FmKernel.create(arena, { dim, linear, bias: linear, vectors, featureCountMax });
    const { initialAccumulator = initialAccumulatorDefault }: FmVectorParams = vectors;
    const tableOptions = {
      dim,
      seed,
      initialiser: { kind: "normal", scale: initialScale },
      // Its rate is that of the table's own `update`, which a model does not call.
      optimiser: { kind: "adagrad", learningRate: tableRate, initialAccumulator },
    } as const;
    return new FactorisationMachine(
      Slots.create(arena, slots, tableOptions, featureCountMax),
      kernel,
    );
  }

  static attach(arena: Arena, { slots, kernel }: SharedFactorisationMachine): FactorisationMachine {
    return new FactorisationMachine(
      Slots.attach(arena, slots, kernel.featureCountMax),
      FmKernel.attach(arena, kernel),
    );
  }

  share(): SharedFactorisationMachine {
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
