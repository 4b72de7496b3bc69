/** The contract of every file format: a file is an async sequence of parsed batches. */
import type { Readable } from "node:stream";
import { type Clock, FoldbackError } from "../core/index.ts";
import type { Event } from "./event.ts";
import type { Refusal } from "./refusal.ts";
import { renderText } from "./refusal.ts";

/**
 * The formats that files are read in.
 *
 * - `ndjson`: one event a line, as its sender would write it.
 * - `csv`: a header of field names (`account`, `ad.channel`, `context.x`), then a row an event.
 * - `parquet`: columns as in `csv`.
 * - `double-colon`: `user::item::rating::seconds`, as MovieTweetings and MovieLens 1M and 10M have it.
 * - `movielens-tab`: `user item rating seconds` with tabs, as MovieLens 100K has it in `u.data`.
 * - `movielens-csv`: `userId,movieId,rating,timestamp`, as MovieLens 20M, 25M and *latest* have it.
 * - `recbole`: the atomic files of RecBole, `.inter` and `.item`.
 */
export const fileFormats = [
  "ndjson",
  "csv",
  "parquet",
  "double-colon",
  "movielens-tab",
  "movielens-csv",
  "recbole",
] as const;

export type FileFormat = (typeof fileFormats)[number];

/** Bytes to read: a file's path, or a stream such as standard input, which can be read once. */
export type FileSource = string | Readable;

export interface EventFileOptions {
  /** Read once a batch: an event more than 10 minutes ahead of it is refused. */
  readonly clock: Clock;
  /**
   * `file`: as the file has them, in bounded memory. `time`: by event time, equal times in the file's
   * order; holds every event in memory, at most 20 million.
   */
  readonly order: "file" | "time";
  /** Default: by the file's name and its first lines; `ndjson` for a stream. */
  readonly format?: FileFormat;
  /** Type of rows that give none. Default: `rate` where the file has a `value` column, else `play`. */
  readonly defaultType?: string;
  /** Event types that the config declares besides the known ones. */
  readonly extraTypes?: ReadonlySet<string>;
}

export interface EventBatch {
  readonly events: readonly Event[];
  /** Of each event its line or row, counted as in `refused`. Only where a file of ndjson, csv or parquet is read in its own order. */
  readonly rows?: readonly number[];
  /** `index` is the line (`ndjson`) or the row in the file, from 1; a header is row 1. */
  readonly refused: readonly Refusal[];
  /** The file that the indexes of `refused` speak of: the one opened, or the catalogue beside it. */
  readonly name: string;
  /** How much of the opened file has been read so far; reaches `sizeBytes` at the end. */
  readonly bytesRead: number;
  /** What rows of the batch said that no event says: how often, by reason. Not there where nothing was. */
  readonly leftOut?: ReadonlyMap<string, number>;
}

/** What events can be read from: a file, or several that belong together. */
export interface EventSource {
  /** The path, or `-` for a stream. */
  readonly name: string;
  /** Undefined for a stream. */
  readonly sizeBytes: number | undefined;
  /**
   * Reads from the beginning; a stream only once. Batches may be empty, and hold at most
   * `maxBatchEvents` events. Fails with `FILE_UNREADABLE` where reading cannot go on.
   */
  batches(): AsyncIterable<EventBatch>;
}

export interface EventFile extends EventSource {
  readonly format: FileFormat;
}

/** Most events in one batch: enough that a batch's own cost vanishes, and below what an append takes. */
export const maxBatchEvents = 4096;

/** Longest line or row, in bytes: more than the largest event can have, so a longer one is no event. */
export const maxLineBytes = 1_048_576;

export function nameOf(source: FileSource): string {
  return typeof source === "string" ? source : "-";
}

/** The error of a file that cannot be read on: says which, what came and what is allowed. */
export function unreadable(
  name: string,
  came: string,
  allowed: string,
  cause?: unknown,
): FoldbackError {
  const message = `${renderText(name)}: ${came}; allowed: ${allowed}`;
  return new FoldbackError("FILE_UNREADABLE", message, {
    ...(cause === undefined ? {} : { cause }),
    details: { file: name, came, allowed },
  });
}
