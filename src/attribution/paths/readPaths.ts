import { readChunks, readLines, readParquetRows, type TableFormat, tableFormatOf, unreadable } from "../../event/index.ts";
import type { PathCounts } from "../credit/pathCounts.ts";
import { pathColumnsOf, pathFieldOf } from "./pathColumns.ts";
import { PathScanner } from "./pathScanner.ts";
import { type PathFormOptions, PathSink } from "./pathSink.ts";

/**
 * Adds the paths of a file: rows of `path,conversions,value,nulls` as CSV (delimited by `,`, `;` or tab), NDJSON or Parquet.
 *
 * A path is channels with the separator between them, exactly; or a list of them (NDJSON, Parquet). Spaces around a channel are left out, and
 * so is a channel of nothing else; all other characters are of its name. A path without channels is a conversion that nothing came before.
 * What is missing is 0.
 *
 * @throws FoldbackError FILE_UNREADABLE, naming the row and what came; REQUEST_INVALID for what is no transform.
 */
export async function readPaths(
  path: string,
  format: TableFormat,
  counts: PathCounts,
  options: PathFormOptions = {},
): Promise<void> {
  const sink = new PathSink(counts, path, options);
  if (format === "csv") {
    const scanner = new PathScanner(sink, path);
    for await (const chunk of readChunks(path)) scanner.push(chunk);
    scanner.end();
  } else if (format === "ndjson") {
    await readObjects(path, sink);
  } else {
    await readTable(path, sink);
  }
}
