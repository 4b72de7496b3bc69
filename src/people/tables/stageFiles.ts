/** Files of the case's tables: CSV, NDJSON and Parquet. */
import {
  type FileSource,
  readLines,
  readRows,
  renderValue,
  type TableFormat,
  tableFormatOf,
  tableFormats,
  unreadable,
} from "../../event/index.ts";
import type { Refusals } from "./refusals.ts";
import type { StagedRow, Staging } from "./staging.ts";
import { matchColumns, type TableKind, tableColumns } from "./tableColumns.ts";

export interface StageFileOptions {
  /** Default: by the name of the file. */
  readonly format?: TableFormat;
  readonly refusals: Refusals;
  /** Told how many rows of the file were read. */
  readonly onProgress?: (rows: number) => void;
}

/**
 * Takes a file of a table: names of columns in any case, cells trimmed, empty ones missing. Rows of the wrong width and lines that are no
 * object are refused. Columns that the table does not have are left out, and noted.
 *
 * @throws FoldbackError FILE_UNREADABLE where reading can't go on, or ACCOUNT or ACCESS_TOKEN is missing.
 */
export async function stageFile(
  staging: Staging,
  kind: TableKind,
  path: string,
  options: StageFileOptions,
): Promise<void> {
  const format = options.format ?? tableFormatOf(path);
  if (format === undefined) {
    const allowed = `a name that ends in .csv, .ndjson, .jsonl or .parquet; or --format with one of ${tableFormats.join(", ")}`;
    throw unreadable(path, "a name that says no format", allowed);
  }
  if (format === "parquet") {
    noteUnknown(options.refusals, path, await staging.addParquet(kind, path));
  } else if (format === "csv") await stageCsv(staging, kind, path, options);
  else await stageNdjson(staging, kind, path, options);
}

function noteUnknown({ notes }: Refusals, path: string, unknown: readonly string[]): void {
  for (const name of unknown) notes.add(`${path}: the column ${renderValue(name)} is not read`);
}

async function stageCsv(
  staging: Staging,
  kind: TableKind,
  path: FileSource & string,
  { refusals, onProgress }: StageFileOptions,
): Promise<void> {
  const file = staging.addFile(path);
  let indexes: readonly number[] | undefined;
  let width = 0;
  let row = 0;
  for await (const { rows } of readRows(path, { delimiter: ",", quotes: true })) {
    for (const cells of rows) {
      row++;
      if (cells === undefined || (cells.length === 1 && cells[0] === "")) continue;
      if (indexes === undefined) {
        const matched = matchColumns(kind, cells, path);
        noteUnknown(refusals, path, matched.unknown);
        indexes = matched.indexes;
        width = cells.length;
      } else if (cells.length !== width) {
        refusals.add("rows of another width than the header", path, row);
      } else {
        await staging.append(
          kind,
          file,
          row,
          indexes.map((at) => (at < 0 ? null : cellOf(cells[at]))),
        );
      }
    }
    onProgress?.(row);
  }
  if (indexes === undefined) {
    throw unreadable(path, "no rows", "a header with the names of the columns");
  }
}

async function stageNdjson(
  staging: Staging,
  kind: TableKind,
  path: string,
  { refusals, onProgress }: StageFileOptions,
): Promise<void> {
  const file = staging.addFile(path);
  const known: readonly string[] = tableColumns[kind];
  const at = new Map(known.map((name, index) => [name, index]));
  const unknown = new Set<string>();
  for await (const { lines, firstLine } of readLines(path)) {
    for (const [i, line] of lines.entries()) {
      if (line !== undefined && line.trim() === "") continue;
      const cells = rowOfLine(line, at, unknown);
      if (cells === undefined) refusals.add("lines that are no JSON object", path, firstLine + i);
      else await staging.append(kind, file, firstLine + i, cells);
    }
    onProgress?.(firstLine + lines.length - 1);
  }
  noteUnknown(refusals, path, [...unknown].sort());
}

/** Undefined where the line is no object of texts and numbers. */
function rowOfLine(
  line: string | undefined,
  at: ReadonlyMap<string, number>,
  unknown: Set<string>,
): StagedRow | undefined {
  let parsed: unknown;
  try {
    parsed = line === undefined ? undefined : JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return undefined;
  const cells = new Array<string | null>(at.size).fill(null);
  for (const [name, value] of Object.entries(parsed)) {
    const index = at.get(name.trim().toLowerCase());
    if (index === undefined) unknown.add(name);
    else if (typeof value === "string" || typeof value === "number") {
      cells[index] = cellOf(String(value));
    } else if (value !== null) return undefined;
  }
  return cells;
}

function cellOf(text: string): string | null {
  const trimmed = text.trim();
  return trimmed === "" ? null : trimmed;
}
