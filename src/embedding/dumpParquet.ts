/** The ids of a table as Parquet: a row group for each batch of them. */
import { ByteWriter, type ColumnSource, ParquetWriter, type SchemaElement } from "hyparquet-writer";
import type { Entry } from "./tableTypes.ts";

/** Writes at the end of the file; resolves when the bytes may be used again. */
export type Append = (bytes: Uint8Array) => Promise<void>;

/** Of a row group; what the writer keeps of them while it encodes is some 50 bytes each. */
const groupFloatsMax = 524_288;
const groupLengthMax = 16_384;

const schema: SchemaElement[] = [
  { name: "id", num_children: 11 },
  { name: "key", type: "INT64", converted_type: "UINT_64", repetition_type: "REQUIRED" },
  { name: "state", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "REQUIRED" },
  { name: "seenSeconds", type: "INT32", converted_type: "UINT_32", repetition_type: "REQUIRED" },
  whole("count"),
  whole("row"),
  whole("stepCount"),
  float("weight"),
  list("vector", "OPTIONAL"),
  { name: "list", repetition_type: "REPEATED", num_children: 1 },
  { name: "element", type: "FLOAT", repetition_type: "REQUIRED" },
  list("vectorState", "OPTIONAL"),
  { name: "list", repetition_type: "REPEATED", num_children: 1 },
  list("element", "REQUIRED"),
  { name: "list", repetition_type: "REPEATED", num_children: 1 },
  { name: "element", type: "FLOAT", repetition_type: "REQUIRED" },
  float("ftrlZ"),
  float("ftrlN"),
];

/** Ids to a row group of a table of this dim: with vectors and the states of Adam. */
export function parquetBatchLength(dim: number): number {
  return Math.min(groupLengthMax, Math.ceil(groupFloatsMax / (3 * Math.max(dim, 1))));
}

export function parquetEncoder(append: Append): {
  write(entries: readonly Entry[]): Promise<void>;
  finish(): Promise<void>;
} {
  const bytes = new ByteWriter();
  const flush = async (): Promise<void> => {
    await append(bytes.getBytes());
    bytes.index = 0; // `offset`, which the footer tells of, goes on
  };
  const writer = new ParquetWriter({ writer: bytes, schema, statistics: false });
  return {
    async write(entries) {
      await writer.write({ columnData: columnsOf(entries), rowGroupSize: entries.length });
      await flush();
    },
    async finish() {
      await writer.finish();
      await flush();
    },
  };
}

function columnsOf(entries: readonly Entry[]): ColumnSource[] {
  const column = (name: string, valueOf: (entry: Entry) => unknown): ColumnSource => ({
    name,
    data: entries.map(valueOf),
    // A dictionary would take -0 for 0; and floats that were learned seldom come twice.
    encoding: "PLAIN",
    offsetIndex: false, // of no use without statistics, and kept in memory until the end
  });
  const ofAdmitted = (name: string, valueOf: (entry: Admitted) => unknown): ColumnSource =>
    column(name, (entry) => (entry.state === "admitted" ? valueOf(entry) : undefined));
  return [
    column("key", ({ key }) => key),
    column("state", ({ state }) => state),
    column("seenSeconds", ({ seenSeconds }) => seenSeconds),
    column("count", (entry) => (entry.state === "pending" ? entry.count : undefined)),
    ofAdmitted("row", ({ row }) => row),
    ofAdmitted("stepCount", ({ stepCount }) => stepCount),
    ofAdmitted("weight", ({ weight }) => weight),
    ofAdmitted("vector", ({ vector }) => Array.from(vector)),
    ofAdmitted("vectorState", ({ vectorState }) => vectorState.map((one) => Array.from(one))),
    ofAdmitted("ftrlZ", ({ ftrlZ }) => ftrlZ),
    ofAdmitted("ftrlN", ({ ftrlN }) => ftrlN),
  ];
}

type Admitted = Extract<Entry, { state: "admitted" }>;

function whole(name: string): SchemaElement {
  return { name, type: "INT32", converted_type: "UINT_32", repetition_type: "OPTIONAL" };
}

function float(name: string): SchemaElement {
  return { name, type: "FLOAT", repetition_type: "OPTIONAL" };
}

function list(name: string, repetition: "OPTIONAL" | "REQUIRED"): SchemaElement {
  return { name, converted_type: "LIST", repetition_type: repetition, num_children: 1 };
}
