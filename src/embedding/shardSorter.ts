import type { Arena, Region } from "./arena.ts";
import { pickVectors, pickWeights, type UpdateOptions } from "./gradients.ts";

/**
 * Rows at a time: their gradients, as they come and picked, stay in the second-level cache; and of two
 * shards each seldom has more than a table steps at a time (`rowBatch`).
 */
export const sortBatch = 448;

/** What one shard has of some rows, in the first shard's arena, until the next are sorted. */
export interface Share {
  readonly shard: number;
  /** (n,): as the shard numbers them. */
  readonly rows: Uint32Array;
  /** (n, dim); of the first shard (m, dim), of all rows. */
  readonly gradients: Float32Array;
  /** The weights' gradients where there are any; and of the first shard which of all are its rows'. */
  readonly options: UpdateOptions;
}

/**
 * Rows of a sharded table and their gradients, sorted by shard: by kernels, in the memory of the first
 * shard, whose own gradients are used where they lie. To pick gradients in JavaScript takes as long as
 * a step.
 */
export class ShardSorter {
  readonly #arena: Arena;
  readonly #dim: number;
  readonly #shardCount: number;
  #region: Region | undefined;

  constructor(arena: Arena, dim: number, shardCount: number) {
    this.#arena = arena;
    this.#dim = dim;
    this.#shardCount = shardCount;
  }

  /**
   * The shares of at most `sortBatch` rows from `from` on, in the order of shards; a share's rows are in
   * the order in which they came. Shards without any are left out.
   *
   * @throws FoldbackError TABLE_FULL when the first shard has no room for the scratch.
   */
  sort(
    rows: Uint32Array,
    gradients: Float32Array,
    from: number,
    { gradientIndices, weightGradients }: UpdateOptions,
  ): Share[] {
    const arena = this.#arena;
    const dim = this.#dim;
    const shardCount = this.#shardCount;
    const scratch = this.#scratch();
    const end = Math.min(rows.length, from + sortBatch);
    const count = end - from;

    arena.u32(scratch.rows, count).set(rows.subarray(from, end));
    // Gradients that are in the first shard's memory already are used where they lie.
    const isHere = gradientIndices === undefined && arena.holds(gradients);
    const vectors = isHere
      ? gradients.subarray(from * dim, end * dim)
      : arena.f32(scratch.vectors, count * dim);
    const weights = weightGradients && arena.f32(scratch.weights, count);
    if (isHere) {
      if (weightGradients && weights) weights.set(weightGradients.subarray(from, end));
    } else if (gradientIndices === undefined) {
      vectors.set(gradients.subarray(from * dim, end * dim));
      if (weightGradients && weights) weights.set(weightGradients.subarray(from, end));
    } else {
      const indices = gradientIndices.subarray(from, end);
      pickVectors(gradients, indices, dim, vectors);
      if (weightGradients && weights) pickWeights(weightGradients, indices, weights);
    }

    const { kernels } = arena;
    const { rows: scratchRows, own, order, ends: endsAt, shards } = scratch;
    kernels.sortRowsByShard(shardCount, scratchRows, count, own, order, endsAt, shards);
    const ends = arena.u32(scratch.ends, shardCount);
    const shares: Share[] = [];
    if (ends[0] > 0) {
      const gradientIndices = arena.u32(scratch.order, ends[0]);
      shares.push({
        shard: 0,
        rows: arena.u32(scratch.own, ends[0]),
        gradients: vectors,
        options: weights ? { gradientIndices, weightGradients: weights } : { gradientIndices },
      });
    }
    const others = scratch.order + ends[0] * 4;
    kernels.pickRows(vectors.byteOffset, dim * 4, others, count - ends[0], scratch.picked);
    if (weights !== undefined) {
      kernels.pickRows(scratch.weights, 4, others, count - ends[0], scratch.pickedWeights);
    }
    for (let shard = 1; shard < shardCount; shard++) {
      const [begin, size] = [ends[shard - 1], ends[shard] - ends[shard - 1]];
      if (size === 0) continue;
      const at = begin - ends[0];
      shares.push({
        shard,
        rows: arena.u32(scratch.own + begin * 4, size),
        gradients: arena.f32(scratch.picked + at * dim * 4, size * dim),
        options: weights
          ? { weightGradients: arena.f32(scratch.pickedWeights + at * 4, size) }
          : {},
      });
    }
    return shares;
  }

  release(): void {
    if (this.#region !== undefined) this.#arena.release(this.#region);
  }

  /** Addresses of: rows, gradients and gradients of weights as they come; and sorted, and picked; and scratch. */
  #scratch() {
    const [wordBytes, vectorBytes] = [sortBatch * 4, sortBatch * this.#dim * 4];
    const sizeBytes = 2 * vectorBytes + 5 * wordBytes + (this.#shardCount + 1) * 4 + sortBatch;
    this.#region ??= this.#arena.allocate(sizeBytes);
    const vectors = this.#region.pointer;
    const words = vectors + 2 * vectorBytes;
    return {
      vectors,
      picked: vectors + vectorBytes,
      rows: words,
      own: words + wordBytes,
      order: words + 2 * wordBytes,
      weights: words + 3 * wordBytes,
      pickedWeights: words + 4 * wordBytes,
      ends: words + 5 * wordBytes,
      shards: words + 5 * wordBytes + (this.#shardCount + 1) * 4,
    };
  }
}
