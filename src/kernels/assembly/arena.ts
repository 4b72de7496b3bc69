/**
 * Memory for everything in the arena.
 *
 * Idea: hand out from the top, and keep what is given back in a list ordered by address, first fit,
 * neighbours joined (Knuth, The Art of Computer Programming, 2.5, algorithms A and B). There are
 * few regions (bucket arrays, chunks of rows, scratch), so walking the list costs nothing that
 * shows; and where a bucket array of 64 MiB was given back, chunks of rows fit in.
 *
 * ```
 * free list: control block ──► ┌ next, size │ … ┐ ──► ┌ next, size │ … ┐ ──► 0
 *                              └ 64·k bytes ────┘     └ 64·k bytes ────┘
 * ```
 *
 * Any thread may call; a lock in the control block is held for less than a microsecond. (A thread
 * killed inside it leaves it locked: end the threads of an arena together.)
 */
import {
  arenaAlign,
  arenaFreeAt,
  arenaLimitAt,
  arenaLockAt,
  arenaMagic,
  arenaMagicAt,
  arenaPagesAt,
  arenaStart,
  arenaTopAt,
  arenaUsedBytesAt,
} from "../layout";

/**
 * Pages of 64 KiB to take from the system at once: 4 MiB, since every growth stops all threads for
 * a moment.
 */
const pageStep: u32 = 64;

export function arenaCreate(limitBytes: u32): void {
  store<u32>(arenaMagicAt, arenaMagic);
  store<u32>(arenaTopAt, arenaStart);
  store<u32>(arenaLimitAt, limitBytes);
  // Counted here, since a thread sees the growth of another one late in `memory.size`.
  store<u32>(arenaPagesAt, memory.size());
}

/** Zeroed bytes, or 0 when there is no room. O(free regions), plus zeroing what was used before. */
export function arenaAllocate(sizeBytes: u32): usize {
  if (sizeBytes > load<u32>(arenaLimitAt)) return 0;
  const size = roundUp(sizeBytes);
  lock();
  const reused = takeFree(size);
  const region = reused != 0 ? reused : takeTop(size);
  if (region != 0) store<u32>(arenaUsedBytesAt, load<u32>(arenaUsedBytesAt) + size);
  unlock();
  if (reused != 0) memory.fill(reused, 0, size);
  return region;
}

export function arenaFree(pointer: usize, sizeBytes: u32): void {
  let size = roundUp(sizeBytes);
  lock();
  store<u32>(arenaUsedBytesAt, load<u32>(arenaUsedBytesAt) - size);
  let before: usize = arenaFreeAt;
  let after: usize = load<u32>(before);
  while (after != 0 && after < pointer) {
    before = after;
    after = load<u32>(after);
  }
  if (after != 0 && pointer + size == after) {
    size += load<u32>(after, 4);
    after = load<u32>(after);
  }
  if (before != arenaFreeAt && before + load<u32>(before, 4) == pointer) {
    store<u32>(before, load<u32>(before, 4) + size, 4);
    store<u32>(before, <u32>after);
  } else {
    store<u32>(pointer, <u32>after);
    store<u32>(pointer, size, 4);
    store<u32>(before, <u32>pointer);
  }
  unlock();
}

function takeFree(size: u32): usize {
  // A region's first word is its link, as the control block's word is the link to the first.
  let link: usize = arenaFreeAt;
  let region: usize = load<u32>(link);
  while (region != 0) {
    const have = load<u32>(region, 4);
    if (have == size) {
      store<u32>(link, load<u32>(region));
      return region;
    }
    if (have > size) {
      const rest = region + size;
      store<u32>(rest, load<u32>(region));
      store<u32>(rest, have - size, 4);
      store<u32>(link, <u32>rest);
      return region;
    }
    link = region;
    region = load<u32>(region);
  }
  return 0;
}

function takeTop(size: u32): usize {
  const top = load<u32>(arenaTopAt);
  const limit = load<u32>(arenaLimitAt);
  if (limit - top < size) return 0;
  const pages = load<u32>(arenaPagesAt);
  const needed = (top + size + 0xffff) >>> 16;
  if (needed > pages) {
    let step = max(needed - pages, pageStep);
    if (pages + step > limit >>> 16) step = needed - pages;
    if (memory.grow(step) < 0) return 0;
    store<u32>(arenaPagesAt, pages + step);
  }
  store<u32>(arenaTopAt, top + size);
  return top;
}

@inline
function roundUp(sizeBytes: u32): u32 {
  return max<u32>((sizeBytes + (arenaAlign - 1)) & ~(arenaAlign - 1), arenaAlign);
}

function lock(): void {
  while (atomic.cmpxchg<u32>(arenaLockAt, 0, 1) != 0) {}
}

function unlock(): void {
  atomic.store<u32>(arenaLockAt, 0);
}
