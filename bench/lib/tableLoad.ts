import { Arena, EmbeddingTable } from "#foldback/embedding";

/**
 * How full the bucket array was just before each time that it grew, from the smallest table up to
 * `slotCountMax`. Ids come one by one near the end, since a batch would pass it by.
 */
export function loadsBeforeGrowth(
  slotCountMax: number,
  seed: bigint,
): { readonly slotCount: number; readonly load: number }[] {
  const arena = Arena.create({ sizeBytesMax: 2 ** 30 });
  const table = EmbeddingTable.create(arena, { dim: 0, seed, idCountExpected: 1 });
  const grown: { slotCount: number; load: number }[] = [];
  let key = 0n;
  let before = table.stats();
  while (before.slotCount <= slotCountMax) {
    // Up to three quarters nothing can happen that is of interest: a growth there shows below.
    const some = Math.max(1, Math.floor(before.slotCount * 0.75) - before.idCount);
    for (let i = 0; i < some; i++) table.observeOne(key++, 1);
    const after = table.stats();
    if (after.bucketBytes > before.bucketBytes) {
      grown.push({ slotCount: before.slotCount, load: before.load });
    }
    before = after;
  }
  return grown;
}
