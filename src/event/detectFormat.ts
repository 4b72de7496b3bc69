import { extname } from "node:path";
import { type FileFormat, unreadable } from "./eventFile.ts";
import { renderValue } from "./refusal.ts";

/**
 * Tells the format of a file from its name and its first bytes. The name decides where it can
 * (`.ndjson`, `.jsonl`, `.parquet`, `.inter`), else the first line that is not blank. What is no format
 * of ours is `FILE_UNREADABLE`.
 *
 * @param beginning the first bytes, at least the first line.
 */
export function detectFormat(path: string, beginning: Buffer): FileFormat {
  refuseForeign(path, beginning, allowed);
  const byName = formatByExtension.get(extname(path).toLowerCase());
  if (byName !== undefined) return byName;
  if (beginning.subarray(0, 4).toString("latin1") === "PAR1") return "parquet";

  const line = firstLine(beginning);
  if (line.startsWith("{")) return "ndjson";
  if (/^[^:]+::[^:]+::[\d.]+::\d+$/.test(line)) return "double-colon";
  if (/^[^\t]+\t[^\t]+\t[\d.]+\t\d+$/.test(line)) return "movielens-tab";
  if (/^"?userId"?,"?movieId"?,"?rating"?,"?timestamp"?$/i.test(line)) return "movielens-csv";
  if (/^\w+:(?:token|float)(?:_seq)?(?:\t|$)/.test(line)) return "recbole";
  if (extname(path).toLowerCase() === ".csv" || /(?:^|,)\s*"?time"?\s*(?:,|$)/i.test(line))
    return "csv";
  if (line === "") return "ndjson"; // an empty file has no events, in any format
  throw unreadable(path, `a first line ${renderValue(line)}`, allowed);
}

/** The first line that is not blank; an empty text where there is none. */
export function firstLine(beginning: Buffer): string {
  const text = beginning.toString("utf8").replace(/^\ufeff/, "");
  return text.trimStart().split(/\r?\n/, 1)[0];
}

const formatByExtension: ReadonlyMap<string, FileFormat> = new Map<string, FileFormat>([
  [".ndjson", "ndjson"],
  [".jsonl", "ndjson"],
  [".parquet", "parquet"],
  [".inter", "recbole"],
]);

/** Fails where a file begins as packed ones do, or as text that is no UTF-8. */
export function refuseForeign(path: string, beginning: Buffer, allowed: string): void {
  for (const { bytes, what } of foreign) {
    if (beginning.subarray(0, bytes.length).equals(bytes)) throw unreadable(path, what, allowed);
  }
}

const foreign = [
  { bytes: Buffer.from([0x1f, 0x8b]), what: "gzip" },
  { bytes: Buffer.from("PK\u0003\u0004", "latin1"), what: "a ZIP archive" },
  { bytes: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), what: "Zstandard" },
  { bytes: Buffer.from([0xff, 0xfe]), what: "UTF-16 text" },
  { bytes: Buffer.from([0xfe, 0xff]), what: "UTF-16 text" },
];

const allowed =
  "unpacked UTF-8 text: one JSON event a line, CSV with a header that has a time column, MovieTweetings, MovieLens or RecBole ratings; or Parquet";
