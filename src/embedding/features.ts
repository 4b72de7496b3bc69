import { assert } from "../core/index.ts";
import { layout } from "../kernels/index.ts";
import type { Arena, Region } from "./arena.ts";
import type { EmbeddingTable } from "./table.ts";

/**
 * A list of features in the arena's memory, where the kernels read them: table, row and value, 12
 * bytes each. One thread's own.
 */
export class FeatureList {
  readonly pointer: number;
  readonly dim: number;
  readonly countMax: number;
  readonly #arena: Arena;
  readonly #region: Region;
  readonly #words: Uint32Array;
  readonly #values: Float32Array;

  /** @throws FoldbackError TABLE_FULL when the arena is at its maximum. */
  constructor(arena: Arena, options: { readonly dim: number; readonly countMax: number }) {
    const { dim, countMax } = options;
    this.#arena = arena;
    this.dim = dim;
    this.#region = arena.allocate(countMax * layout.featureBytes);
    this.pointer = this.#region.pointer;
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

  release(): void {
    this.#arena.release(this.#region);
  }
}
