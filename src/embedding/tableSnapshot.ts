/**
 * A table as bytes: all of it, or what changed since the snapshot before; while it goes on changing.
 *
 * ```
 * {prefix}header    512 bytes: the words of the table's header that are state, and what it is a table of
 * {prefix}chain     kind u32 (0 all, 1 changes), followed u32 (0 no, 1 yes), sightings of the base u64
 * {prefix}removed   u64 each: ids that the follower has not yet been told to drop
 * {prefix}free      1 bit a row that was ever used, in whole words: may it be handed out again
 * {prefix}records   parts of 256 KiB, the last shorter: records of buckets and rows
 *                   (kernels/assembly/changes.ts), in any order, zeros after the last of a part; then
 *                   2^32 - 1 and the number of parts, u32 each
 * ```
 *
 * Written by a table that nothing changes meanwhile, the bytes are a function of the operations that
 * made it alone.
 */
import { assert, FoldbackError } from "../core/index.ts";
import { layout } from "../kernels/index.ts";
import { type Arena, arenaFull, type Region } from "./arena.ts";
import type { SectionSink, SectionSource } from "./snapshot.ts";

/** A tenth of a millisecond of encoding, or two: what the writer waits for at a time. */
const partBytes = 262_144;

const kindAll = 0;
const kindChanges = 1;
const chainBytes = 16;
const chunkFreeBytes = layout.chunkRows / 8;

/** Words of the header that are state. */
const stateAt = [
  layout.tableRowNextAt,
  layout.tableFreeCursorAt,
  layout.tableFreeCountAt,
  layout.tableWaitCountAt,
  layout.tableAdmittedAt,
  layout.tablePendingAt,
  layout.tableCursorAt,
  layout.tableGrowthsAt,
  layout.tableBucketTargetAt,
  ...words64(layout.tableAdmittedTotalAt, 4),
  ...words64(layout.tableDisplacementsAt, layout.displacementKinds),
  ...words64(layout.tableEvictedTotalAt, 1),
  ...words64(layout.tableSightingsAt, 1),
];
/** Words that a table must have alike to take the snapshot, and what they are called. */
const identityAt: readonly (readonly [name: string, ...at: number[]])[] = [
  ["dim", layout.tableDimAt],
  ["seed", ...words64(layout.tableSeedAt, 1)],
  ["format", layout.tableFormatAt],
  [
    "optimiser",
    layout.tableOptimiserAt,
    layout.tableStateBytesAt,
    layout.tableLinearAt,
    layout.tableStepsAt,
  ],
];

export interface TableInMemory {
  readonly arena: Arena;
  readonly pointer: number;
  /** The table's header as words. */
  readonly header: Uint32Array;
}

export interface SaveTableOptions {
  /** Only what changed since the last snapshot that was written to its end. */
  readonly changesOnly: boolean;
  /** What its follower has not acknowledged yet; undefined where it has none. */
  readonly removed: BigUint64Array | undefined;
  /** When it is written to its end (true), or given up. */
  readonly ended: (isWhole: boolean) => void;
}

/** @param baseSightings of the snapshot before; undefined where there is none to have changes to. */
export function saveTable(
  { arena, pointer, header }: TableInMemory,
  { sink, prefix }: { readonly sink: SectionSink; readonly prefix: string },
  baseSightings: bigint | undefined,
  options: SaveTableOptions,
): void {
  assert(
    header[layout.tableSnapshotStateAt / 4] === layout.snapshotNone,
    "one snapshot of a table is written at a time",
  );
  const saved = new Uint32Array(layout.tableHeaderBytes / 4);
  const identity = identityAt.flatMap(([, ...at]) => at);
  for (const at of [layout.tableMagicAt, layout.tableBucketCountAt, ...identity, ...stateAt]) {
    saved[at / 4] = header[at / 4];
  }
  sink.write(`${prefix}header`, new Uint8Array(saved.buffer));
  const base = options.changesOnly ? baseSightings : undefined;
  const chain = new BigUint64Array(2);
  const kind = base === undefined ? kindAll : kindChanges;
  new Uint32Array(chain.buffer).set([kind, options.removed === undefined ? 0 : 1]);
  chain[1] = base ?? 0n;
  sink.write(`${prefix}chain`, new Uint8Array(chain.buffer));
  sink.write(
    `${prefix}removed`,
    new Uint8Array((options.removed?.slice() ?? chain.slice(2)).buffer),
  );
  sink.write(`${prefix}free`, freeBits({ arena, pointer, header }));
  arena.kernels.snapshotBegin(pointer, base === undefined ? 1 : 0);
  sink.writeParts(`${prefix}records`, {
    [Symbol.iterator]: () => recordParts({ arena, pointer, header }, options.ended),
  });
}

/** Where the bits of free rows are, chunk by chunk, and where in all of them each part belongs. */
function* freeParts({
  arena,
  header,
}: TableInMemory): Generator<{ readonly part: Uint8Array; readonly from: number }> {
  const sizeBytes = freeBytesOf(header);
  const directory = header[layout.tableDirectoryAt / 4];
  for (let from = 0, chunk = 0; from < sizeBytes; from += chunkFreeBytes, chunk++) {
    const pointer = arena.u32(directory + chunk * 4, 1)[0] + header[layout.tablePlaneFAt / 4];
    yield { part: arena.u8(pointer, Math.min(chunkFreeBytes, sizeBytes - from)), from };
  }
}

function freeBits(table: TableInMemory): Uint8Array {
  const bits = new Uint8Array(freeBytesOf(table.header));
  if (table.header[layout.tableFreeCountAt / 4] === 0) return bits;
  for (const { part, from } of freeParts(table)) bits.set(part, from);
  return bits;
}

/** One bit for each row from 0 on that was ever used, in words of 32. */
function freeBytesOf(header: Uint32Array): number {
  const rowNext = header[layout.tableRowNextAt / 4];
  return rowNext === 1 ? 0 : Math.ceil(rowNext / 32) * 4;
}

/** The records, as they are asked for; its own `return`, since it must end also before it began. */
function recordParts(
  { arena, pointer, header }: TableInMemory,
  ended: (isWhole: boolean) => void,
): Iterator<Uint8Array> {
  // Taken when it is asked for: of many tables that are saved together one at a time needs it.
  let out: Region | undefined;
  let isOver = false;
  let hasEnd = false;
  let partCount = 0;
  const end = (isWhole: boolean): IteratorResult<Uint8Array> => {
    if (!isOver) {
      isOver = true;
      arena.kernels.snapshotEnd(pointer, isWhole ? 1 : 0);
      if (out !== undefined) arena.release(out);
      ended(isWhole);
    }
    return { done: true, value: undefined };
  };
  return {
    next() {
      if (isOver) return { done: true, value: undefined };
      if (header[layout.tableSnapshotStateAt / 4] === layout.snapshotLost) {
        end(false);
        throw arenaFull(arena, "what changed while the snapshot was written: it was given up");
      }
      if (hasEnd) return end(true);
      partCount += 1;
      out ??= room(arena, () => end(false));
      const at = out.pointer;
      const sizeBytes = arena.kernels.snapshotFill(pointer, at, partBytes) >>> 0;
      const isLast = arena.kernels.snapshotIsDone(pointer) === 1;
      if (isLast && sizeBytes + layout.recordEndBytes <= partBytes) {
        arena.u32(at + sizeBytes, 2).set([layout.recordEnd, partCount]);
        hasEnd = true;
        return { done: false, value: arena.u8(at, sizeBytes + layout.recordEndBytes) };
      }
      const part = arena.u8(at, partBytes);
      part.fill(0, sizeBytes);
      return { done: false, value: part };
    },
    return: () => end(false),
  };
}

/** Where parts are put together; without memory for it the snapshot is given up. */
function room(arena: Arena, giveUp: () => void): Region {
  try {
    return arena.allocate(partBytes);
  } catch (error) {
    giveUp();
    throw error;
  }
}

/** What it was restored as: how many sightings, and whom its follower, if any, has yet to drop. */
export interface RestoredTable {
  readonly sightings: bigint;
  readonly removed: BigUint64Array | undefined;
}

export function restoreTable(
  table: TableInMemory,
  source: SectionSource,
  prefix: string,
): RestoredTable {
  const { arena, pointer, header } = table;
  assert(
    header[layout.tableSnapshotStateAt / 4] === layout.snapshotNone,
    "a table is not restored while a snapshot of it is written",
  );
  const { saved, removed } = readHeader(header, source, prefix);
  const free = readFree(saved, source, prefix);
  const buckets = saved[layout.tableBucketCountAt / 4];
  const rowNext = saved[layout.tableRowNextAt / 4];
  const { chain, isFollowed } = chainOf(source, prefix);
  const scratch = arena.allocate(partBytes);
  try {
    // All of it first: what is wrong must show before the table has changed.
    for (const link of chain) {
      readRecords(table, link, prefix, { scratch: scratch.pointer, buckets, rowNext, apply: 0 });
    }
    if (arena.kernels.tableReset(pointer, buckets, rowNext) === 0) {
      throw arenaFull(arena, `a snapshot of ${rowNext - 1} rows`);
    }
    for (const link of chain.toReversed()) {
      readRecords(table, link, prefix, { scratch: scratch.pointer, buckets, rowNext, apply: 1 });
    }
  } finally {
    arena.release(scratch);
  }
  for (const at of stateAt) header[at / 4] = saved[at / 4];
  for (const { part, from } of freeParts(table)) part.set(free.subarray(from, from + part.length));
  return { sightings: sightingsOf(saved), removed: isFollowed ? removed : undefined };
}

export function sightingsOf(header: Uint32Array): bigint {
  const at = layout.tableSightingsAt / 4;
  return (BigInt(header[at + 1]) << 32n) | BigInt(header[at]);
}

/** From this snapshot back to one that holds all; and is there one who follows the table? */
function chainOf(
  source: SectionSource,
  prefix: string,
): { chain: SectionSource[]; isFollowed: boolean } {
  const chain: SectionSource[] = [];
  let isFollowed = false;
  for (let link = source; ; ) {
    chain.push(link);
    const bytes = sized(link.read(`${prefix}chain`), chainBytes, `${prefix}chain`);
    const { buffer } = bytes.slice();
    const [kind, followed] = new Uint32Array(buffer);
    const [, baseSightings] = new BigUint64Array(buffer);
    if (link === source) isFollowed = followed === 1;
    if (kind === kindAll) return { chain, isFollowed };
    if (kind !== kindChanges) throw corrupt(`${prefix}chain is of no known kind: ${kind}`);
    const { base } = link;
    if (base === undefined) throw corrupt(`${prefix}chain names a base, and there is none`);
    const baseHeader = wordsOf(base.read(`${prefix}header`), `${prefix}header`);
    if (sightingsOf(baseHeader) !== baseSightings) {
      throw corrupt(
        `${prefix}chain holds the changes to a snapshot at ${baseSightings} sightings, and its base ` +
          `is at ${sightingsOf(baseHeader)}`,
      );
    }
    link = base;
  }
}

function readRecords(
  { arena, pointer }: TableInMemory,
  source: SectionSource,
  prefix: string,
  into: {
    readonly scratch: number;
    readonly buckets: number;
    readonly rowNext: number;
    readonly apply: number;
  },
): void {
  const { scratch, buckets, rowNext, apply } = into;
  let partCount = 0;
  let end = 0;
  for (const part of source.readParts(`${prefix}records`, partBytes)) {
    arena.u8(scratch, part.length).set(part);
    const { length } = part;
    end = arena.kernels.snapshotRead(pointer, scratch, length, buckets, rowNext, apply) >>> 0;
    if (end === 0) {
      throw corrupt(`${prefix}records has a record of no such table, in its part ${partCount}`);
    }
    partCount += 1;
  }
  if (end !== partCount + 1)
    throw corrupt(`${prefix}records ends after ${partCount} parts, too early`);
}

function readHeader(
  header: Uint32Array,
  source: SectionSource,
  prefix: string,
): { saved: Uint32Array; removed: BigUint64Array } {
  const saved = wordsOf(source.read(`${prefix}header`), `${prefix}header`);
  if (saved[layout.tableMagicAt / 4] !== layout.tableMagic) {
    throw corrupt(`${prefix}header is not of a table, or of another format version`);
  }
  for (const [name, ...at] of identityAt) {
    if (at.some((word) => saved[word / 4] !== header[word / 4])) {
      throw new FoldbackError(
        "CONFIG_INVALID",
        `the snapshot ${prefix} is of a table with another ${name}; use the options it was made with`,
        { details: { name } },
      );
    }
  }
  const buckets = saved[layout.tableBucketCountAt / 4];
  const rowNext = saved[layout.tableRowNextAt / 4];
  if (buckets < 4 || buckets % 4 !== 0 || rowNext < 1)
    throw corrupt(`${prefix}header has sizes that no table has`);
  const rowLimit = header[layout.tableChunksMaxAt / 4] * layout.chunkRows;
  const bucketLimit = header[layout.tableSegmentsMaxAt / 4] * layout.segmentBuckets;
  if (rowNext > rowLimit || buckets > bucketLimit) {
    throw new FoldbackError(
      "TABLE_FULL",
      `the snapshot ${prefix} has ${rowNext - 1} rows and ${buckets} buckets; this arena has room ` +
        `for ${rowLimit - 1} and ${bucketLimit}: raise sizeBytesMax`,
    );
  }
  const idCount = saved[layout.tableAdmittedAt / 4];
  const idCountMax = header[layout.tableIdCountMaxAt / 4];
  if (idCount > idCountMax) {
    throw new FoldbackError(
      "TABLE_FULL",
      `the snapshot ${prefix} has ${idCount} ids, the table has room for ${idCountMax}: raise idCountMax`,
      { details: { idCount, idCountMax } },
    );
  }
  const removed = source.read(`${prefix}removed`);
  if (removed.length % 8 !== 0) throw corrupt(`${prefix}removed is not a list of ids`);
  return { saved, removed: new BigUint64Array(removed.slice().buffer) };
}

function readFree(saved: Uint32Array, source: SectionSource, prefix: string): Uint8Array {
  const name = `${prefix}free`;
  const bits = sized(source.read(name), freeBytesOf(saved), name);
  let count = 0;
  for (const byte of bits) for (let left = byte; left !== 0; left &= left - 1) count += 1;
  const expected = saved[layout.tableFreeCountAt / 4];
  if (count !== expected) throw corrupt(`${name} has ${count} free rows; expected ${expected}`);
  return bits;
}

function wordsOf(bytes: Uint8Array, name: string): Uint32Array {
  return new Uint32Array(sized(bytes, layout.tableHeaderBytes, name).slice().buffer);
}

function sized(bytes: Uint8Array, sizeBytes: number, name: string): Uint8Array {
  if (bytes.length === sizeBytes) return bytes;
  throw corrupt(`${name} has ${bytes.length} bytes; expected ${sizeBytes}`);
}

function corrupt(message: string): FoldbackError {
  return new FoldbackError("DATA_CORRUPT", `${message}; restore an earlier snapshot`);
}

function words64(at: number, count: number): number[] {
  return Array.from({ length: count * 2 }, (_, i) => at + i * 4);
}
