/** One thread's own part of the arena's memory, by which it passes keys, rows and vectors to the kernels. */
import { layout } from "../kernels/index.ts";
import type { Arena, Region } from "./arena.ts";

/** Keys a call into the kernels; more go in several, which costs nothing that shows. */
export const batch = 1024;
/** The same for rows with their vectors: 64 KiB at dim 64, which the second-level cache holds. */
export const rowBatch = 256;

const rowsAt = batch * 8;
const findAt = rowsAt + batch * 4;
const removedAt = findAt + 704;
/** What `TableBuffers` is given; what else it needs it takes when it is first used. */
export const bufferBytes = removedAt + batch * layout.bucketSlots * 8;

export class TableBuffers {
  /** (batch,) each. */
  readonly keys: BigUint64Array;
  readonly rows: Uint32Array;
  /** A word that no other thread uses: changed atomically, it is a barrier for this one's reads. */
  readonly fence: Uint32Array;
  readonly keysPointer: number;
  readonly rowsPointer: number;
  /** Scratch of `tableFind`, and of others that need little. */
  readonly findPointer: number;
  /** Keys that were removed: 4 a bucket, for `batch` buckets. */
  readonly removedPointer: number;
  readonly #arena: Arena;
  readonly #dim: number;
  readonly #region: Region;
  #scan: Region | undefined;
  #values: Values | undefined;

  constructor(arena: Arena, dim: number, region: Region) {
    this.#arena = arena;
    this.#dim = dim;
    this.#region = region;
    const { pointer } = region;
    this.keysPointer = pointer;
    this.rowsPointer = pointer + rowsAt;
    this.findPointer = pointer + findAt;
    this.removedPointer = pointer + removedAt;
    this.keys = arena.u64(this.keysPointer, batch);
    this.rows = arena.u32(this.rowsPointer, batch);
    this.fence = arena.u32(this.removedPointer - 4, 1);
  }

  /** @throws FoldbackError TABLE_FULL. */
  values(): Values {
    this.#values ??= this.#newValues();
    return this.#values;
  }

  /** Room for the best k: heap, rows, scores, and the query. @throws FoldbackError TABLE_FULL. */
  scan(k: number): number {
    const sizeBytes = k * 16 + 16 + Math.max(this.#dim, 4) * 4;
    if (this.#scan === undefined || this.#scan.sizeBytes < sizeBytes) {
      if (this.#scan !== undefined) this.#arena.release(this.#scan);
      this.#scan = undefined;
      this.#scan = this.#arena.allocate(sizeBytes);
    }
    return this.#scan.pointer;
  }

  release(): void {
    this.#arena.release(this.#region);
    if (this.#scan !== undefined) this.#arena.release(this.#scan);
    if (this.#values !== undefined) this.#arena.release(this.#values.region);
  }

  #newValues(): Values {
    const region = this.#arena.allocate(rowBatch * (this.#dim + 2) * 4);
    const { pointer } = region;
    const weightsPointer = pointer + rowBatch * this.#dim * 4;
    const indicesPointer = weightsPointer + rowBatch * 4;
    return {
      region,
      vectors: this.#arena.f32(pointer, rowBatch * this.#dim),
      weights: this.#arena.f32(weightsPointer, rowBatch),
      indices: this.#arena.u32(indicesPointer, rowBatch),
      vectorsPointer: pointer,
      weightsPointer,
      indicesPointer,
    };
  }
}

/** Vectors (rowBatch, dim), weights and indices (rowBatch,), and where they are. */
interface Values {
  readonly region: Region;
  readonly vectors: Float32Array;
  readonly weights: Float32Array;
  readonly indices: Uint32Array;
  readonly vectorsPointer: number;
  readonly weightsPointer: number;
  readonly indicesPointer: number;
}
