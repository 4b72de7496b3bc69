import { Arena, EmbeddingTable } from "#foldback/embedding";

/**
 * How full the buckets were just before each time that they began to grow, from the smallest table up
 * to `slotCountMax`. A table that grows does so with every id for a while: that is one growth. Ids come
 * one by one near its beginning, since a batch would pass it by.
 */
export function loadsBeforeGrowth(
  slotCountMax: number,
  seed: bigint,
  dim: number,
): { readonly slotCount: number; readonly load: number }[] {
  const arena = Arena.create({ sizeBytesMax: 2 ** 30 });
  const table = EmbeddingTable.create(arena, { dim, seed, optimiser: "none", idCountExpected: 1 });
  const begun: { slotCount: number; load: number }[] = [];
  let key = 0n;
  let isGrowing = false;
  let before = table.stats();
  while (before.slotCount <= slotCountMax) {
    // Up to three quarters nothing can happen that is of interest: a growth there shows below.
    const quiet = isGrowing ? 0 : Math.floor(before.slotCount * 0.75) - before.idCount;
    for (let i = 0; i < Math.max(1, quiet); i++) table.observeOne(key++, 1);
    const after = table.stats();
    const grows = after.slotCount > before.slotCount;
    if (grows && !isGrowing) begun.push({ slotCount: before.slotCount, load: before.load });
    isGrowing = grows;
    before = after;
  }
  return begun;
}
