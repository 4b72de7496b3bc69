import { join } from "node:path";
import { Readable } from "node:stream";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, test } from "vitest";
import { directoryOf, readSource } from "../testing/eventFiles.ts";
import { openDescriptionFile } from "./descriptionFile.ts";
import type { TableFormat } from "./table.ts";

const time = 5000;

async function read(name: string, content: string | Uint8Array, format?: TableFormat) {
  const path = join(directoryOf({ [name]: content }), name);
  const source = await openDescriptionFile(path, {
    kind: "item",
    time,
    ...(format === undefined ? {} : { format }),
  });
  return readSource(source);
}

const item = (name: string, context: object = {}, artist?: string) => ({
  type: "item_set",
  time,
  item: name,
  ...(artist === undefined ? {} : { artist }),
  ...(Object.keys(context).length === 0 ? {} : { context }),
});

const expected = [
  item("7", { title: "007", categories: "Crime|Drama", price: 1.5, code: "007" }, "Zoë & co"),
  item("b", { title: 'a "b", c\nd' }),
  item("c"),
];

const csv =
  '\ufeffitem,title,artist,categories,price,code\r\n7,007,Zoë & co,Crime|Drama,1.50,007\r\n\r\nb,"a ""b"", c\nd",,,,\r\nc,,,,,\r\n';
const flat = [
  {
    item: "7",
    title: "007",
    artist: "Zoë & co",
    categories: ["Crime", "Drama"],
    price: 1.5,
    code: "007",
  },
  { item: "b", title: 'a "b", c\nd', price: null },
  { item: "c", keywords: [] },
];
const bulk = flat.map(({ item: name, ...properties }) => ({
  item: name,
  properties,
  firstSeen: 1,
}));
const lines = (records: readonly object[]) =>
  records.map((record) => `${JSON.stringify(record)}\r\n`).join("\n");

function parquet(): Uint8Array {
  const bytes = parquetWriteBuffer({
    columnData: [
      { name: "item", data: ["7", "b", "c"], type: "STRING" },
      { name: "title", data: flat.map(({ title }) => title), type: "STRING" },
      { name: "artist", data: ["Zoë & co", undefined, undefined], type: "STRING" },
      { name: "categories", data: [["Crime", "Drama"], undefined, undefined], type: "JSON" },
      { name: "price", data: [1.5, undefined, undefined], type: "DOUBLE" },
      { name: "code", data: ["007", undefined, undefined], type: "STRING" },
    ],
  });
  return new Uint8Array(bytes);
}

describe("every format gives the same items, in the order of the file", () => {
  test.each<[string, string, string | Uint8Array]>([
    ["CSV", "x.csv", csv],
    ["NDJSON", "x.ndjson", lines(flat)],
    ["NDJSON as the HTTP API has it", "x.jsonl", lines(bulk)],
    ["NDJSON by its beginning", "x", lines(flat)],
    ["Parquet", "x.parquet", parquet()],
    ["Parquet by its beginning", "x", parquet()],
  ])("%s", async (_, name, content) => {
    const { events, refused, leftOut } = await read(name, content);
    expect([refused, leftOut]).toEqual([[], {}]);
    expect(events).toEqual(expected);
  });

  test("a stream is NDJSON, or what is said", async () => {
    const ndjson = await openDescriptionFile(Readable.from([lines(flat)]), { kind: "item", time });
    expect((await readSource(ndjson)).events).toEqual(expected);
    const table = await openDescriptionFile(Readable.from([csv]), {
      kind: "item",
      time,
      format: "csv",
    });
    expect((await readSource(table)).events).toEqual(expected);
    await expect(
      openDescriptionFile(Readable.from([""]), { kind: "item", time, format: "parquet" }),
    ).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
  });
});

test("numbers, dates, truth values and ids of Parquet are read as what they mean", async () => {
  const bytes = parquetWriteBuffer({
    columnData: [
      { name: "item", data: [7n, 8n], type: "INT64" },
      { name: "until", data: [new Date(9000), new Date(10_000)], type: "TIMESTAMP" },
      { name: "big", data: [1n, 2n ** 60n], type: "INT64" },
      { name: "hidden", data: [true, false], type: "BOOLEAN" },
    ],
  });
  const { events } = await read("x.parquet", new Uint8Array(bytes));
  expect(events).toEqual([
    item("7", { until: 9000, big: 1, hidden: 1 }),
    item("8", { until: 10_000, big: "1152921504606846976", hidden: 0 }),
  ]);
});

test("a property may have the name of a column that is taken", async () => {
  const { events } = await read("x.csv", "item,properties.item,properties.properties.x\na,b,c\n");
  expect(events).toEqual([item("a", { item: "b", "properties.x": "c" })]);
});

test("of an item that comes several times the last counts, at its first place; that is told", async () => {
  const { events, leftOut } = await read("x.csv", "item,n\na,1\nb,2\na,3\n");
  expect(events).toEqual([item("a", { n: 3 }), item("b", { n: 2 })]);
  expect(leftOut).toEqual({ "an item that is described again further down": 1 });
});

test("a bad row is refused by its number and field, and costs no other", async () => {
  const { events, refused } = await read(
    "x.ndjson",
    `{"item":"a","n":[1]}\n{"item":7}\n{"n":1}\n7\n{"item"\n{"item":"b","properties":{"n":1},"title":"t"}\n${lines([{ item: "c" }])}{"item":"d","tags":["a|b"]}\n`,
  );
  expect(events).toEqual([item("c")]);
  expect(refused.map(({ index, field, came }) => [index, field, came])).toEqual([
    [1, "n", "a list of 1"],
    [2, "item", "7"],
    [3, "item", "nothing"],
    [4, "line", "7"],
    [5, "line", '"{\\"item\\""'],
    [6, "title", '"t"'],
    [8, "tags", "a list of 1"],
  ]);
  const table = await read("x.csv", "item,n\na\nb,1\n,2\n");
  expect(table.events).toEqual([item("b", { n: 1 })]);
  expect(table.refused.map(({ index, field }) => [index, field])).toEqual([
    [2, "row"],
    [4, "item"],
  ]);
});

test("a quote that is never closed is told by its row", async () => {
  await expect(read("x.csv", 'item\n"a\n')).rejects.toMatchObject({
    code: "FILE_UNREADABLE",
    details: { came: expect.stringContaining("a row 2 that does not end") },
  });
});

test("an empty file has no items where it needs no header", async () => {
  expect((await read("x.ndjson", "")).events).toEqual([]);
  expect((await read("x.csv", "item\n")).events).toEqual([]);
});

test.each<[string, string, string]>([
  ["x.csv", "title\nx\n", "the columns title"],
  ["x.csv", "", "no rows"],
  ["x.csv", "item,a,a\n", 'two columns "a"'],
  ["x.txt", "hello\n", 'a first line "hello"'],
])("what is no file of items is told: %s with %j", async (name, content, came) => {
  await expect(read(name, content)).rejects.toMatchObject({
    code: "FILE_UNREADABLE",
    details: { came },
  });
});
