import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Event } from "./event.ts";
import { type EventBatch, type EventFile, type FileFormat, maxBatchEvents } from "./eventFile.ts";
import { openEventFile } from "./openEventFile.ts";

const clock = { now: () => 2_000_000_000_000 };
const inFileOrder = { clock, order: "file" } as const;
const inTimeOrder = { clock, order: "time" } as const;

/** Writes files into a new directory that goes away with the test; gives its path. */
function directoryOf(files: Readonly<Record<string, string | Buffer>>): string {
  const directory = mkdtempSync(join(tmpdir(), "foldback-event-file-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(directory, name), content);
  return directory;
}

async function batchesOf(file: EventFile): Promise<EventBatch[]> {
  const batches: EventBatch[] = [];
  for await (const batch of file.batches()) batches.push(batch);
  return batches;
}

async function eventsOf(file: EventFile): Promise<Event[]> {
  return (await batchesOf(file)).flatMap((batch) => batch.events);
}

const rating = (account: string, item: string, value: number, second: number): Event => ({
  type: "rate",
  time: second * 1000,
  account,
  item,
  value,
});
const itemSet = (
  item: string,
  second: number,
  context: Record<string, string | number>,
): Event => ({
  type: "item_set",
  time: second * 1000,
  item,
  context,
});

const latin1 = (text: string) => Buffer.from(text, "latin1");

describe("every format of ratings gives the same events, its catalogue first", () => {
  // Two ratings of one user and one of another, not in the order of time; two films.
  const formats: [FileFormat, Record<string, string | Buffer>][] = [
    [
      "double-colon",
      {
        "ratings.dat": "1::10::5::300\n1::20::4::100\n2::10::3::200\n",
        "movies.dat": "10::Amélie (2001)::Comedy|Romance\n20::Unknown Film::\n",
      },
    ],
    [
      "double-colon",
      {
        "ratings.dat": "1::10::5::300\n1::20::4::100\n2::10::3::200\n",
        "movies.dat": latin1("10::Amélie (2001)::Comedy|Romance\n20::Unknown Film::\n"),
      },
    ],
    [
      "movielens-tab",
      {
        "u.data": "1\t10\t5\t300\n1\t20\t4\t100\n2\t10\t3\t200\n",
        "u.item": latin1(
          `10|Amélie (2001)|01-Jan-2001||http://x|0|0|0|0|0|1|0|0|0|0|0|0|0|0|1|0|0|0|0\n20|Unknown Film|||${"|0".repeat(19)}\n`,
        ),
      },
    ],
    [
      "movielens-csv",
      {
        "ratings.csv":
          "userId,movieId,rating,timestamp\r\n1,10,5.0,300\r\n1,20,4.0,100\r\n2,10,3.0,200\r\n",
        "movies.csv":
          'movieId,title,genres\r\n10,"Amélie (2001)",Comedy|Romance\r\n20,Unknown Film,(no genres listed)\r\n',
      },
    ],
    [
      "recbole",
      {
        "ml.inter":
          "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t10\t5.0\t300.0\n1\t20\t4\t100\n2\t10\t3\t200\n",
        "ml.item":
          "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n10\tAmélie\t2001\tComedy Romance\n20\tUnknown Film\t\t\n",
      },
    ],
  ];

  test.each(formats)("%s", async (format, files) => {
    const directory = directoryOf(files);
    const file = await openEventFile(directory, inTimeOrder);
    expect(file.format).toBe(format);
    expect(await eventsOf(file)).toEqual([
      itemSet("10", 100, { title: "Amélie", released: 2001, categories: "Comedy|Romance" }),
      itemSet("20", 100, { title: "Unknown Film" }),
      rating("1", "20", 4, 100),
      rating("2", "10", 3, 200),
      rating("1", "10", 5, 300),
    ]);
    const unsorted = await eventsOf(await openEventFile(directory, inFileOrder));
    expect(unsorted.map((event) => event.time / 1000)).toEqual([300, 300, 300, 100, 200]);
  });
});

test("the shipped MovieTweetings ratings are read whole, in time order, file order within a second", async () => {
  const directory = fileURLToPath(new URL("../../data/movietweetings-100k", import.meta.url));
  const file = await openEventFile(directory, inTimeOrder);
  const batches = await batchesOf(file);
  expect(batches.flatMap((batch) => batch.refused)).toEqual([]);
  expect(Math.max(...batches.map((batch) => batch.events.length))).toBe(maxBatchEvents);
  expect(batches.at(-1)?.bytesRead).toBe(file.sizeBytes);

  const events = batches.flatMap((batch) => batch.events);
  const items = events.slice(0, 10_506);
  expect(new Set(items.map((event) => event.type))).toEqual(new Set(["item_set"]));
  expect(items[0].context).toEqual({
    title: "Fantômas - À l'ombre de la guillotine",
    released: 1913,
    categories: "Crime|Drama",
  });
  const ratings = events.slice(10_506);
  expect(ratings.length).toBe(100_000);
  expect(new Set(ratings.map((event) => event.account)).size).toBe(16_554);
  expect(items[0].time).toBe(ratings[0].time);

  // The oracle: the lines themselves, put by second into piles, the piles laid out by second.
  const piles = new Map<number, string[]>();
  for (const line of readFileSync(join(directory, "ratings.dat"), "utf8").trimEnd().split("\n")) {
    const second = Number(line.slice(line.lastIndexOf(":") + 1));
    piles.set(second, [...(piles.get(second) ?? []), line]);
  }
  const expected = [...piles.keys()]
    .sort((a, b) => a - b)
    .flatMap((second) => piles.get(second) ?? []);
  const written = ratings.map((e) => `${e.account}::${e.item}::${e.value}::${e.time / 1000}`);
  expect(written.join("\n") === expected.join("\n")).toBe(true);
});

describe("the format is told by", () => {
  test.each<[string, string, FileFormat]>([
    ["events.ndjson", "not json", "ndjson"],
    ["events.jsonl", "", "ndjson"],
    ["events.txt", '\ufeff\n {"type":"play"}', "ndjson"],
    ["events.txt", "", "ndjson"],
    ["events.csv", "account,item,when\n", "csv"],
    ["events.txt", 'account,"Time"\n', "csv"],
    ["any.csv", "userId,movieId,rating,timestamp\n", "movielens-csv"],
    ["any", "1::2::3.5::4\n", "double-colon"],
    ["any", "1\t2\t3\t4\r\n", "movielens-tab"],
    ["any", "user_id:token\titem_id:token\n", "recbole"],
    ["any.inter", "x", "recbole"],
    ["any", "PAR1...", "parquet"],
  ])("%s beginning with %j: %s", async (name, content, format) => {
    const directory = directoryOf({ [name]: content });
    expect((await openEventFile(join(directory, name), inFileOrder)).format).toBe(format);
  });

  test("what the caller says, before all else", async () => {
    const path = join(
      directoryOf({ "x.csv": '{"type":"like","time":5,"account":"a","item":"x"}' }),
      "x.csv",
    );
    const file = await openEventFile(path, { ...inFileOrder, format: "ndjson" });
    expect((await eventsOf(file)).length).toBe(1);
  });

  test.each<[string, Buffer | string]>([
    ["gzip", Buffer.from([0x1f, 0x8b, 8, 0])],
    ["zip", "PK\u0003\u0004"],
    ["zstandard", Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
    ["UTF-16", Buffer.from("\ufeff{}", "utf16le")],
    ["a JSON list", '[{"type":"play"}]'],
    ["prose", "Dear reader,"],
  ])("nothing where it is %s", async (_, content) => {
    const path = join(directoryOf({ "events.dat": content }), "events.dat");
    await expect(openEventFile(path, inFileOrder)).rejects.toMatchObject({
      code: "FILE_UNREADABLE",
      details: { file: path },
    });
  });
});

describe("a place that cannot be read is FILE_UNREADABLE", () => {
  test("because there is nothing", async () => {
    const path = join(directoryOf({}), "none.csv");
    await expect(openEventFile(path, inFileOrder)).rejects.toMatchObject({
      code: "FILE_UNREADABLE",
      details: { file: path },
      cause: { code: "ENOENT" },
    });
  });

  test("because the directory has no ratings, or two files of them", async () => {
    const none = directoryOf({ "movies.dat": "" });
    await expect(openEventFile(none, inFileOrder)).rejects.toMatchObject({
      code: "FILE_UNREADABLE",
    });
    const two = directoryOf({ "ratings.dat": "", "ratings.csv": "" });
    await expect(openEventFile(two, inFileOrder)).rejects.toMatchObject({
      code: "FILE_UNREADABLE",
      details: { came: "ratings.csv, ratings.dat" },
    });
  });

  test("because it went away after it was opened", async () => {
    const path = join(directoryOf({ "x.ndjson": "{}" }), "x.ndjson");
    const file = await openEventFile(path, inFileOrder);
    rmSync(path);
    await expect(eventsOf(file)).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
  });

  test("because its catalogue is broken", async () => {
    const directory = directoryOf({
      "x.inter": "user_id:token\titem_id:token\ttimestamp:float\n1\t2\t3\n",
      "x.item": "name:token\n2\n",
    });
    const file = await openEventFile(directory, inFileOrder);
    await expect(eventsOf(file)).rejects.toMatchObject({
      code: "FILE_UNREADABLE",
      details: { file: join(directory, "x.item") },
    });
  });
});

describe("a stream", () => {
  const like = '{"type":"like","time":5,"account":"a","item":"x"}\n';

  test("is NDJSON", async () => {
    const file = await openEventFile(Readable.from([Buffer.from(like)]), inFileOrder);
    expect(file).toMatchObject({ name: "-", format: "ndjson", sizeBytes: undefined });
    expect((await eventsOf(file)).length).toBe(1);
  });

  test("is any other format of text that the caller names, and never Parquet", async () => {
    const source = Readable.from(["1::10::5::300\n"]);
    const file = await openEventFile(source, { ...inTimeOrder, format: "double-colon" });
    expect(await eventsOf(file)).toEqual([rating("1", "10", 5, 300)]);
    await expect(
      openEventFile(Readable.from([]), { ...inFileOrder, format: "parquet" }),
    ).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
  });

  test("that is left early is closed, and one that fails says so", async () => {
    const source = Readable.from([Buffer.from(like), Buffer.from(like)]);
    for await (const _ of (await openEventFile(source, inFileOrder)).batches()) break;
    expect(source.destroyed).toBe(true);

    const failing = new Readable({ read: () => failing.destroy(new Error("unplugged")) });
    await expect(eventsOf(await openEventFile(failing, inFileOrder))).rejects.toMatchObject({
      code: "FILE_UNREADABLE",
      cause: { message: "unplugged" },
    });
  });
});

test("refusals of a catalogue name the catalogue", async () => {
  const directory = directoryOf({
    "ratings.dat": "1::10::5::300\n1::::5::300\n",
    "movies.dat": `10::Fine (2000)::Drama\n${"x".repeat(300)}::Long Id (2000)::Drama\n`,
  });
  const batches = await batchesOf(await openEventFile(directory, inFileOrder));
  const refused = batches.flatMap((batch) =>
    batch.refused.map(({ index, field }) => [batch.name, index, field]),
  );
  expect(refused).toEqual([
    [join(directory, "movies.dat"), 2, "item"],
    [join(directory, "ratings.dat"), 2, "item"],
  ]);
});
