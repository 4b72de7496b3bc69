import {
  type Arena,
  type EmbeddingTable,
  readStable,
  type SectionSink,
  type SectionSource,
} from "../embedding/index.ts";
import { DeepKernel, type SharedDeepKernel } from "./deepKernel.ts";
import { checkedDeep, type DeepOptions } from "./deepOptions.ts";
import { DeepWorkspace } from "./deepWorkspace.ts";
import {
  type FactorisationMachineOptions,
  initialScaleDefault,
  vectorsDefault,
} from "./factorisationMachine.ts";
import { featureCountMaxDefault, linearDefault } from "./logisticRegression.ts";
import { type Example, type Feature, type OnlineModel, targetOf } from "./onlineModel.ts";
import { checkAbove0, checkWhole } from "./params.ts";
import { type SharedSlots, Slots } from "./slots.ts";

/** `slots` are the fields of the network's input, in their order. */
export interface DeepFactorisationMachineOptions extends FactorisationMachineOptions, DeepOptions {}

/** What another thread needs to attach. */
export interface SharedDeepFactorisationMachine {
  readonly slots: SharedSlots;
  readonly kernel: SharedDeepKernel;
}

/** Features of one example: 64 times as many have a place in a minibatch. */
const featureCountLimit = 65_536;

/**
 * DeepFM, online: a factorisation machine, and beside it a network over the same vectors, which learns
 * what no sum of pairs can say.
 *
 * ```
 * logit = w0 + Σ_i w_i x_i + Σ_{i<j} (v_i · v_j) x_i x_j  +  u · h_L
 * h_0   = (Σ_{i in slot 1} v_i x_i, …, Σ_{i in slot F} v_i x_i)          (F · dim,)
 * h_l   = max(0, h_{l−1} W_l + b_l)                                      (hiddenWidths[l],)
 *
 * dense part, f32   ┌ W_1 │ b_1 ┊ W_2 │ b_2 ┊ … ┊ u ┐┌ the optimiser's state of all of it ┐
 *                   └ W_l (depth, width), four columns after four ┘
 * ```
 *
 * It learns in minibatches of `batchMax` examples, all of them under the weights from before it: the
 * dense part takes one step along the mean gradient (Adagrad by default); each row and the bias one
 * along the sum of theirs, by FTRL-proximal (weights) and Adagrad (vectors) as the factorisation machine,
 * `vectors.l2` added once a step. So `learnBatch` on many examples is what it is made for: `learnOne` is
 * a minibatch of one, and costs a step of all dense weights.
 *
 * A thread takes about 100 bytes for each feature that a minibatch could have (`batchMax ·
 * featureCountMax`), 8 · batchMax · Σ widths, and to learn 8 for each dense weight. Learning and predicting are O(features · dim + Σ depth · width) an example.
 * Contract and threads: `OnlineModel`. With weights of 0 an example teaches nothing but what Adam's
 * momentum and the penalties do.
 *
 * Source: Guo et al., "DeepFM: a factorization-machine based neural network for CTR prediction", IJCAI
 * 2017, equations 1 to 4; its output has no bias of its own, as there is w0.
 *
 * @example
 * const arena = Arena.create({ sizeBytesMax: 64 * 1024 * 1024 });
 * const options = { slots: { user: {}, item: {}, hour: {} }, dim: 16, hiddenWidths: [64, 32], seed: 1n };
 * const model = DeepFactorisationMachine.create(arena, options);
 * const features = [{ slot: "user", id: 12n }, { slot: "item", id: 7n }, { slot: "hour", id: 20n }];
 * model.learnBatch([{ features, label: 1 }], 1_700_000_000);
 * const probability = 1 / (1 + Math.exp(-model.predictOne(features)));
 */
export class DeepFactorisationMachine implements OnlineModel {
  readonly tables: Readonly<Record<string, EmbeddingTable>>;
  readonly #slots: Slots;
  readonly #kernel: DeepKernel;
  readonly #workspace: DeepWorkspace;

  private constructor(arena: Arena, slots: Slots, kernel: DeepKernel) {
    this.tables = slots.tables;
    this.#slots = slots;
    this.#kernel = kernel;
    this.#workspace = new DeepWorkspace(arena, slots, kernel.settings);
  }

  /** @throws FoldbackError CONFIG_INVALID, naming the option; TABLE_FULL when the arena has no room. */
  static create(arena: Arena, options: DeepFactorisationMachineOptions): DeepFactorisationMachine {
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
    checkWhole("featureCountMax", featureCountMax, 1, featureCountLimit);
    const fieldCount = Object.keys(slots).length;
    const settings = checkedDeep(options, { dim, fieldCount, featureCountMax });
    const kernel = DeepKernel.create(arena, { settings, linear, vectors, seed });
    const initialiser = { kind: "normal", scale: initialScale } as const;
    return new DeepFactorisationMachine(
      arena,
      Slots.create(arena, slots, { dim, seed, initialiser }, featureCountMax),
      kernel,
    );
  }

  static attach(
    arena: Arena,
    { slots, kernel }: SharedDeepFactorisationMachine,
  ): DeepFactorisationMachine {
    return new DeepFactorisationMachine(
      arena,
      Slots.attach(arena, slots, kernel.settings.featureCountMax),
      DeepKernel.attach(arena, kernel),
    );
  }

  share(): SharedDeepFactorisationMachine {
    return { slots: this.#slots.share(), kernel: this.#kernel.share() };
  }

  get batchMax(): number {
    return this.#kernel.settings.batchMax;
  }

  learnOne(example: Example, nowSeconds: number): number {
    return this.learnBatch([example], nowSeconds)[0];
  }

  learnBatch(examples: readonly Example[], nowSeconds: number): Float64Array {
    const logits = new Float64Array(examples.length);
    for (let from = 0; from < examples.length; from += this.batchMax) {
      const part = examples.slice(from, from + this.batchMax);
      logits.set(this.#learn(part, nowSeconds), from);
    }
    return logits;
  }

  predictOne(features: readonly Feature[]): number {
    return this.predictBatch([features])[0];
  }

  predictBatch(lists: readonly (readonly Feature[])[]): Float64Array {
    const workspace = this.#workspace;
    const logits = new Float64Array(lists.length);
    for (let from = 0; from < lists.length; from += this.batchMax) {
      workspace.clear();
      for (const features of lists.slice(from, from + this.batchMax)) workspace.add(features);
      readStable(this.#slots.list, () => {
        workspace.lookUp((table, keys, rows) => table.find(keys, rows));
        this.#kernel.predict(workspace);
      });
      logits.set(workspace.logits.subarray(0, workspace.exampleCount), from);
    }
    return logits;
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
    this.#kernel.save(sink, this.#slots.names);
  }

  restoreDense(source: SectionSource): void {
    this.#kernel.restore(source, this.#slots.names);
  }

  release(): void {
    this.#slots.release();
    this.#workspace.release();
  }

  /** One step on a minibatch; on those before the first that is refused, if there is one. */
  #learn(examples: readonly Example[], nowSeconds: number): Float64Array {
    const workspace = this.#workspace;
    const targets = workspace.targets();
    workspace.clear();
    try {
      for (const [i, example] of examples.entries()) {
        const { label, weight, offset } = targetOf(example);
        workspace.add(example.features);
        targets[i * 3] = label;
        targets[i * 3 + 1] = weight;
        targets[i * 3 + 2] = offset;
      }
    } catch (error) {
      if (workspace.exampleCount > 0) this.#step(nowSeconds);
      throw error;
    }
    this.#step(nowSeconds);
    return workspace.logits.subarray(0, examples.length);
  }

  #step(nowSeconds: number): void {
    this.#workspace.lookUp((table, keys, rows) => table.observe(keys, rows, nowSeconds));
    this.#kernel.learn(this.#workspace);
  }
}
