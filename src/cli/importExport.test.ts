/** Import and export as whoever types them meets them. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Foldback } from "#foldback/engine";
import { directoryOf } from "../testing/eventFiles.ts";
import { runFoldback } from "../testing/foldbackProcess.ts";
import { smallConfig } from "../testing/smallEngine.ts";

const lines = (...records: readonly unknown[]) =>
  records.map((record) => `${JSON.stringify(record)}\n`).join("");

const files = {
  "users.jsonl": lines({ UserId: "zoë", Labels: { plan: "pro" }, Comment: "" }),
  "nobody.jsonl": lines({ UserId: "", Labels: null, Comment: "" }),
  "items.jsonl": lines({
    ItemId: "1",
    IsHidden: false,
    Categories: ["x"],
    Labels: ["k"],
    Comment: "One",
  }),
  "feedback.jsonl": lines(
    { FeedbackType: "star", UserId: "zoë", ItemId: "1", Timestamp: "2021-01-02T03:04:05Z" },
    { FeedbackType: "nod", UserId: "zoë", ItemId: "1", Timestamp: "2021-01-02T03:04:05Z" },
    { FeedbackType: "star", UserId: "zoë", ItemId: "1", Timestamp: "0001-01-01T00:00:00Z" },
  ),
  "ratings.csv": "userId,movieId,rating,timestamp\n1,10,5.0,300\n1,20,4.5,100\n",
  "movies.csv": 'movieId,title,genres\n10,"Amélie (2001)",Comedy|Romance\n20,Other,\n',
  "catalogue.csv": 'item,title,price\nb,"B, ""b""",2\na,A,1.5\n',
};

describe("help and wrong use", () => {
  test.each([
    "import gorse",
    "import movielens",
    "import items",
    "import accounts",
    "export items",
    "export accounts",
    "export events",
  ])("%s --help has --json and an example", async (name) => {
    const { code, stdout, stderr } = await runFoldback([...name.split(" "), "--help"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("--json");
    expect(stdout).toMatch(new RegExp(`\nExample:\n {2}\\$ foldback ${name} `));
  });

  test.each(["import", "export"])(
    "%s --help lists what it takes, with an example",
    async (name) => {
      const { code, stdout } = await runFoldback([name, "--help"]);
      expect(code).toBe(0);
      expect(stdout).toContain("  items ");
      expect(stdout).toContain("  accounts ");
      expect(stdout).toMatch(new RegExp(`\nExample:\n {2}\\$ foldback ${name} `));
    },
  );

  test.each<[args: string[], named: string]>([
    [["import"], "Usage: foldback import"],
    [["import", "netflix", "x"], "unknown command 'netflix'"],
    [["import", "gorse"], "missing required argument 'file'"],
    [["import", "gorse", "nope.jsonl"], "nope.jsonl"],
    [["import", "gorse", "ratings.csv"], 'a first line "userId,movieId,rating,timestamp"'],
    [["import", "gorse", "feedback.jsonl", "--types", "star"], "--types takes pairs as star=save"],
    [["import", "gorse", "feedback.jsonl", "--types", "star=dance"], "star is to become dance"],
    [["import", "gorse", "feedback.jsonl", "--time", "soon"], "--time takes 2024-01-31 or"],
    [["import", "movielens", "ratings.csv"], "ratings.csv: a file; allowed: the directory of"],
    [["import", "items", "ratings.csv"], "allowed: columns that include item"],
    [["import", "accounts", "ratings.csv"], "allowed: columns that include account"],
    [
      ["import", "items", "catalogue.csv", "--format", "xml"],
      "--format takes ndjson, csv, parquet",
    ],
    [["export", "items"], "missing required argument 'file'"],
    [["export", "items", "x.xml"], "the name x.xml says no format"],
    [["export", "items", "x.csv", "--data", "nope"], "there is no data directory nope"],
  ])("wrong use is 2, told on standard error, and makes nothing: %j", async (args, named) => {
    const cwd = directoryOf(files);
    const { code, stdout, stderr } = await runFoldback(args, { cwd });
    expect(stderr).toContain(named);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect([code, stdout]).toEqual([2, ""]);
    for (const made of ["foldback-data", "nope", "x.csv", "x.csv.part"]) {
      expect(existsSync(join(cwd, made))).toBe(false);
    }
  });
});

test("Gorse's files are taken over, once; what is not is told by reason and line", async () => {
  const cwd = directoryOf(files);
  const args = ["import", "gorse", "users.jsonl", "items.jsonl", "feedback.jsonl"];
  const first = await runFoldback(args, { cwd });
  expect(first).toMatchObject({ code: 0, stderr: "" });
  expect(first.stdout.replace(/ in \d\S* s/, " in 1 s").split("\n")).toEqual([
    "users.jsonl, items.jsonl, feedback.jsonl: 3 events taken, 0 duplicates dropped, 1 refused, in 1 s",
    '  feedback.jsonl:3: Timestamp is "0001-01-01T00:00:00Z"; allowed: a time; --time names one for records without',
    "Not said by any event:",
    "  1 × feedback of type nod, which no event type is named for",
    "",
  ]);
  const again = await runFoldback([...args, "--types", "nod=like", "--time", "2020-01-01"], {
    cwd,
  });
  expect(again.stdout).toContain("2 events taken, 3 duplicates dropped, 0 refused");
  const json = await runFoldback([...args, "--json"], { cwd });
  expect(JSON.parse(json.stdout)).toMatchObject({
    accepted: 0,
    duplicates: 3,
    refusedCount: 1,
    leftOut: [{ count: 1 }],
  });
});

test("where nothing could be taken the work failed", async () => {
  const cwd = directoryOf(files);
  const { code, stdout } = await runFoldback(["import", "gorse", "nobody.jsonl"], { cwd });
  expect(code).toBe(1);
  expect(stdout).toContain("0 events taken");
});

test("a MovieLens set is taken over; its layout and what is missing are told", async () => {
  const cwd = directoryOf(files);
  const { code, stdout } = await runFoldback(["import", "movielens", "."], { cwd });
  expect(code).toBe(0);
  expect(stdout).toContain(".: 4 events taken, 0 duplicates dropped, 0 refused");
  expect(stdout).toContain(
    "Laid out as MovieLens 20M, 25M, 32M, latest.\n  tags.csv is missing: no tags\n" +
      "  links.csv is missing: no ids at IMDb and TMDB\n",
  );
});

test("a catalogue goes in, out, and into another directory, and is the same file", async () => {
  const cwd = directoryOf(files);
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await runFoldback(args, { cwd });
    expect([code, stderr]).toEqual([0, ""]);
    return stdout;
  };
  expect(await run("import", "items", "catalogue.csv")).toContain("2 events taken");
  for (const format of ["ndjson", "csv", "parquet"]) {
    const [first, second] = [`first.${format}`, `second.${format}`];
    expect(await run("export", "items", first)).toContain(`${first}: 2 items, `);
    await run("import", "items", first, "--data", format);
    await run("export", "items", second, "--data", format);
    expect(readFileSync(join(cwd, second)).equals(readFileSync(join(cwd, first)))).toBe(true);
  }
  expect(await run("export", "items", "-")).toBe(
    lines(
      { item: "b", properties: { title: 'B, "b"', price: 2 } },
      { item: "a", properties: { title: "A", price: 1.5 } },
    ),
  );
  const json = await run("export", "events", "events.csv", "--json");
  expect(JSON.parse(json)).toMatchObject({ file: "events.csv", count: 2, leftOut: [] });
});

test("accounts go in, out, and in again, and are the same file", async () => {
  const cwd = directoryOf({ "users.csv": "account,plan,zip\nb,free,007\na,pro,2\n" });
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await runFoldback(args, { cwd });
    expect([code, stderr]).toEqual([0, ""]);
    return stdout;
  };
  expect(await run("import", "accounts", "users.csv")).toContain("2 events taken");
  expect(await run("export", "accounts", "first.parquet")).toContain("2 accounts, ");
  await run("import", "accounts", "first.parquet", "--data", "again");
  expect(await run("export", "accounts", "-", "--data", "again")).toBe(
    lines(
      { account: "b", properties: { plan: "free", zip: "007" } },
      { account: "a", properties: { plan: "pro", zip: 2 } },
    ),
  );
});

test("items come from standard input as well, and a directory that is open is told", async () => {
  const cwd = directoryOf(files);
  const input = lines({ item: "a", title: "A" }, { item: 7 });
  const { code, stdout } = await runFoldback(["import", "items", "-"], { cwd, input });
  expect(code).toBe(0);
  expect(stdout).toContain("-: 1 events taken, 0 duplicates dropped, 1 refused");
  expect(stdout).toContain("\n  -:2: item is 7; allowed: ");
  const engine = await Foldback.open(smallConfig(join(cwd, "foldback-data")));
  for (const args of [
    ["import", "items", "catalogue.csv"],
    ["export", "items", "x.csv"],
  ]) {
    const locked = await runFoldback(args, { cwd });
    expect(locked.code).toBe(1);
    expect(locked.stderr).toContain("DATA_LOCKED");
  }
  await engine.close();
});
