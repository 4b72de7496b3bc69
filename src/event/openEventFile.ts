import { join } from "node:path";
import { readDelimited } from "./delimited.ts";
import { detectFormat } from "./detectFormat.ts";
import {
  type EventBatch,
  type EventFile,
  type EventFileOptions,
  type FileFormat,
  type FileSource,
  nameOf,
  unreadable,
} from "./eventFile.ts";
import { readNdjson } from "./ndjsonFile.ts";
import { readParquet } from "./parquetFile.ts";
import { namesIn, readBeginning, statOrFail } from "./paths.ts";
import { readRatings } from "./ratingsFile.ts";
import { inTimeOrder } from "./timeOrder.ts";

/**
 * Opens a file of events, in whatever of `fileFormats` it is.
 *
 * @param source a path; a directory, whose one ratings file is taken; or a stream such as standard
 *   input, which is NDJSON unless `format` says otherwise, and never Parquet.
 * @returns a description that has read no more than the beginning; fails with `FILE_UNREADABLE` where
 *   there is no such file, or the format cannot be told.
 *
 * @example
 * const file = await openEventFile("ratings.dat", { clock: systemClock, order: "time" });
 * for await (const { events, refused } of file.batches()) await log.append(events);
 */
export async function openEventFile(
  source: FileSource,
  options: EventFileOptions,
): Promise<EventFile> {
  if (typeof source !== "string") return openStream(source, options);
  const found = await statOrFail(source);
  const path = found.isDirectory() ? await findRatings(source) : source;
  const stats = found.isDirectory() ? await statOrFail(path) : found;
  // What is no file, such as a pipe, can be read only once: nothing of it may be lost to looking.
  if (!stats.isFile()) return openStream(path, options);
  const format = options.format ?? detectFormat(path, await readBeginning(path));
  return {
    name: path,
    format,
    sizeBytes: stats.size,
    batches: () => readBatches(path, format, options),
  };
}

function openStream(source: FileSource, options: EventFileOptions): EventFile {
  const name = nameOf(source);
  const format = options.format ?? "ndjson";
  if (format === "parquet") {
    throw unreadable(name, "a stream of Parquet", "a Parquet file: its description is at the end");
  }
  return {
    name,
    format,
    sizeBytes: undefined,
    batches: () => readBatches(source, format, options),
  };
}

function readBatches(
  source: FileSource,
  format: FileFormat,
  options: EventFileOptions,
): AsyncIterable<EventBatch> {
  switch (format) {
    case "ndjson":
      return ordered(readNdjson(source, options), options);
    case "csv":
      return ordered(readDelimited(source, csv, options), options);
    case "parquet":
      return ordered(readParquet(nameOf(source), options), options); // openStream let no stream come here
    default:
      return readRatings(source, format, options); // sorts for itself: its catalogue comes first
  }
}

const csv = { delimiter: ",", quotes: true, columns: (header: readonly string[]) => header };

function ordered(
  batches: AsyncIterable<EventBatch>,
  options: EventFileOptions,
): AsyncIterable<EventBatch> {
  return options.order === "time" ? inTimeOrder(batches) : batches;
}

const ratingsNames = /^(?:ratings\.dat|ratings\.csv|u\.data|.+\.inter)$/;

async function findRatings(directory: string): Promise<string> {
  const allowed =
    "a directory with one of ratings.dat, ratings.csv, u.data or NAME.inter; or name the file";
  const names = await namesIn(directory);
  const found = names.filter((name) => ratingsNames.test(name));
  if (found.length === 1) return join(directory, found[0]);
  const came = found.length === 0 ? "a directory without ratings" : found.join(", ");
  throw unreadable(directory, came, allowed);
}
