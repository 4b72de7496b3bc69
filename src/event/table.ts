/** Tables that are written and read again: formats, and how columns are called. */
import { extname } from "node:path";
import type { DescribedKind } from "./description.ts";

/**
 * The formats of tables that are written as well as read.
 *
 * - `ndjson`: of items `{"item", "properties": {…}}`, as `POST /v1/items` takes them, of accounts the same; of
 *   events as they come in.
 * - `csv`: a header, then a row each. Texts that are written like numbers come back as numbers.
 * - `parquet`: texts and numbers as what they are.
 */
export const tableFormats = ["ndjson", "csv", "parquet"] as const;
export type TableFormat = (typeof tableFormats)[number];

const formatByExtension: ReadonlyMap<string, TableFormat> = new Map<string, TableFormat>([
  [".ndjson", "ndjson"],
  [".jsonl", "ndjson"],
  [".csv", "csv"],
  [".parquet", "parquet"],
]);

/** Undefined where the name does not tell. */
export function tableFormatOf(path: string): TableFormat | undefined {
  return formatByExtension.get(extname(path).toLowerCase());
}

const propertyPrefix = "properties.";

/** The column of a property: its name, but where that is taken, as the column of the id is, which is called `kind`. */
export function columnOfProperty(kind: DescribedKind, name: string): string {
  const isTaken = name === kind || name.startsWith(propertyPrefix);
  return isTaken ? propertyPrefix + name : name;
}

/** The other way round. */
export function propertyOfColumn(column: string): string {
  return column.startsWith(propertyPrefix) ? column.slice(propertyPrefix.length) : column;
}

/** Properties of items that are texts by their meaning, whatever is written there. */
const textProperties: ReadonlySet<string> = new Set([
  "artist",
  "title",
  "caption",
  "categories",
  "keywords",
  "hashtags",
]);

/** Whether a property of CSV may be read as a number. */
export function mayBeNumber(kind: DescribedKind, property: string): boolean {
  return kind === "account" || !textProperties.has(property);
}
