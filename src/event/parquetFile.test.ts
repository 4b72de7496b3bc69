import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { Event } from "./event.ts";
import { readParquet } from "./parquetFile.ts";
import type { Refusal } from "./refusal.ts";

// Written by pyarrow, so not by a relative of the reader: events.parquet in row groups of two, zstd,
// with a dictionary column, nulls, INT64 ids, microsecond timestamps and a struct; the other two snappy.
const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const options = { clock: { now: () => 2_000_000_000_000 }, order: "file" } as const;

async function read(
  name: string,
): Promise<{ events: Event[]; refused: Refusal[]; bytes: number[] }> {
  const events: Event[] = [];
  const refused: Refusal[] = [];
  const bytes: number[] = [];
  for await (const batch of readParquet(fixture(name), options)) {
    events.push(...batch.events);
    refused.push(...batch.refused);
    bytes.push(batch.bytesRead);
  }
  return { events, refused, bytes };
}

test("rows of every row group become events, with ids to the last digit", async () => {
  const { events } = await read("events.parquet");
  expect(events).toEqual([
    {
      type: "rate",
      time: 1_365_029_107_123,
      account: "9007199254740993",
      item: "tt1",
      position: 0,
      value: 7.5,
      ad: { channel: "search", cost: 0.25 },
      context: { plays: 12 },
    },
    { type: "rate", time: 1_365_029_108_123, account: "2", item: "tt2", value: 8 },
    { type: "access", time: 1_365_029_110_123, session: "s4", item: "x" },
  ]);
});

test("a bad row is refused by its number over all row groups", async () => {
  const { refused, bytes } = await read("events.parquet");
  expect(refused).toMatchObject([
    { index: 3, field: "item", came: "nothing" },
    { index: 5, field: "value", came: "NaN" },
  ]);
  expect(bytes.length).toBe(3);
  expect(bytes[2]).toBeGreaterThan(bytes[0]);
});

test("plain numbers are seconds or milliseconds by their size", async () => {
  const { events } = await read("plain-times.parquet");
  expect(events.map((event) => event.time)).toEqual([1_365_029_107_000, 1_365_029_108_123]);
});

test("an unknown column, a file that is no Parquet, and no file are FILE_UNREADABLE", async () => {
  await expect(read("unknown-column.parquet")).rejects.toMatchObject({
    code: "FILE_UNREADABLE",
    details: { came: 'a column "stars"' },
  });
  await expect(read("../parquetFile.test.ts")).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
  await expect(read("none.parquet")).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
});
