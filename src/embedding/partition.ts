/** Whose part each row of a call is: shard after shard, in memory that the next call uses again. */

export interface Part {
  readonly shard: number;
  /** (n,): where in the whole each of the part's is; growing. */
  readonly order: Uint32Array;
  /** (n,): for the rows as the shard numbers them; what the call before left is still there. */
  readonly rows: Uint32Array;
}

/** Memory for more is given back after the call. */
const keptMax = 65_536;

export class Partition {
  readonly #shardCount: number;
  #scratch = new Scratch(0);
  #used = this.#scratch;

  constructor(shardCount: number) {
    this.#shardCount = shardCount;
  }

  /**
   * Where the caller writes the shard of each of `count` elements, before `split`. (A function that gives
   * them one by one would cost more than all the rest.)
   */
  begin(count: number): Uint8Array {
    this.#used = this.#scratchFor(count);
    return this.#used.shards;
  }

  /** Shards with nothing are left out. O(count). */
  split(count: number): Part[] {
    const scratch = this.#used;
    const { shards, order } = scratch;
    // Counts, then where the next of each shard goes.
    const next = new Uint32Array(this.#shardCount + 1);
    for (let i = 0; i < count; i++) next[shards[i] + 1] += 1;
    for (let shard = 1; shard <= this.#shardCount; shard++) next[shard] += next[shard - 1];
    const starts = next.slice();
    for (let i = 0; i < count; i++) order[next[shards[i]]++] = i;
    const parts: Part[] = [];
    for (let shard = 0; shard < this.#shardCount; shard++) {
      const [from, to] = [starts[shard], starts[shard + 1]];
      if (from < to) parts.push(scratch.part(shard, from, to));
    }
    return parts;
  }

  #scratchFor(count: number): Scratch {
    if (count <= this.#scratch.size) return this.#scratch;
    const scratch = new Scratch(2 ** Math.ceil(Math.log2(count)));
    if (scratch.size <= keptMax) this.#scratch = scratch;
    return scratch;
  }
}

class Scratch {
  readonly size: number;
  readonly shards: Uint8Array;
  readonly order: Uint32Array;
  readonly #rows: Uint32Array;

  constructor(size: number) {
    this.size = size;
    this.shards = new Uint8Array(size);
    this.order = new Uint32Array(size);
    this.#rows = new Uint32Array(size);
  }

  part(shard: number, from: number, to: number): Part {
    return {
      shard,
      order: this.order.subarray(from, to),
      rows: this.#rows.subarray(from, to),
    };
  }
}
