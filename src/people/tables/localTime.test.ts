import { describe, expect, test } from "vitest";
import { defaultDayParts, hourOfWeek, partOfDay, weekdayIn, weekdayOf } from "./localTime.ts";

describe("what ACCESS_DAY says", () => {
  test.each([
    ["Monday", "Monday"],
    ["WED", "Wednesday"],
    ["weds", "Wednesday"],
    ["thur", "Thursday"],
    ["Sun.", "Sunday"],
    ["1", "Monday"],
    ["7", "Sunday"],
    ["2024-02-29", "Thursday"],
    ["2024/03/31", "Sunday"],
    ["20240101", "Monday"],
    ["1969-12-31", "Wednesday"],
    ["2024-03-31T23:59:59+02:00", "Sunday"],
  ])("%s is %s", (text, weekday) => {
    expect(weekdayIn(text)).toBe(weekday);
  });

  test.each(["segunda-feira", "0", "8", "mo", "2024-02-30", "2024-13-01", "31.12.2024"])(
    "%s stays what it is",
    (text) => {
      expect(weekdayIn(text)).toBe(text);
    },
  );
});

test("hours of the week begin on Monday, also before 1970", () => {
  expect(hourOfWeek(Date.UTC(2024, 0, 1))).toBe(0);
  expect(hourOfWeek(Date.UTC(2024, 0, 7, 23, 59))).toBe(167);
  expect(hourOfWeek(Date.UTC(1969, 11, 31, 5))).toBe(53);
  expect(weekdayOf(167)).toBe("Sunday");
});

test("a part of the day lasts until the next begins, the last one over midnight", () => {
  const parts = (bounds: typeof defaultDayParts) =>
    [0, 5, 6, 12, 18, 23].map((hour) => partOfDay(24 + hour, bounds));
  expect(parts(defaultDayParts)).toEqual([
    "night",
    "night",
    "morning",
    "afternoon",
    "evening",
    "evening",
  ]);
  const late = [
    { name: "day", fromHour: 6 },
    { name: "night", fromHour: 18 },
  ];
  expect(parts(late)).toEqual(["night", "night", "day", "day", "night", "night"]);
});
