import * as fc from "fast-check";
import { expect, test } from "vitest";
import { renderText, renderValue } from "./refusal.ts";

test("a value is rendered so that its sender knows it again", () => {
  expect(renderValue("play")).toBe('"play"');
  expect(renderValue(undefined)).toBe("nothing");
  expect(renderValue(null)).toBe("null");
  expect(renderValue(-1.5)).toBe("-1.5");
  expect(renderValue([1, 2])).toBe("a list of 2");
  expect(renderValue({})).toBe("an empty object");
  expect(renderValue({ lat: 1, lon: 2 })).toBe("an object with lat, lon");
  expect(renderValue(12n)).toBe("12");
});

test("what a terminal would act on is escaped", () => {
  expect(renderValue("\u001b[31m\u009b\u202e")).toBe('"\\u001b[31m\\u009b\\u202e"');
});

test("a long text is cut to 80 characters, and not within a surrogate pair", () => {
  expect(renderText("a".repeat(200))).toBe(`${"a".repeat(79)}…`);
  expect(renderText(`${"a".repeat(78)}😀${"a".repeat(9)}`)).toBe(`${"a".repeat(78)}…`);
});

test("whatever comes, the rendering is short, on one line and well formed", () => {
  fc.assert(
    fc.property(
      fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true }),
      (value) => {
        const shown = renderValue(value);
        expect(shown.length).toBeLessThanOrEqual(82);
        expect(shown).not.toMatch(/[\n\r]/);
        expect(Buffer.from(shown).toString()).toBe(shown);
      },
    ),
  );
});
