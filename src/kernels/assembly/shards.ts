/**
 * Keys or rows of a sharded table, sorted by shard in the memory of the first, and the gradients of the
 * others' rows picked: what each of those takes then lies together, and gets to its memory by one copy.
 * A row is rowInShard × shardCount + shard.
 *
 * ```
 * 2 shards   rows 7 4 5 0 │ gradients a b c d
 *            own  2 0 3 2 │ order 1 3 0 2 │ ends 2 4 │ picked a c
 * ```
 */

/**
 * Writes rows, u32 (count,), as their shards number them, `own`, shard after shard, in the order they came;
 * where each came from, `order`; where each shard's end, `ends`, u32 (shardCount,), with room for one more.
 * `shards`, u8 (count,), is scratch, and so are the rows: they are not what they were.
 */
export function sortRowsByShard(
  shardCount: u32,
  rows: usize,
  count: u32,
  own: usize,
  order: usize,
  ends: usize,
  shards: usize,
): void {
  memory.fill(ends, 0, (shardCount + 1) << 2);
  for (let i: u32 = 0; i < count; i++) {
    const row = load<u32>(rows + (i << 2));
    const place = row / shardCount;
    store<u32>(rows + (i << 2), place);
    note(ends, shards, i, row - place * shardCount);
  }
  begin(ends, shardCount);
  for (let i: u32 = 0; i < count; i++) {
    const at = nextOf(ends, shards, i) << 2;
    store<u32>(own + at, load<u32>(rows + (i << 2)));
    store<u32>(order + at, i);
  }
}

/** The same of keys, u64 (count,), which stay what they are; `own`, u64 (count,), has them sorted. */
export function sortKeysByShard(
  shardCount: u32,
  seed: u32,
  keys: usize,
  count: u32,
  own: usize,
  order: usize,
  ends: usize,
  shards: usize,
): void {
  memory.fill(ends, 0, (shardCount + 1) << 2);
  for (let i: u32 = 0; i < count; i++) {
    note(ends, shards, i, shardOfKey(shardCount, seed, load<u64>(keys + (i << 3))));
  }
  begin(ends, shardCount);
  for (let i: u32 = 0; i < count; i++) {
    const at = nextOf(ends, shards, i);
    store<u64>(own + (at << 3), load<u64>(keys + (i << 3)));
    store<u32>(order + (at << 2), i);
  }
}

/** MurmurHash3's finaliser over both halves: independent of the hash that decides buckets. */
export function shardOfKey(shardCount: u32, seed: u32, key: u64): u32 {
  const hash = finalise(<u32>key ^ finalise(<u32>(key >>> 32) ^ seed));
  return <u32>(((<u64>hash) * shardCount) >>> 32);
}

@inline
function finalise(value: u32): u32 {
  let h = value;
  h = (h ^ (h >>> 16)) * 0x85ebca6b;
  h = (h ^ (h >>> 13)) * 0xc2b2ae35;
  return h ^ (h >>> 16);
}

@inline
function note(ends: usize, shards: usize, i: u32, shard: u32): void {
  const after = ends + (shard << 2) + 4;
  store<u32>(after, load<u32>(after) + 1);
  store<u8>(shards + i, shard);
}

/** From how many each shard has to where its begin; which moves on to where they end. */
@inline
function begin(ends: usize, shardCount: u32): void {
  for (let shard: u32 = 1; shard < shardCount; shard++) {
    const at = ends + (shard << 2);
    store<u32>(at, load<u32>(at) + load<u32>(at - 4));
  }
}

@inline
function nextOf(ends: usize, shards: usize, i: u32): u32 {
  const next = ends + ((<u32>load<u8>(shards + i)) << 2);
  const at = load<u32>(next);
  store<u32>(next, at + 1);
  return at;
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
