import { open } from "node:fs/promises";
import { extname } from "node:path";
import {
  parquetColumns,
  readChunks,
  readLines,
  readParquetRows,
  renderText,
  unreadable,
} from "../../event/index.ts";
import type { PathCounts } from "../credit/pathCounts.ts";
import { arePaths, type PathField, pathColumnsOf, pathFieldOf } from "./pathColumns.ts";
import { headerOf, PathScanner } from "./pathScanner.ts";
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
  counts: PathCounts,
  options: PathFormOptions = {},
): Promise<void> {
  const sink = new PathSink(counts, path, options);
  const { format } = await look(path);
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

/** Whether a file holds paths, by its columns; else it holds events. */
export async function hasPaths(path: string): Promise<boolean> {
  const { format, beginning } = await look(path);
  if (format === "parquet") return arePaths(await parquetColumns(path));
  const line = beginning.trimStart().split(/\r?\n/, 1)[0];
  if (format === "csv") return arePaths(headerOf(line).header);
  const first = objectIn(line);
  return first !== undefined && arePaths(Object.keys(first));
}

type Format = "csv" | "ndjson" | "parquet";

/** More than any header. */
const lookedAtBytes = 65_536;

async function look(path: string): Promise<{ format: Format; beginning: string }> {
  const bytes = Buffer.alloc(lookedAtBytes);
  let length: number;
  try {
    const file = await open(path);
    try {
      ({ bytesRead: length } = await file.read(bytes, 0, lookedAtBytes, 0));
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw unreadable(path, String(cause), "a file that exists and that we may read", cause);
  }
  const beginning = bytes.toString("utf8", 0, length).replace(/^\ufeff/, "");
  const extension = extname(path).toLowerCase();
  if (extension === ".parquet" || beginning.startsWith("PAR1"))
    return { format: "parquet", beginning };
  const isNdjson =
    [".ndjson", ".jsonl"].includes(extension) || beginning.trimStart().startsWith("{");
  return { format: isNdjson ? "ndjson" : "csv", beginning };
}

async function readObjects(path: string, sink: PathSink): Promise<void> {
  for await (const { firstLine, lines } of readLines(path)) {
    for (const [at, line] of lines.entries()) {
      if (line?.trim() === "") continue;
      const row = firstLine + at;
      const found = line === undefined ? undefined : objectIn(line);
      const cells: Partial<Record<PathField, unknown>> = {};
      for (const [name, value] of Object.entries(found ?? {})) {
        const field = pathFieldOf(name);
        if (field !== undefined) cells[field] = value;
      }
      if (!("path" in cells)) {
        const came =
          line === undefined ? "a line that is too long" : renderText(line.slice(0, 200));
        throw unreadable(
          `${path}, row ${row}`,
          came,
          "an object with path, conversions, value, nulls",
        );
      }
      sink.addRow(cells.path, [cells.conversions, cells.value, cells.nulls], row);
    }
  }
}

async function readTable(path: string, sink: PathSink): Promise<void> {
  for await (const { columns, rows, firstRow } of readParquetRows(path)) {
    const places = pathColumnsOf(columns, path);
    const cell = (row: readonly unknown[], place: number): unknown => (place < 0 ? 0 : row[place]);
    for (const [at, row] of rows.entries()) {
      const { path: name, conversions, value, nulls } = places;
      const amounts = [cell(row, conversions), cell(row, value), cell(row, nulls)] as const;
      sink.addRow(row[name], amounts, firstRow + at);
    }
  }
}

function objectIn(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined; // checked
  } catch {
    return undefined; // no JSON: the caller says what came
  }
}
