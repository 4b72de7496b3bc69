/**
 * A table as bytes.
 *
 * ```
 * {prefix}header      256 bytes: the table's header without addresses, settings and the epoch
 * {prefix}buckets.0…  the bucket array, 16 MiB a section
 * {prefix}rows.0…     the chunks, as they lie in memory, that have rows
 * ```
 *
 * The free rows are in it, as they are linked through the chunks. Unused bytes are always zero, so
 * the bytes are a function of the operations alone.
 */
import { FoldbackError } from "../core/index.ts";
import { layout } from "../kernels/index.ts";
import { type Arena, arenaFull } from "./arena.ts";
import type { SectionSink, SectionSource } from "./snapshot.ts";

/** 16 MiB: large enough to be cheap, small enough that no sink needs the whole table at once. */
const bucketsPerSection = 262_144;

/**
 * Words of the header that are state. Also in the snapshot: magic, dim, seed, log2 of the bucket
 * count.
 */
const stateAt = [
  layout.tableRowNextAt,
  layout.tableFreeHeadAt,
  layout.tableFreeTailAt,
  layout.tableFreeCountAt,
  layout.tableAdmittedAt,
  layout.tablePendingAt,
  layout.tableCursorAt,
  layout.tableGrowthsAt,
  ...words64(layout.tableAdmittedTotalAt, 4),
  ...words64(layout.tableDisplacementsAt, layout.displacementKinds),
];
const identityAt = [layout.tableMagicAt, layout.tableDimAt, ...words64(layout.tableSeedAt, 1)];

export function saveTable(
  arena: Arena,
  header: Uint32Array,
  sink: SectionSink,
  prefix: string,
): void {
  const saved = new Uint32Array(layout.tableHeaderBytes / 4);
  for (const at of [...identityAt, ...stateAt]) saved[at / 4] = header[at / 4];
  const log2 = header[layout.tableBucketsAt / 4] & 63;
  saved[layout.tableBucketsAt / 4] = log2;
  sink.write(`${prefix}header`, new Uint8Array(saved.buffer));
  for (const section of sectionsOf(header, log2, header[layout.tableRowNextAt / 4])) {
    const bytes = arena.u8(pointerOf(arena, header, section), section.sizeBytes);
    sink.write(prefix + section.name, bytes.slice());
  }
}

export function restoreTable(
  arena: Arena,
  pointer: number,
  header: Uint32Array,
  source: SectionSource,
  prefix: string,
): void {
  const saved = readHeader(header, source.read(`${prefix}header`), prefix);
  const log2 = saved[layout.tableBucketsAt / 4];
  const rowNext = saved[layout.tableRowNextAt / 4];
  // All sections first: what is wrong with one must show before the table has changed.
  const parts = sectionsOf(header, log2, rowNext).map((section) => {
    const bytes = source.read(prefix + section.name);
    if (bytes.length !== section.sizeBytes) {
      throw corrupt(
        `${prefix}${section.name} has ${bytes.length} bytes; expected ${section.sizeBytes}`,
      );
    }
    return { section, bytes };
  });
  if (arena.kernels.tableReset(pointer, log2, rowNext) === 0) {
    throw arenaFull(arena, `a snapshot of ${rowNext - 1} rows`);
  }
  for (const { section, bytes } of parts) {
    arena.u8(pointerOf(arena, header, section), section.sizeBytes).set(bytes);
  }
  for (const at of stateAt) header[at / 4] = saved[at / 4];
}

interface Section {
  readonly name: string;
  readonly kind: "buckets" | "rows";
  readonly index: number;
  readonly sizeBytes: number;
}

function sectionsOf(header: Uint32Array, log2: number, rowNext: number): Section[] {
  const sections: Section[] = [];
  const bucketCount = 2 ** log2;
  for (let index = 0; index * bucketsPerSection < bucketCount; index++) {
    const count = Math.min(bucketCount, bucketsPerSection);
    sections.push({
      name: `buckets.${index}`,
      kind: "buckets",
      index,
      sizeBytes: count * layout.bucketBytes,
    });
  }
  const chunkBytes = header[layout.tableChunkBytesAt / 4];
  const chunkCount = rowNext === 1 ? 0 : Math.ceil(rowNext / layout.chunkRows);
  for (let index = 0; index < chunkCount; index++) {
    sections.push({ name: `rows.${index}`, kind: "rows", index, sizeBytes: chunkBytes });
  }
  return sections;
}

function pointerOf(arena: Arena, header: Uint32Array, section: Section): number {
  if (section.kind === "buckets") {
    const buckets = header[layout.tableBucketsAt / 4];
    return buckets - (buckets % 64) + section.index * bucketsPerSection * layout.bucketBytes;
  }
  return arena.u32(header[layout.tableDirectoryAt / 4] + section.index * 4, 1)[0];
}

function readHeader(header: Uint32Array, bytes: Uint8Array, prefix: string): Uint32Array {
  if (bytes.length !== layout.tableHeaderBytes) {
    throw corrupt(`${prefix}header has ${bytes.length} bytes; expected ${layout.tableHeaderBytes}`);
  }
  const saved = new Uint32Array(Uint8Array.from(bytes).buffer);
  if (saved[layout.tableMagicAt / 4] !== layout.tableMagic) {
    throw corrupt(`${prefix}header is not of a table, or of another format version`);
  }
  for (const [name, ...at] of [
    ["dim", layout.tableDimAt],
    ["seed", ...words64(layout.tableSeedAt, 1)],
  ] as const) {
    if (at.some((word) => saved[word / 4] !== header[word / 4])) {
      throw new FoldbackError(
        "CONFIG_INVALID",
        `the snapshot ${prefix} is of a table with another ${name}; use the options it was made with`,
      );
    }
  }
  const rowNext = saved[layout.tableRowNextAt / 4];
  const rowLimit = header[layout.tableChunksMaxAt / 4] * layout.chunkRows;
  if (saved[layout.tableBucketsAt / 4] > layout.bucketsLog2Max || rowNext < 1) {
    throw corrupt(`${prefix}header has sizes that no table has`);
  }
  if (rowNext > rowLimit) {
    throw new FoldbackError(
      "TABLE_FULL",
      `the snapshot ${prefix} has ${rowNext - 1} rows; this arena has room for ${rowLimit - 1}: raise sizeBytesMax`,
    );
  }
  return saved;
}

function corrupt(message: string): FoldbackError {
  return new FoldbackError("DATA_CORRUPT", `${message}; restore an earlier snapshot`);
}

function words64(at: number, count: number): number[] {
  return Array.from({ length: count * 2 }, (_, i) => at + i * 4);
}
