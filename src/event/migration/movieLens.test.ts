import { describe, expect, test } from "vitest";
import { directoryOf, readSource } from "../../testing/eventFiles.ts";
import { openMovieLens } from "./openMovieLens.ts";

const clock = { now: () => 2_000_000_000_000 };

async function read(files: Readonly<Record<string, string | Uint8Array>>) {
  const source = await openMovieLens(directoryOf(files), { clock });
  const found = await readSource(source);
  expect(found.bytesRead).toBe(source.sizeBytes);
  const events = found.events.map(({ id, source: from, ...event }) => {
    expect(from).toBe("movielens");
    expect(id === undefined).toBe(event.type === "item_set");
    return event;
  });
  return { ...found, ids: found.events.map(({ id }) => id), events, ...source };
}

const latin1 = (text: string) => Buffer.from(text, "latin1");

const film = (item: string, context: Readonly<Record<string, string | number>>) => ({
  type: "item_set",
  time: 100_000,
  item,
  context,
});
const rating = (account: string, item: string, value: number, second: number) => ({
  type: "rate",
  time: second * 1000,
  account,
  item,
  value,
});
const tag = (account: string, item: string, text: string, second: number) => ({
  type: "comment",
  time: second * 1000,
  account,
  item,
  context: { tag: text },
});

const films = [
  film("10", { title: "Amélie", released: 2001, categories: "Comedy|Romance" }),
  film("20", { title: 'The "Unknown", Film' }),
];
const user = (account: string, context: object) => ({
  type: "account_set",
  time: 100_000,
  account,
  context,
});
const ratings = [rating("1", "20", 4, 100), rating("2", "10", 3.5, 200), rating("1", "10", 5, 300)];

const csv = {
  "ratings.csv":
    "userId,movieId,rating,timestamp\r\n1,10,5.0,300\r\n1,20,4.0,100\r\n2,10,3.5,200\r\n",
  "movies.csv":
    'movieId,title,genres\r\n10,Amélie (2001),Comedy|Romance\r\n20,"The ""Unknown"", Film",(no genres listed)\r\n',
  "tags.csv":
    'userId,movieId,tag,timestamp\r\n1,10,"so, ""French"" | naïve",250\r\n2,20,007,150\r\n2,20,1984,160\r\n',
  "links.csv": "movieId,imdbId,tmdbId\r\n10,0211915,194\r\n20,0000001,\r\n",
};
const dat = {
  "ratings.dat": "1::10::5::300\n1::20::4::100\n2::10::3.5::200\n",
  "movies.dat": latin1('10::Amélie (2001)::Comedy|Romance\n20::The "Unknown", Film::\n'),
};
const u = {
  "u.data": "1\t10\t5\t300\n1\t20\t4\t100\n2\t10\t3.5\t200\n",
  "u.item": latin1(
    `10|Amélie (2001)|01-Jan-2001||http://x|0|0|0|0|0|1|0|0|0|0|0|0|0|0|1|0|0|0|0\n20|The "Unknown", Film|||${"|0".repeat(19)}\n`,
  ),
};

describe("every layout gives the same films and ratings, films first, ratings by time", () => {
  test("20M, 25M, latest: with tags as comments, and links as properties", async () => {
    const found = await read(csv);
    expect(found.events).toEqual([
      film("10", { ...films[0].context, imdbId: "0211915", tmdbId: "194" }),
      film("20", { ...films[1].context, imdbId: "0000001" }),
      ratings[0],
      tag("2", "20", "007", 150),
      tag("2", "20", "1984", 160),
      ratings[1],
      tag("1", "10", 'so, "French" | naïve', 250),
      ratings[2],
    ]);
    expect([found.layout, found.missing]).toEqual(["20M, 25M, 32M, latest", []]);
    expect([found.refused, found.leftOut]).toEqual([[], {}]);
  });

  test("1M, 10M: tags where there are any, users as accounts", async () => {
    const found = await read({
      ...dat,
      "tags.dat": "1::10::1.50::250\n",
      "users.dat": "1::F::1::10::48067\n2::M::56::16::70072",
    });
    expect(found.events).toEqual([
      ...films,
      user("1", { age: 1, occupation: "K-12 student", gender: "F", zip: "48067" }),
      user("2", { age: 56, occupation: "self-employed", gender: "M", zip: "70072" }),
      ...ratings.slice(0, 2),
      tag("1", "10", "1.50", 250),
      ratings[2],
    ]);
    expect(found.leftOut).toEqual({});
    expect([found.layout, found.missing]).toEqual(["1M, 10M", []]);
  });

  test("100K", async () => {
    const found = await read({
      ...u,
      "u.user": "1|24|M|technician|05711\n\n2|x|F||V1\n3|24\n|1|F|x|1\n1|25|M|other|1\n",
    });
    expect(found.events).toEqual([
      ...films,
      user("1", { age: 25, occupation: "other", gender: "M", zip: "1" }),
      user("2", { age: "x", gender: "F", zip: "V1" }),
      ...ratings,
    ]);
    expect(found.refused.map(({ index, field }) => [index, field])).toEqual([
      [4, "row"],
      [5, "account"],
    ]);
    expect(found.leftOut).toEqual({ "an account that is described again further down": 1 });
    expect([found.layout, found.missing]).toEqual(["100K", []]);
  });

  test("with Windows line ends", async () => {
    const files = { "ratings.dat": dat["ratings.dat"].replaceAll("\n", "\r\n") };
    expect((await read(files)).events).toEqual(ratings);
  });
});

test("the same rating has the same id in every layout; no two have the same", async () => {
  const [a, b, c] = [
    await read({ "ratings.csv": csv["ratings.csv"] }),
    await read(dat),
    await read(u),
  ];
  expect(a.ids).toEqual(b.ids.slice(2));
  expect(b.ids).toEqual(c.ids);
  expect(new Set(a.ids).size).toBe(3);
});

test("what is missing is told", async () => {
  const { missing, events } = await read({ "ratings.csv": csv["ratings.csv"] });
  expect(events).toEqual(ratings);
  expect(missing.map(({ file }) => file)).toEqual(["movies.csv", "tags.csv", "links.csv"]);
  expect((await read({ "u.data": u["u.data"] })).missing).toEqual([
    { file: "u.item", lacks: "titles, years and genres" },
  ]);
});

test("the tag genome is counted, not read", async () => {
  const { leftOut } = await read({
    ...csv,
    "genome-scores.csv": "movieId,tagId,relevance\n1,1,0.02\n1,2,0.03\n",
    "genome-tags.csv": "tagId,tag\n",
  });
  expect(leftOut).toEqual({ "genome-scores.csv: a score of the tag genome": 2 });
});

test("a broken row is refused by its file and row, and costs no other", async () => {
  const { events, refused } = await read({
    "ratings.csv": `${csv["ratings.csv"]}1,10\r\n1,10,five,400\r\n,10,5,400\r\n`,
    "tags.csv": "userId,movieId,tag,timestamp\n1,10,,9\n1,,x,10\n",
    "links.csv": "movieId,imdbId,tmdbId\n10\n",
    "movies.csv": `movieId,title,genres\n${"x".repeat(257)},t,\n30,a, b,\n\n,t,\n`,
  });
  expect(events).toEqual([{ type: "comment", time: 9000, account: "1", item: "10" }, ...ratings]);
  expect(refused.map(({ file, index, field }) => [file, index, field])).toEqual([
    ["links.csv", 2, "row"],
    ["movies.csv", 3, "row"],
    ["movies.csv", 2, "item"],
    ["movies.csv", 5, "item"],
    ["ratings.csv", 5, "row"],
    ["ratings.csv", 6, "value"],
    ["ratings.csv", 7, "account"],
    ["tags.csv", 3, "item"],
  ]);
});

test("ratings without a row are no mistake where the layout needs no header", async () => {
  expect((await read({ "ratings.dat": "" })).events).toEqual([]);
  expect((await read({ "ratings.csv": "userId,movieId,rating,timestamp\n" })).events).toEqual([]);
});

test.each<[string, Record<string, string>, string]>([
  ["no ratings", { "movies.csv": "x" }, "a directory without ratings"],
  ["two layouts", { "u.data": "", "ratings.dat": "" }, "a directory with ratings.dat and u.data"],
])("a directory with %s is told", async (_, files, came) => {
  await expect(read(files)).rejects.toMatchObject({ code: "FILE_UNREADABLE", details: { came } });
});

test.each<[string, Record<string, string>, string]>([
  ["another header", { "ratings.csv": "user,movie\n1,2\n" }, 'row 1 "user,movie"'],
  ["no header", { "ratings.csv": "" }, "no rows"],
  ["tags with another header", { ...csv, "tags.csv": "a,b\n" }, 'row 1 "a,b"'],
  ["links with another header", { ...csv, "links.csv": "a,b\n" }, 'row 1 "a,b"'],
] as [string, Record<string, string>, string][])(
  "a set with %s is told",
  async (_, files, came) => {
    await expect(read(files)).rejects.toMatchObject({ code: "FILE_UNREADABLE", details: { came } });
  },
);

test("what is no directory is told", async () => {
  const directory = directoryOf({ "ratings.csv": "" });
  await expect(openMovieLens(`${directory}/ratings.csv`, { clock })).rejects.toMatchObject({
    code: "FILE_UNREADABLE",
    details: { came: "a file" },
  });
  await expect(openMovieLens(`${directory}/nope`, { clock })).rejects.toMatchObject({
    code: "FILE_UNREADABLE",
  });
});
