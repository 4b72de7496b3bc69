/** A table as a file that other programs read: one record an id. Not for restoring: that is `save`. */
import { randomUUID } from "node:crypto";
import { basename, dirname, extname, join } from "node:path";
import { assert, FoldbackError } from "../core/index.ts";
import { nodeFiles, type StorageFile, type StorageFiles } from "../storage/index.ts";
import { type Append, parquetBatchLength, parquetEncoder } from "./dumpParquet.ts";
import type { ShardedTable } from "./shardedTable.ts";
import type { EmbeddingTable } from "./table.ts";
import type { Entry, TableStats } from "./tableTypes.ts";

/** What a format does with the ids, some at a time, and when there are no more. */
interface Encoder {
  readonly batchLength: number;
  write(entries: readonly Entry[]): Promise<void>;
  finish(): Promise<void>;
}

const encoders: Record<string, (append: Append, dim: number) => Encoder> = {
  ".ndjson": ndjsonEncoder,
  ".parquet": (append, dim) => ({
    batchLength: parquetBatchLength(dim),
    ...parquetEncoder(append),
  }),
};

/**
 * Writes every id of a table, with all that `entry` tells of it, to NDJSON or Parquet, by the ending
 * of the path: `.ndjson` or `.parquet`. Replaces a file of that name, when the new one is whole and on
 * the disk. Writer only; while it runs no id may be observed, assigned or removed: rows may learn.
 *
 * A record has `key`, `state` ("admitted" or "pending") and `seenSeconds`; of a pending id `count`; of
 * an admitted one `row`, `stepCount`, `weight`, `vector` (a list), `vectorState` (a list of lists),
 * `ftrlZ` and `ftrlN`. What an id has not is left out in NDJSON and null in Parquet. Numbers are exact:
 * - NDJSON: `key` is decimal text, as 64 bits are more than a JSON number holds; floats that are none
 *   are "NaN", "Infinity" and "-Infinity".
 * - Parquet: `key` is UINT_64, other whole numbers UINT_32, floats FLOAT.
 *
 * Memory is bounded: ids are read and written some thousand at a time, in the order of the buckets.
 *
 * @param options `files`: where to; default the real file system.
 * @returns `idCount`: the records, of both states.
 * @throws FoldbackError REQUEST_INVALID for another ending; LOG_UNAVAILABLE when the file can't be
 * written: what was at the path is as before (unless all that failed was to make the new name
 * durable).
 * @example await dumpTable(table, "items.parquet");
 */
export async function dumpTable(
  table: EmbeddingTable | ShardedTable,
  path: string,
  options: { readonly files?: StorageFiles } = {},
): Promise<{ idCount: number }> {
  const encoderOf = encoders[extname(path)];
  if (encoderOf === undefined) {
    const allowed = Object.keys(encoders).join(", ");
    throw new FoldbackError(
      "REQUEST_INVALID",
      `the path ${path} ends in "${extname(path)}"; allowed: ${allowed}`,
      { details: { path, allowed: Object.keys(encoders) } },
    );
  }
  const { files = nodeFiles } = options;
  // A name of its own: two may dump to one path, and the last to end has it.
  const temporaryPath = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  const file = files.create(temporaryPath);
  try {
    let position = 0;
    const encoder = encoderOf(async (bytes) => {
      await file.write(bytes, position);
      position += bytes.length;
    }, table.dim);
    const idCount = await writeAll(table, encoder);
    await file.sync();
    file.close();
    files.rename(temporaryPath, path);
    await files.syncDirectory(dirname(path));
    return { idCount };
  } catch (error) {
    await discard(files, temporaryPath, file);
    throw error;
  }
}

async function writeAll(table: EmbeddingTable | ShardedTable, encoder: Encoder): Promise<number> {
  const before = changesOf(table.stats());
  let idCount = 0;
  let batch: Entry[] = [];
  for (const entry of table.entries()) {
    if (batch.push(entry) < encoder.batchLength) continue;
    idCount += batch.length;
    await encoder.write(batch);
    batch = [];
  }
  if (batch.length > 0) await encoder.write(batch);
  await encoder.finish();
  assert(changesOf(table.stats()) === before, "ids don't come and go while a table is dumped");
  return idCount + batch.length;
}

/** Grows whenever an id comes, goes or is seen. */
function changesOf(stats: TableStats): number {
  const { sightingTotal, admittedTotal, removedTotal, evictedTotal } = stats;
  const { expiredTotal, pendingExpiredTotal } = stats;
  const gone = removedTotal + evictedTotal + expiredTotal + pendingExpiredTotal;
  return sightingTotal + admittedTotal + gone;
}

/** Best effort: the failure that led here is the one to tell. */
async function discard(files: StorageFiles, path: string, file: StorageFile): Promise<void> {
  try {
    file.close();
  } catch (error) {
    ignoreUnavailable(error);
  }
  await files.remove(path).catch(ignoreUnavailable);
}

function ignoreUnavailable(error: unknown): void {
  if (!(error instanceof FoldbackError)) throw error;
}

function ndjsonEncoder(append: Append): Encoder {
  const encoder = new TextEncoder();
  return {
    batchLength: 1024, // 8 MB of text at dim 128 with Adam
    write: (entries) =>
      append(encoder.encode(entries.map((entry) => `${lineOf(entry)}\n`).join(""))),
    finish: async () => {},
  };
}

function lineOf(entry: Entry): string {
  const { key, state, seenSeconds } = entry;
  const start = `{"key":"${key}","state":"${state}","seenSeconds":${seenSeconds}`;
  if (entry.state === "pending") return `${start},"count":${entry.count}}`;
  const { row, stepCount, weight, vector, vectorState, ftrlZ, ftrlN } = entry;
  return (
    `${start},"row":${row},"stepCount":${stepCount},"weight":${numberText(weight)}` +
    `,"vector":${listText(vector)},"vectorState":[${vectorState.map(listText).join(",")}]` +
    `,"ftrlZ":${numberText(ftrlZ)},"ftrlN":${numberText(ftrlN)}}`
  );
}

function listText(list: Float32Array): string {
  return `[${Array.from(list, numberText).join(",")}]`;
}

/** Unlike `JSON.stringify` keeps the sign of 0, and what is no number. */
function numberText(value: number): string {
  if (Object.is(value, -0)) return "-0";
  return Number.isFinite(value) ? String(value) : `"${value}"`;
}
