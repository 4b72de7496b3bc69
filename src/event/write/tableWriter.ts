import { csvWriter } from "./csvWriter.ts";
import { parquetWriter } from "./parquetWriter.ts";
import type { Append, Column, TableWriter } from "./tableTypes.ts";

/** The same rows always give the same bytes. */
export function tableWriter(
  format: "csv" | "parquet",
  columns: readonly Column[],
  append: Append,
): TableWriter {
  return format === "csv" ? csvWriter(columns, append) : parquetWriter(columns, append);
}
