import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseRfc3339 } from "./rfc3339.ts";

test.each([
  ["1970-01-01T00:00:00Z", 0],
  ["2013-04-03T22:45:07Z", 1_365_029_107_000],
  ["2013-04-03T22:45:07+02:00", 1_365_021_907_000],
  ["2013-04-03T22:45:07-05:30", 1_365_048_907_000],
  ["2013-04-03t22:45:07z", 1_365_029_107_000],
  ["2013-04-03 22:45:07Z", 1_365_029_107_000],
  ["2013-04-03T22:45:07-00:00", 1_365_029_107_000],
  ["2013-04-03T22:45:07.9999Z", 1_365_029_107_999],
  ["2013-04-03T22:45:07.5Z", 1_365_029_107_500],
  ["2013-04-03T22:45:07.123456789+00:00", 1_365_029_107_123],
  ["2000-02-29T00:00:00Z", 951_782_400_000],
  ["1969-12-31T23:59:59Z", -1_000],
  ["0070-01-01T00:00:00Z", -59_958_144_000_000],
])("%s is %d", (text, ms) => {
  expect(parseRfc3339(text)).toBe(ms);
});

test.each([
  "",
  "2013-04-03",
  "2013-04-03T22:45:07",
  "2013-04-03T22:45Z",
  "2013-4-03T22:45:07ZZ",
  "2013-02-29T00:00:00Z",
  "1900-02-29T00:00:00Z",
  "2013-04-31T00:00:00Z",
  "2013-00-01T00:00:00Z",
  "2013-13-01T00:00:00Z",
  "2013-01-00T00:00:00Z",
  "2013-01-01T24:00:00Z",
  "2013-01-01T00:60:00Z",
  "2016-12-31T23:59:60Z",
  "2013-01-01T00:00:00.Z",
  "2013-01-01T00:00:00.1234567890Z",
  "2013-01-01T00:00:00+24:00",
  "2013-01-01T00:00:00+01:60",
  "2013-01-01T00:00:00+0100",
  "2013-01-01T00:00:00+01:00x",
  "2013-01-01T00:00:00Zx",
  "2013/01/01T00:00:00Z",
  "+013-01-01T00:00:00Z",
  "٢٠13-01-01T00:00:00Z",
])("%s is no time", (text) => {
  expect(parseRfc3339(text)).toBeNaN();
});

test("every date that JavaScript writes is read as the same instant", () => {
  const dates = fc.date({
    min: new Date("0000-01-01T00:00:00Z"),
    max: new Date("9999-12-31T23:59:59.999Z"),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(dates, (date) => {
      expect(parseRfc3339(date.toISOString())).toBe(date.getTime());
    }),
  );
});

test("an offset moves a time as JavaScript's own parser moves it", () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date(0), max: new Date("2100-01-01T00:00:00Z"), noInvalidDate: true }),
      fc.constantFrom("+", "-"),
      fc.nat(23),
      fc.nat(59),
      (date, sign, hours, minutes) => {
        const offset = `${sign}${String(hours).padStart(2, "0")}:${String(minutes).padStart(2, "0")}`;
        const text = date.toISOString().replace("Z", offset);
        expect(parseRfc3339(text)).toBe(Date.parse(text));
      },
    ),
  );
});
