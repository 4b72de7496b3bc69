/**
 * Rows of a sharded table, sorted by shard in the memory of the first, and the gradients of the others'
 * rows picked: what each of those takes then lies together, and gets to its memory by one copy. A row is
 * rowInShard × shardCount + shard.
 *
 * ```
 * 2 shards   rows 7 4 5 0 │ gradients a b c d
 *            own  2 0 3 2 │ order 1 3 0 2 │ ends 2 4 │ picked a c
 * ```
 */

/**
 * Writes rows, u32 (count,), as their shards number them, `own`, shard after shard, in the order they came;
 * where each came from, `order`; where each shard's end, `ends`, u32 (shardCount,), with room for one more.
 */
export function sortByShard(
  shardCount: u32,
  rows: usize,
  count: u32,
  own: usize,
  order: usize,
  ends: usize,
): void {
  memory.fill(ends, 0, (shardCount + 1) << 2);
  for (let i: u32 = 0; i < count; i++) {
    const after = ends + ((load<u32>(rows + (i << 2)) % shardCount) << 2) + 4;
    store<u32>(after, load<u32>(after) + 1);
  }
  // Where each shard's begin; which moves on to where they end.
  for (let shard: u32 = 1; shard < shardCount; shard++) {
    const begin = ends + (shard << 2);
    store<u32>(begin, load<u32>(begin) + load<u32>(begin - 4));
  }
  for (let i: u32 = 0; i < count; i++) {
    const row = load<u32>(rows + (i << 2));
    const place = row / shardCount;
    const next = ends + ((row - place * shardCount) << 2);
    const at = load<u32>(next) << 2;
    store<u32>(next, (at >>> 2) + 1);
    store<u32>(own + at, place);
    store<u32>(order + at, i);
  }
}

/** Copies the rows of a matrix, each of so many `bytes`, a multiple of 4, that `order`, u32 (count,), names. */
export function pickRows(
  matrix: usize,
  bytes: u32,
  order: usize,
  count: u32,
  picked: usize,
): void {
  for (let i: u32 = 0; i < count; i++) {
    const from = matrix + load<u32>(order + (i << 2)) * bytes;
    let d: u32 = 0;
    for (; d + 64 <= bytes; d += 64) {
      const at = from + d;
      const to = picked + d;
      v128.store(to, v128.load(at));
      v128.store(to, v128.load(at, 16), 16);
      v128.store(to, v128.load(at, 32), 32);
      v128.store(to, v128.load(at, 48), 48);
    }
    for (; d + 16 <= bytes; d += 16) v128.store(picked + d, v128.load(from + d));
    for (; d < bytes; d += 4) store<u32>(picked + d, load<u32>(from + d));
    picked += bytes;
  }
}
