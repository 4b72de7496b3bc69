import { expect, test } from "vitest";
import { compileColumns, type Row } from "./columns.ts";

function eventOf(names: string[], row: Row, defaultType?: string): unknown {
  return compileColumns(names, { name: "f.csv", defaultType })(row);
}

test("names of columns are taken in any case, but for what follows context", () => {
  expect(
    eventOf(
      ["ACCOUNT", " Time ", "Ad.Channel", "location.CITY", "Context.Hour"],
      ["a", "2024-01-01T00:00:00Z", "tv", "Bonn", "x"],
    ),
  ).toEqual({
    account: "a",
    time: "2024-01-01T00:00:00Z",
    ad: { channel: "tv" },
    location: { city: "Bonn" },
    context: { Hour: "x" },
    type: "play",
  });
});

test("an empty or null cell is absent", () => {
  expect(eventOf(["time", "item", "context.x", "ad.cost"], [1, "", null, undefined])).toEqual({
    time: 1000,
    type: "play",
  });
});

test("the type is rate where there is a value column, else play, unless one is given", () => {
  expect(eventOf(["time"], [1])).toMatchObject({ type: "play" });
  expect(eventOf(["time", "value"], [1, ""])).toMatchObject({ type: "rate" });
  expect(eventOf(["time", "value"], [1, ""], "purchase")).toMatchObject({ type: "purchase" });
  expect(eventOf(["time", "value", "type"], [1, 2, "like"])).toMatchObject({ type: "like" });
});

test.each<[unknown, unknown]>([
  ["1365029107", 1_365_029_107_000],
  ["1365029107.25", 1_365_029_107_250],
  ["99999999999", 99_999_999_999_000],
  ["100000000000", 100_000_000_000],
  ["1365029107000", 1_365_029_107_000],
  [1_365_029_107, 1_365_029_107_000],
  [1_365_029_107_000n, 1_365_029_107_000],
  [new Date(5), 5],
  ["2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"],
  ["soon", "soon"],
])("a time of %s is %s", (cell, time) => {
  expect(eventOf(["time"], [cell])).toMatchObject({ time });
});

test.each<[unknown, unknown]>([
  ["7", 7],
  [" -0.5e1 ", -5],
  [".5", 0.5],
  ["0x10", "0x10"],
  ["Infinity", "Infinity"],
  [" ", " "],
  ["1,5", "1,5"],
  [8n, 8],
])("a value of %o is read as %o", (cell, value) => {
  expect(eventOf(["time", "value"], [1, cell])).toMatchObject({ value });
});

test.each<[unknown, unknown]>([
  ["12", 12],
  ["-1.50", -1.5],
  ["007", "007"],
  ["1e5", "1e5"],
  ["12345678901234567890", "12345678901234567890"],
  [3n, 3],
  [new Date(7), 7],
])("a feature of %o is read as %o", (cell, x) => {
  expect(eventOf(["time", "context.x"], [1, cell])).toMatchObject({ context: { x } });
});

test("a whole number in a column of ids is an id, with every digit", () => {
  expect(eventOf(["time", "account", "item"], [1, 9_007_199_254_740_993n, 12])).toMatchObject({
    account: "9007199254740993",
    item: "12",
  });
});

test("a group of columns is read by the same rules", () => {
  const row = [1, { channel: 5n, cost: 2n }, { x: 3n, y: "" }];
  expect(eventOf(["time", "ad", "context"], row)).toEqual({
    time: 1000,
    type: "play",
    ad: { channel: "5", cost: 2 },
    context: { x: 3 },
  });
});

test.each([
  [["time", "stars"]],
  [["time", "context."]],
  [["time", "context.__proto__"]],
  [["time", "__proto__"]],
  [["time", "Time"]],
  [["account", "item"]],
  [["1", "2", "1365029107"]],
])("columns %j are refused as a whole", (names) => {
  expect(() => compileColumns(names, { name: "f.csv", defaultType: undefined })).toThrow(
    expect.objectContaining({ code: "FILE_UNREADABLE" }),
  );
});
