import type { Arena, Region } from "./arena.ts";

/** Keys at a time. */
export const keyBatch = 1024;

/** What one shard has of some keys, in the first shard's memory, until the next are sorted. */
export interface KeyShare {
  readonly shard: number;
  /** (n,): where among all keys of the call each was; growing. */
  readonly order: Uint32Array;
  /** (n,) each: the shard's keys, and room for the rows it finds. */
  readonly keys: BigUint64Array;
  readonly rows: Uint32Array;
}

/** Keys of a sharded table, sorted by shard: by a kernel, in the memory of the first shard. */
export class KeySorter {
  readonly #arena: Arena;
  readonly #shardCount: number;
  readonly #seed: number;
  #region: Region | undefined;

  constructor(arena: Arena, shardCount: number, seed: bigint) {
    this.#arena = arena;
    this.#shardCount = shardCount;
    this.#seed = Number(BigInt.asUintN(32, seed ^ (seed >> 32n)));
  }

  shardOf(key: bigint): number {
    return this.#arena.kernels.shardOfKey(this.#shardCount, this.#seed, key);
  }

  /**
   * The shares of at most `keyBatch` keys from `from` on, in the order of shards; a share's keys are in the
   * order in which they came. Shards without any are left out.
   *
   * @throws FoldbackError TABLE_FULL when the first shard has no room for the scratch.
   */
  sort(keys: BigUint64Array, from: number): KeyShare[] {
    const arena = this.#arena;
    const shardCount = this.#shardCount;
    const scratch = this.#scratch();
    const part = keys.subarray(from, from + keyBatch);
    const count = part.length;
    arena.u64(scratch.keys, count).set(part);
    arena.kernels.sortKeysByShard(
      shardCount,
      this.#seed,
      scratch.keys,
      count,
      scratch.own,
      scratch.order,
      scratch.ends,
      scratch.shards,
    );
    const ends = arena.u32(scratch.ends, shardCount);
    const shares: KeyShare[] = [];
    let begin = 0;
    for (let shard = 0; shard < shardCount; shard++) {
      const size = ends[shard] - begin;
      if (size > 0) {
        shares.push({
          shard,
          order: arena.u32(scratch.order + begin * 4, size),
          keys: arena.u64(scratch.own + begin * 8, size),
          rows: arena.u32(scratch.rows + begin * 4, size),
        });
      }
      begin = ends[shard];
    }
    return shares;
  }

  release(): void {
    if (this.#region !== undefined) this.#arena.release(this.#region);
  }

  /** Addresses of: keys as they come, sorted, where each was, its row, its shard; where shards' end. */
  #scratch() {
    const words = keyBatch * 4;
    this.#region ??= this.#arena.allocate(6 * words + keyBatch + (this.#shardCount + 1) * 4);
    const { pointer } = this.#region;
    return {
      keys: pointer,
      own: pointer + 2 * words,
      order: pointer + 4 * words,
      rows: pointer + 5 * words,
      shards: pointer + 6 * words,
      ends: pointer + 6 * words + keyBatch,
    };
  }
}
