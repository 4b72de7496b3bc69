import { join } from "node:path";
import { expect, test } from "vitest";
import { hourMs, systemClock } from "../../core/index.ts";
import { directoryOf } from "../../testing/eventFiles.ts";
import { type GroupOptions, readGroups } from "./readGroups.ts";

const options: GroupOptions = {
  test: "test",
  control: "control",
  conversions: ["purchase"],
  clock: systemClock,
};

async function read(files: Readonly<Record<string, string>>, other: Partial<GroupOptions> = {}) {
  const directory = directoryOf(files);
  const paths = Object.keys(files).map((name) => join(directory, name));
  return readGroups(paths, { ...options, ...other });
}

const ndjson = (rows: readonly object[]): string =>
  rows.map((row) => JSON.stringify(row)).join("\n");

test("accounts, of which some have several rows, one is in both groups, and one in neither", async () => {
  const rows = [
    ...["account,group,conversions,value", "a,test,2,5.5", "b,test,0,", '"c, d",control,1,3', ""],
    ...["e,test,1,1", "e,control,,", "f,elsewhere,1,9", "a,test,1,0.5"],
  ];
  expect(await read({ "accounts.csv": rows.join("\n") })).toEqual({
    test: { accounts: 2, converted: 1, value: 6, valueSquares: 36 },
    control: { accounts: 1, converted: 1, value: 3, valueSquares: 9 },
    ...{ otherAccounts: 1, mixedAccounts: 1, refused: 0 },
  });
});

test("files without conversions are refused: by another name, nobody would have converted", async () => {
  for (const text of [
    "account,group,converted\na,test,1\nb,control,0\n",
    "group,accounts\ntest,5\n",
  ]) {
    await expect(read({ "accounts.csv": text })).rejects.toThrow(
      /no conversions; allowed: account \(or accounts\), group, conversions/,
    );
  }
});

test("totals, in two files, of groups with names of their own", async () => {
  const found = await read(
    {
      "one.csv": "group,accounts,conversions,value\nads,900,30,100\nnone,100,2,4\n",
      "two.ndjson": ndjson([{ group: "ads", accounts: 100, conversions: 3 }]),
    },
    { test: "ads", control: "none" },
  );
  expect(found).toMatchObject({
    test: { accounts: 1000, converted: 33, value: 100 },
    control: { accounts: 100, converted: 2, value: 4 },
  });
  expect(found.test).not.toHaveProperty("valueSquares");
});

test("events: conversions from the first that names the group on", async () => {
  const at = (hour: number): number => Date.UTC(2026, 0, 1) + hour * hourMs;
  const events = [
    { type: "purchase", time: at(5), account: "a", value: 7 },
    {
      type: "visit",
      time: at(2),
      account: "a",
      ad: { channel: "direct" },
      context: { group: "test" },
    },
    { type: "purchase", time: at(1), account: "a", value: 100 },
    { type: "purchase", time: at(2), account: "b", value: 2, context: { group: "control" } },
    {
      type: "visit",
      time: at(2),
      account: "c",
      ad: { channel: "direct" },
      context: { group: "control" },
    },
    { type: "subscribe", time: at(3), account: "c" },
    { type: "purchase", time: at(3), account: "d" },
    { type: "purchase", time: at(3), session: "s" },
    { type: "nothing", time: at(3), account: "a" },
  ];
  expect(await read({ "events.ndjson": ndjson(events) })).toEqual({
    test: { accounts: 1, converted: 1, value: 7, valueSquares: 49 },
    control: { accounts: 2, converted: 1, value: 2, valueSquares: 4 },
    ...{ otherAccounts: 1, mixedAccounts: 0, refused: 1 },
  });
});

test.each([
  ["a count", "account,group,conversions\na,test,1.5", /row 2 with conversions "1\.5"/],
  ["a value", "account,group,value\na,test,x", /row 2 with value "x"/],
  ["a group of totals", "group,accounts\nother,5", /row 2 with the group other/],
  ["no group", "account,group\na,test\nb,", /row 3 with the group nothing/],
])("names the row with %s that is wrong", async (_, text, message) => {
  await expect(read({ "rows.csv": text })).rejects.toMatchObject({
    code: "FILE_UNREADABLE",
    message: expect.stringMatching(message) as string,
  });
});

test("names the line that is no JSON, and a file that is not there", async () => {
  const broken = { "rows.ndjson": '{"group":"test","account":"a"}\n{"group"' };
  await expect(read(broken)).rejects.toThrow(/line 2 is no JSON object/);
  await expect(readGroups(["nowhere.csv"], options)).rejects.toMatchObject({
    code: "FILE_UNREADABLE",
  });
});
