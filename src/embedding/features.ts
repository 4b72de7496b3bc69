import { assert } from "../core/index.ts";
import { layout, noRow } from "../kernels/index.ts";
import { type Arena, arenaFull, type Region } from "./arena.ts";
import type { EmbeddingTable } from "./table.ts";
import { assertTime } from "./time.ts";

/**
 * A list of features in the arena's memory, where the kernels read them: table, row and value, 12
 * bytes each, and the 8 bytes of an id beside them. One thread's own.
 */
export class FeatureList {
  readonly pointer: number;
  readonly dim: number;
  readonly countMax: number;
  readonly #arena: Arena;
  readonly #region: Region;
  readonly #words: Uint32Array;
  readonly #values: Float32Array;
  readonly #keys: BigUint64Array;
  readonly #keysPointer: number;

  /** @throws FoldbackError TABLE_FULL when the arena is at its maximum. */
  constructor(arena: Arena, options: { readonly dim: number; readonly countMax: number }) {
    const { dim, countMax } = options;
    this.#arena = arena;
    this.dim = dim;
    const keysAt = Math.ceil((countMax * layout.featureBytes) / 8) * 8;
    this.#region = arena.allocate(keysAt + countMax * 8);
    this.pointer = this.#region.pointer;
    this.#keysPointer = this.pointer + keysAt;
    this.#keys = arena.u64(this.#keysPointer, countMax);
    this.countMax = countMax;
    this.#words = arena.u32(this.pointer, countMax * 3);
    this.#values = arena.f32(this.pointer, countMax * 3);
  }

  /**
   * Sets feature `index`. With `noRow`, or the value 0, it adds nothing and learns nothing. O(1).
   */
  set(index: number, table: EmbeddingTable, row: number, value: number): void {
    assert(table.dim === this.dim, "the tables of one list of features share one dim");
    assert(table.isAdagrad, "the rows of a list of features learn by Adagrad");
    assert(index >= 0 && index < this.countMax, "a feature is within its list");
    this.#words[index * 3] = table.pointer;
    this.#words[index * 3 + 1] = row;
    this.#values[index * 3 + 2] = value;
  }

  /** Sets feature `index` to an id, for `observe` to find its row. O(1). */
  setKey(index: number, table: EmbeddingTable, key: bigint, value: number): void {
    this.set(index, table, noRow, value);
    this.#keys[index] = key;
  }

  /**
   * Finds or inserts the ids of the first `count` features, all set by `setKey`, each in its table and
   * in order: what `observeOne` does on each. The thread is the writer of all these tables, and none of
   * them lets ids give way.
   *
   * @param nowSeconds event time in epoch seconds, 0 to 4,294,967,294.
   * @throws FoldbackError TABLE_FULL; its detail `index` says how many ids were done, all of which keep
   * what they got.
   */
  observe(count: number, nowSeconds: number): void {
    assert(count >= 0 && count <= this.countMax, "the features are within their list");
    assertTime(nowSeconds);
    const { kernels } = this.#arena;
    const done = kernels.featuresObserve(this.pointer, this.#keysPointer, count, nowSeconds);
    if (done < count) throw arenaFull(this.#arena, `${count} more ids`, { index: done });
  }

  release(): void {
    this.#arena.release(this.#region);
  }
}
