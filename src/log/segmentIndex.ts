/**
 * Where in the segments an offset is, so that a read from the middle does not start at a segment's
 * beginning: for each segment, ascending, an entry about every 64 KiB.
 *
 *   base 52,101:   52,101 at 160   52,633 at 66,012   53,160 at 131,700 …
 *
 * Filled by whoever passes by (opening, appending, reading); an offset that nobody passed yet is looked
 * for from the last entry before it, at worst the segment's start. 16 bytes for 64 KiB of log.
 */
export class SegmentIndex {
  readonly #bySegment = new Map<number, { offsets: number[]; positions: number[] }>();

  /** A batch begins with this offset at this byte of the segment. */
  note(segmentBase: number, offset: number, position: number): void {
    let entries = this.#bySegment.get(segmentBase);
    if (entries === undefined) {
      entries = { offsets: [], positions: [] };
      this.#bySegment.set(segmentBase, entries);
    }
    const { offsets, positions } = entries;
    const at = countUpTo(positions, position);
    if (at > 0 && position - positions[at - 1] < spacingBytes) return;
    if (at < positions.length && positions[at] - position < spacingBytes) return;
    offsets.splice(at, 0, offset);
    positions.splice(at, 0, position);
  }

  /** The last noted batch that begins at or before `offset`; undefined: begin at the segment's start. */
  find(segmentBase: number, offset: number): { offset: number; position: number } | undefined {
    const entries = this.#bySegment.get(segmentBase);
    if (entries === undefined) return undefined;
    const at = countUpTo(entries.offsets, offset) - 1;
    if (at < 0) return undefined;
    return { offset: entries.offsets[at], position: entries.positions[at] };
  }
}

const spacingBytes = 64 * 1024; // about what one read from the disk costs as much as

/** How many of the ascending numbers are at most `limit`. */
function countUpTo(ascending: readonly number[], limit: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle] <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
