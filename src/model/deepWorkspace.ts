import type { Arena, EmbeddingTable, Region } from "../embedding/index.ts";
import { layout } from "../kernels/index.ts";
import { type DeepSettings, denseLength, layerWidths } from "./deepOptions.ts";
import { type Feature, refused } from "./onlineModel.ts";
import type { Slots } from "./slots.ts";

/**
 * One thread's minibatch: its features and targets where the kernels read them, and the arrays that they
 * calculate in. What only learning needs is taken when it is first asked for.
 *
 * Features are added example by example, and looked up slot by slot, so that the cache misses of a
 * table's ids overlap. The arrays are those of `layout.workspace…`: the examples of a layer lie an odd
 * number of cache lines apart, so that the same unit of many examples falls into different sets of the
 * cache.
 */
export class DeepWorkspace {
  readonly pointer: number;
  /** What the kernels wrote, (batchMax,). */
  readonly logits: Float64Array;
  exampleCount = 0;
  featureCount = 0;
  readonly #arena: Arena;
  readonly #slots: Slots;
  readonly #settings: DeepSettings;
  readonly #record: Uint32Array;
  readonly #regions: Region[] = [];
  readonly #words: Uint32Array;
  readonly #values: Float32Array;
  #targets: Float64Array | undefined;
  /** As they were added, (features,): id, value, and example × 256 + slot. */
  readonly #ids: BigUint64Array;
  readonly #idWords: Uint32Array;
  readonly #addedValues: Float32Array;
  readonly #places: Uint32Array;
  /** Slot by slot, (features,). */
  readonly #keys: BigUint64Array;
  readonly #keyWords: Uint32Array;
  readonly #rows: Uint32Array;
  /** Where the features of each slot begin and end, (slots + 1,). */
  readonly #starts: Uint32Array;

  /** @throws FoldbackError TABLE_FULL when the arena has no room. */
  constructor(arena: Arena, slots: Slots, settings: DeepSettings) {
    this.#arena = arena;
    this.#slots = slots;
    this.#settings = settings;
    const { batchMax, dim } = settings;
    const capacity = batchMax * settings.featureCountMax;
    const strides = stridesOf(settings);
    const addresses = this.#take([
      layout.workspaceBytes,
      capacity * layout.deepFeatureBytes,
      capacity * layout.deepResolvedBytes,
      batchMax * 8,
      batchMax * 8,
      batchMax * dim * 4,
      batchMax * dim * 4,
      ...strides.map((stride) => batchMax * stride),
    ]);
    const [pointer, features, resolved, logits, slopes, sums, squares, ...units] = addresses;
    this.pointer = pointer;
    this.#record = arena.u32(pointer, layout.workspaceBytes / 4);
    this.#write(layout.workspaceFeaturesAt, features);
    this.#write(layout.workspaceResolvedAt, resolved);
    this.#write(layout.workspaceLogitsAt, logits);
    this.#write(layout.workspaceSlopesAt, slopes);
    this.#write(layout.workspaceSumsAt, sums);
    this.#write(layout.workspaceSquaresAt, squares);
    this.#write(layout.workspaceUnitsAt, ...units);
    this.#write(layout.workspaceStridesAt, ...strides);
    this.logits = arena.f64(logits, batchMax);
    this.#words = arena.u32(features, capacity * 4);
    this.#values = arena.f32(features, capacity * 4);
    this.#ids = new BigUint64Array(capacity);
    this.#idWords = new Uint32Array(this.#ids.buffer);
    this.#addedValues = new Float32Array(capacity);
    this.#places = new Uint32Array(capacity);
    this.#keys = new BigUint64Array(capacity);
    this.#keyWords = new Uint32Array(this.#keys.buffer);
    this.#rows = new Uint32Array(capacity);
    this.#starts = new Uint32Array(slots.list.length + 1);
  }

  /** Begins a minibatch. */
  clear(): void {
    this.exampleCount = 0;
    this.featureCount = 0;
  }

  /**
   * Adds an example, of at most `batchMax`.
   *
   * @throws FoldbackError REQUEST_INVALID; then nothing was added.
   */
  add(features: readonly Feature[]): void {
    const { featureCountMax } = this.#settings;
    if (features.length > featureCountMax)
      throw refused("the number of features", features.length, `up to ${featureCountMax}`);
    const place = this.exampleCount * 256;
    let at = this.featureCount;
    for (const feature of features) {
      this.#places[at] = place + this.#slots.indexOf(feature);
      this.#ids[at] = feature.id;
      this.#addedValues[at] = feature.value ?? 1;
      at++;
    }
    this.featureCount = at;
    this.exampleCount++;
  }

  /** Gives the kernels the rows of what was added; `lookUp` is once a slot, for all of its ids in order. */
  lookUp(lookUp: (table: EmbeddingTable, keys: BigUint64Array, rows: Uint32Array) => void): void {
    this.#sortBySlot();
    const words = this.#words;
    let from = 0;
    for (const [index, table] of this.#slots.list.entries()) {
      const to = this.#starts[index];
      if (to > from) lookUp(table, this.#keys.subarray(from, to), this.#rows.subarray(from, to));
      for (; from < to; from++) {
        words[from * 4] = table.pointer;
        words[from * 4 + 1] = this.#rows[from];
      }
    }
  }

  /**
   * Label, weight and offset of each example, (batchMax, 3), to be written before a step.
   *
   * @throws FoldbackError TABLE_FULL when the arena has no room for what learning needs.
   */
  targets(): Float64Array {
    if (this.#targets !== undefined) return this.#targets;
    const { batchMax, featureCountMax } = this.#settings;
    const widths = layerWidths(this.#settings);
    const products = widths.slice(1).map((width, i) => width * widths[i]);
    const [targets, gradient, transposed, buckets, ...deltas] = this.#take([
      batchMax * layout.deepTargetBytes,
      denseLength(this.#settings) * 4,
      Math.max(...products) * 4,
      2 ** (Math.ceil(Math.log2(Math.max(batchMax * featureCountMax, 4))) + 1) * 4,
      ...stridesOf(this.#settings).map((stride) => batchMax * stride),
    ]);
    this.#write(layout.workspaceTargetsAt, targets);
    this.#write(layout.workspaceGradientAt, gradient);
    this.#write(layout.workspaceTransposedAt, transposed);
    this.#write(layout.workspaceBucketsAt, buckets);
    this.#write(layout.workspaceDeltasAt, ...deltas);
    this.#targets = this.#arena.f64(targets, batchMax * 3);
    return this.#targets;
  }

  /** Gives its memory back; it can't be used after that. */
  release(): void {
    for (const region of this.#regions) this.#arena.release(region);
  }

  /** Counting sort: keys, values and places slot by slot; then `#starts` has where each ends. */
  #sortBySlot(): void {
    const count = this.featureCount;
    const places = this.#places;
    const starts = this.#starts;
    starts.fill(0);
    for (let i = 0; i < count; i++) starts[(places[i] & 255) + 1]++;
    for (let slot = 1; slot < starts.length; slot++) starts[slot] += starts[slot - 1];
    for (let i = 0; i < count; i++) {
      const at = starts[places[i] & 255]++;
      // Two words: a number of 64 bits would be an object on its way.
      this.#keyWords[at * 2] = this.#idWords[i * 2];
      this.#keyWords[at * 2 + 1] = this.#idWords[i * 2 + 1];
      this.#values[at * 4 + 2] = this.#addedValues[i];
      this.#words[at * 4 + 3] = places[i];
    }
  }

  /** Memory for arrays of these bytes; their addresses, each at the beginning of a cache line. */
  #take(sizes: readonly number[]): number[] {
    const lines = sizes.map((size) => Math.ceil(size / 64) * 64);
    const region = this.#arena.allocate(lines.reduce((sum, size) => sum + size, 0));
    this.#regions.push(region);
    let end = region.pointer;
    return lines.map((size) => {
      end += size;
      return end - size;
    });
  }

  #write(at: number, ...values: readonly number[]): void {
    this.#record.set(values, at / 4);
  }
}

/** Bytes from an example's units to the next one's, of each layer. */
function stridesOf(settings: DeepSettings): number[] {
  return layerWidths(settings).map((width) => (Math.ceil(width / 16) | 1) * 64);
}
