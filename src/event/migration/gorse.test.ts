import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { directoryOf, readSource } from "../../testing/eventFiles.ts";
import { readGorseTime } from "./gorseTime.ts";
import { type OpenGorseOptions, openGorse } from "./openGorse.ts";

const now = Date.UTC(2024, 0, 1);
const clock = { now: () => now };
const time = Date.UTC(2021, 0, 2, 3, 4, 5);

async function read(
  files: Readonly<Record<string, string | Uint8Array>>,
  options: Omit<OpenGorseOptions, "clock"> = {},
) {
  const directory = directoryOf(files);
  const paths = Object.keys(files).map((name) => join(directory, name));
  const source = await openGorse(paths, { clock, ...options });
  const found = await readSource(source);
  expect(found.bytesRead).toBe(source.sizeBytes);
  return found;
}

const lines = (...records: readonly unknown[]) =>
  records.map((record) => `${JSON.stringify(record)}\n`).join("");

const liked = {
  FeedbackType: "like",
  UserId: "Zoë",
  ItemId: "1",
  Value: 0,
  Timestamp: "2021-01-02T03:04:05Z",
  Updated: "2021-01-02T03:04:05Z",
  Comment: "",
};
const described = {
  ItemId: "1",
  IsHidden: false,
  Categories: ["x", "y z"],
  Timestamp: "2020-07-02T00:00:00.000000001Z",
  Labels: { genre: ["comedy", "科幻"], year: 1999, owner: { name: "bob" }, adult: true },
  Comment: 'o,n,"e"',
};
const itemSet = {
  type: "item_set",
  time,
  item: "1",
  source: "gorse",
  context: {
    title: 'o,n,"e"',
    categories: "x|y z",
    released: 2020.5,
    genre: "comedy|科幻",
    year: 1999,
    "owner.name": "bob",
    adult: 1,
  },
};
const like = { type: "like", time, account: "Zoë", item: "1", source: "gorse" };

describe("every format of Gorse gives the same events, items first", () => {
  const crlf = (text: string) => text.replaceAll("\n", "\r\n");
  const items = lines(described);
  const feedback = lines(liked);
  // As the exports of version 0.4 print them: Go's own form of times, labels as JSON.
  const csvItems =
    "item_id,is_hidden,categories,time_stamp,labels,description\r\n" +
    "1,false,x|y z,2020-07-02 00:00:00.000000001 +0000 UTC," +
    `"${JSON.stringify(described.Labels).replaceAll('"', '""')}","o,n,""e"""\r\n`;
  const csvFeedback =
    "feedback_type,user_id,item_id,time_stamp\r\nlike,Zoë,1,2021-01-02 05:04:05 +0200 CEST\r\n";
  test.each<[string, Record<string, string | Uint8Array>]>([
    ["JSON lines", { "feedback.jsonl": feedback, "items.jsonl": items }],
    [
      "with Windows line ends and a byte order mark",
      { a: `\ufeff${crlf(items)}`, b: crlf(feedback) },
    ],
    ["in one file", { all: feedback + items }],
    ["replies of the API", { a: lines({ Cursor: "", Items: [described] }), b: lines([liked]) }],
    ["CSV", { "items.csv": csvItems, "feedback.csv": csvFeedback }],
    ["a backup", { "backup.bin": dumpOf({ valueField: 5 }) }],
    ["a backup from before feedback had a value", { "backup.bin": dumpOf({}) }],
  ])("%s", async (_, files) => {
    const { events, refused, leftOut } = await read(files);
    expect([refused, leftOut]).toEqual([[], {}]);
    expect(events).toEqual([itemSet, { ...like, id: expect.any(String) }]);
  });
});

test("a directory is its exports; one without any is told", async () => {
  const directory = directoryOf({
    "items.jsonl": lines(described),
    "feedback.jsonl": lines(liked),
  });
  const { events } = await readSource(await openGorse([directory], { clock }));
  expect(events.map(({ type }) => type)).toEqual(["item_set", "like"]);
  await expect(openGorse([directoryOf({ "x.txt": "" })], { clock })).rejects.toMatchObject({
    code: "FILE_UNREADABLE",
    details: { came: "a directory without users.jsonl, items.jsonl, feedback.jsonl" },
  });
});

test("ids are a function of the line: not of its place, not of the order of its fields", async () => {
  const other = { ...liked, UserId: "b" };
  const swapped = Object.fromEntries(Object.entries(liked).reverse());
  const idsOf = async (...records: unknown[]) =>
    new Map((await read({ a: lines(...records) })).events.map(({ id, account }) => [account, id]));
  const first = await idsOf(liked, other);
  expect(new Set(first.values()).size).toBe(2);
  expect(await idsOf(other, swapped)).toEqual(first);
  expect(await idsOf({ ...liked, Timestamp: "2021-01-02T03:04:06Z" })).not.toEqual(
    await idsOf(liked),
  );
});

describe("feedback types", () => {
  const typesOf = async (options: Omit<OpenGorseOptions, "clock">, ...types: string[]) => {
    const found = await read(
      { a: lines(...types.map((t) => ({ ...liked, FeedbackType: t }))) },
      options,
    );
    return { ...found, types: found.events.map(({ type }) => type) };
  };

  test("have the event type of their name, or the one that is usual, or the one that is given", async () => {
    expect((await typesOf({}, "like", "LIKE", "read", "star")).types).toEqual([
      "like",
      "like",
      "impression",
      "save",
    ]);
    const types = { star: "follow", like: "skip" };
    expect((await typesOf({ types }, "like", "star")).types).toEqual(["skip", "follow"]);
    const extraTypes = new Set(["hum", "star"]);
    expect((await typesOf({ extraTypes }, "hum", "star")).types).toEqual(["hum", "star"]);
  });

  test("that have none are counted by name", async () => {
    const { types, leftOut } = await typesOf({}, "nod", "like", "nod", "toString");
    expect(types).toEqual(["like"]);
    expect(leftOut).toEqual({
      "feedback of type nod, which no event type is named for": 2,
      "feedback of type toString, which no event type is named for": 1,
    });
  });
});

test("values and comments are kept; 0 is no value, but of a rating", async () => {
  const { events } = await read({
    a: lines(
      { ...liked, Value: 2.5, Comment: "é" },
      { ...liked, FeedbackType: "rate" },
      { ...liked, FeedbackType: "share" },
    ),
  });
  expect(events.map(({ value, context }) => [value, context?.["comment"]])).toEqual([
    [2.5, "é"],
    [0, undefined],
    [undefined, undefined],
  ]);
});

test("feedback without a time is refused, or has the one that is given", async () => {
  const records = lines(
    { ...liked, Timestamp: "0001-01-01T00:00:00Z" },
    { ...liked, Timestamp: "" },
  );
  const { refused } = await read({ a: records });
  expect(refused.map(({ index, field }) => [index, field])).toEqual([
    [1, "Timestamp"],
    [2, "Timestamp"],
  ]);
  const { events } = await read({ a: records }, { time: 5000 });
  expect(events.map((event) => event.time)).toEqual([5000, 5000]);
});

test("what is no record is refused by file and line, and costs no other", async () => {
  const { events, refused } = await read({
    "a.jsonl": `${lines(liked)}{"FeedbackType":\n\n7\n${lines(
      { UserId: "a", ItemId: "b" },
      { ...liked, ItemId: "" },
      { ...liked, FeedbackType: 7 },
      { ...liked, Timestamp: "soon" },
      { ...liked, Value: "x" },
    )}`,
    "b.jsonl": lines({ ItemId: 7 }),
  });
  expect(events).toHaveLength(1);
  expect(refused.map(({ file, index, field, came }) => [file, index, field, came])).toEqual([
    ["a.jsonl", 2, "line", '"{\\"FeedbackType\\":"'],
    ["a.jsonl", 4, "line", "7"],
    ["a.jsonl", 5, "line", "an object with UserId, ItemId"],
    ["a.jsonl", 6, "ItemId", '""'],
    ["a.jsonl", 7, "FeedbackType", "7"],
    ["a.jsonl", 8, "Timestamp", '"soon"'],
    ["a.jsonl", 9, "Value", '"x"'],
    ["b.jsonl", 1, "ItemId", "7"],
  ]);
});

test("what no event says is counted by reason", async () => {
  const { events, leftOut } = await read({
    a: lines(
      { UserId: "1", Labels: { vector: [1, 2] }, Comment: "x".repeat(2049) },
      { ItemId: "1", Labels: { vector: [0.5, 1], tags: ["a|b", "c", 7, ""], deep: null } },
      { ItemId: "2", Categories: ["a|b"], Timestamp: "soon", Comment: "x".repeat(2049) },
      { ItemId: "1", Labels: ["k", "l"] },
    ),
  });
  expect(leftOut).toEqual({
    "Labels.vector: a list of numbers": 2,
    "Comment of a user that is no text of at most 2,048 characters, and no number": 1,
    "Labels.tags: a part that is no text, is empty, or has | in it": 3,
    "Categories: a part that is no text, is empty, or has | in it": 1,
    "Timestamp of an item that is no time": 1,
    "Comment of an item that is no text of at most 2,048 characters, and no number": 1,
    "an item that is described again further down": 1,
  });
  expect(events.map(({ item, context }) => [item, context])).toEqual([
    [undefined, undefined], // the user
    ["1", { keywords: "k|l" }],
    ["2", undefined],
  ]);
});

test("users become accounts with properties, at the time of the first feedback, each with an id of its own", async () => {
  const Labels = { job: "x", hidden: true, home: { zip: "007" }, tags: ["a", "b"] };
  const { events, leftOut, refused } = await read({
    "users.jsonl": lines(
      { UserId: "1", Labels, Comment: "C", Subscribe: ["s", "t"] },
      { UserId: "2", Labels: ["k", "l"], Comment: "" },
      { UserId: "" },
      { UserId: "1", Labels: { job: "y" } },
    ),
    "feedback.jsonl": lines(liked),
  });
  const described = events.filter(({ type }) => type === "account_set");
  expect(described).toMatchObject([
    { account: "1", context: { job: "y" } },
    { account: "2", context: { labels: "k|l" } },
  ]);
  expect(described.map(({ time }) => time)).toEqual(events.slice(-2).map(({ time }) => time));
  expect(new Set(described.map(({ id }) => id)).size).toBe(2);
  expect(refused).toMatchObject([{ index: 3, field: "UserId", came: '""' }]);
  expect(leftOut).toEqual({ "an account that is described again further down": 1 });
  const first = await read({ a: lines({ UserId: "1", Labels, Comment: "C", Subscribe: ["s"] }) });
  expect(first.events).toMatchObject([
    {
      context: {
        comment: "C",
        subscribe: "s",
        job: "x",
        hidden: 1,
        "home.zip": "007",
        tags: "a|b",
      },
    },
  ]);
});

test("a label can't decide by its name whether an item is recommended; the artist has a field", async () => {
  const Labels = { hidden: 1, deleted: 1, from: 9, until: 1, categories: "c", artist: "ABBA" };
  const { events } = await read({
    a: lines({ ItemId: "1", IsHidden: true, Labels }, { ItemId: "2", Labels: { artist: 7 } }),
  });
  expect(events).toMatchObject([
    {
      artist: "ABBA",
      context: {
        hidden: 1,
        "labels.hidden": 1,
        "labels.deleted": 1,
        "labels.from": 9,
        "labels.until": 1,
        "labels.categories": "c",
      },
    },
    { context: { "labels.artist": 7 } },
  ]);
});

test("more labels than an item may have are counted; the others are kept", async () => {
  const Labels = Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`l${i}`, i]));
  const { events, leftOut } = await read({ a: lines({ ItemId: "1", Comment: "t", Labels }) });
  expect(Object.keys(events[0].context ?? {})).toHaveLength(64);
  expect(leftOut).toEqual({ "a label beyond 64 properties of an item": 7 });
});

test("items alone are described at the earliest of their times", async () => {
  const { events } = await read({
    a: lines(described, { ItemId: "2", Timestamp: "2019-01-01T00:00:00Z" }, { ItemId: "3" }),
  });
  expect(new Set(events.map((event) => event.time))).toEqual(new Set([Date.UTC(2019, 0, 1)]));
});

test("empty files have nothing, and that is no mistake", async () => {
  const none = { events: [], refused: [], leftOut: {}, bytesRead: 0 };
  expect(await read({ "items.jsonl": "", "feedback.jsonl": "" })).toEqual(none);
  expect((await read({ a: "feedback_type,user_id,item_id,time_stamp\r\n" })).events).toEqual([]);
});

test.each<[string, string | Uint8Array, string]>([
  ["packed", Buffer.from([0x1f, 0x8b, 8]), "gzip"],
  ["nothing of Gorse's", "hello\n", 'a first line "hello"'],
  ["CSV of other columns", "item_id,colour\n", 'a column "colour" in row 1'],
  ["a backup without its end", dumpOf({}).subarray(0, -60), "an end after 1 records"],
  ["a backup with a strange length", Buffer.concat([int64(-1n), int64(-7n)]), "-7 at byte 8"],
  [
    "a backup with a huge length",
    Buffer.concat([int64(-1n), int64(1n << 40n)]),
    "1099511627776 at byte 8",
  ],
])("what is %s is told", async (_, content, came) => {
  await expect(read({ x: content })).rejects.toMatchObject({
    code: "FILE_UNREADABLE",
    details: { came },
  });
});

test("a backup of many chunks is read whole", async () => {
  const count = 20_000; // 0.7 MB
  const message = framed(feedbackMessage({ valueField: 5, value: 3, comment: "ok" }));
  const dump = Buffer.concat([int64(-3n), ...Array<Buffer>(count).fill(message), int64(0n)]);
  const { events, refused } = await read({ x: dump });
  expect([events.length, refused.length]).toEqual([count, 0]);
  expect(new Set(events.map(({ id }) => id)).size).toBe(1);
});

test("of a backup a message that is none is refused by its number; the others are taken", async () => {
  const bad = Buffer.from("0b", "hex");
  const dump = Buffer.concat([int64(-3n), framed(bad), framed(feedbackMessage({})), int64(0n)]);
  const { events, refused } = await read({ x: dump });
  expect(events).toHaveLength(1);
  expect(refused).toMatchObject([{ index: 1, field: "message" }]);
});

test("the value of feedback is found in a backup, whatever its field's number; so are comments", async () => {
  for (const valueField of [5, 7]) {
    const message = feedbackMessage({ valueField, value: 2.5, comment: "ok" });
    const dump = Buffer.concat([int64(-3n), framed(message), int64(0n)]);
    const { events } = await read({ x: dump });
    expect(events).toMatchObject([{ type: "like", time, value: 2.5, context: { comment: "ok" } }]);
  }
});

test.each<[unknown, number | undefined]>([
  [undefined, undefined],
  [null, undefined],
  ["", undefined],
  ["0001-01-01T00:00:00Z", undefined],
  ["0001-01-01 00:00:00 +0000 UTC", undefined],
  ["2021-01-02T03:04:05Z", time],
  ["2021-01-02T05:04:05.5+02:00", time + 500],
  ["2021-01-02 03:04:05.000000001 +0000 UTC", time],
  ["2021-01-02 03:04:05 +0000 +0000", time],
  ["2021-01-02 03:04:05 +0000 UTC m=+0.5", time],
  ["2021-01-02 03:04:05", time],
  ["2021-01-02", Date.UTC(2021, 0, 2)],
  ["1609556645", 1_609_556_645_000],
  ["1609556645123", 1_609_556_645_123],
  [1_609_556_645, 1_609_556_645_000],
  ["2021-13-02", Number.NaN],
  ["soon", Number.NaN],
  [true, Number.NaN],
])("the time %o is %o", (came, expected) => {
  expect(readGorseTime(came)).toBe(expected);
});

// The other side of the format, by hand: what Gorse's own server writes.

function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return bytes;
}

function framed(message: Buffer): Buffer {
  return Buffer.concat([int64(BigInt(message.length)), message]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return Buffer.from([...bytes, rest]);
}

function bytesField(number: number, content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

function doubleField(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([varint(number * 8 + 1), bytes]);
}

function timestamp(ms: number, nanos = 0): Buffer {
  const seconds = Buffer.concat([varint(8), varint(ms / 1000)]);
  return nanos === 0 ? seconds : Buffer.concat([seconds, varint(16), varint(nanos)]);
}

/** Fields by number, as protobuf writes them; those that are empty or 0 are not written. */
function feedbackMessage(options: {
  readonly valueField?: number;
  readonly value?: number;
  readonly comment?: string;
}): Buffer {
  const { valueField, value = 0, comment = "" } = options;
  const timeField = valueField === 5 ? 6 : 5;
  return Buffer.concat([
    bytesField(2, "like"),
    bytesField(3, "Zoë"),
    bytesField(4, "1"),
    value === 0 || valueField !== 5 ? Buffer.alloc(0) : doubleField(5, value),
    bytesField(timeField, timestamp(time)),
    comment === "" ? Buffer.alloc(0) : bytesField(valueField === 5 ? 8 : 6, comment),
    value === 0 || valueField !== 7 ? Buffer.alloc(0) : doubleField(7, value),
  ]);
}

function dumpOf(options: { readonly valueField?: number }): Buffer {
  const item = Buffer.concat([
    bytesField(2, described.ItemId),
    ...described.Categories.map((category) => bytesField(4, category)),
    bytesField(5, timestamp(Date.UTC(2020, 6, 2), 1)),
    bytesField(6, JSON.stringify(described.Labels)),
    bytesField(7, described.Comment),
  ]);
  const report = '{"Users":0,"Items":1,"Feedback":1,"Duration":1}\n';
  return Buffer.concat([
    int64(-1n),
    int64(-2n),
    framed(item),
    int64(-3n),
    framed(feedbackMessage(options)),
    int64(0n),
    Buffer.from(report),
  ]);
}
