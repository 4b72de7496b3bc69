import { ByteWriter, type ColumnSource, ParquetWriter, type SchemaElement } from "hyparquet-writer";
import type { Append, Cell, Column, TableWriter } from "./tableTypes.ts";

/** A row group is held until it is written, and again when it is read. */
const groupRowsMax = 16_384;
const groupCharactersMax = 16_777_216;

/**
 * Parquet: texts as UTF8, numbers as DOUBLE, times as TIMESTAMP_MILLIS, and columns that have both texts and
 * numbers as JSON, which readers give back as what each was.
 */
export function parquetWriter(columns: readonly Column[], append: Append): TableWriter {
  const bytes = new ByteWriter();
  const schema: SchemaElement[] = [
    { name: "row", num_children: columns.length },
    ...columns.map(schemaOf),
  ];
  const writer = new ParquetWriter({ writer: bytes, schema, statistics: false });
  let rows: (readonly Cell[])[] = [];
  let characters = 0;

  const flush = async (): Promise<void> => {
    await append(bytes.getBytes());
    bytes.index = 0; // `offset`, which the footer tells of, goes on
  };
  const writeGroup = async (): Promise<void> => {
    const columnData = columns.map((column, i) => sourceOf(column, rows, i));
    await writer.write({ columnData, rowGroupSize: rows.length });
    rows = [];
    characters = 0;
    await flush();
  };
  return {
    async write(more) {
      for (const row of more) {
        rows.push(row);
        for (const cell of row) characters += typeof cell === "string" ? cell.length : 8;
        if (rows.length >= groupRowsMax || characters >= groupCharactersMax) await writeGroup();
      }
    },
    async finish() {
      if (rows.length > 0) await writeGroup();
      await writer.finish();
      await flush();
    },
  };
}

function schemaOf({ name, kind }: Column): SchemaElement {
  const optional = { name, repetition_type: "OPTIONAL" } as const;
  switch (kind) {
    case "text":
      return { ...optional, type: "BYTE_ARRAY", converted_type: "UTF8" };
    case "number":
      return { ...optional, type: "DOUBLE" };
    case "mixed":
      return { ...optional, type: "BYTE_ARRAY", converted_type: "JSON" };
    case "time":
      return { ...optional, type: "INT64", converted_type: "TIMESTAMP_MILLIS" };
  }
}

function sourceOf(
  { name, kind }: Column,
  rows: readonly (readonly Cell[])[],
  at: number,
): ColumnSource {
  const data =
    kind === "time"
      ? rows.map((row) => (row[at] === undefined ? undefined : new Date(row[at])))
      : rows.map((row) => row[at]);
  return { name, data, offsetIndex: false }; // of no use without statistics, and kept in memory until the end
}
