import fc from "fast-check";
import { expect, test } from "vitest";
import { compareUtf8 } from "./utf8.ts";

test("texts are ordered as their UTF-8 bytes are", () => {
  const text = fc.string({ unit: "binary", maxLength: 6 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      const expected = Buffer.compare(Buffer.from(a), Buffer.from(b));
      expect(Math.sign(compareUtf8(a, b))).toBe(expected);
    }),
  );
});

test("a character beyond U+FFFF comes after U+FFFF", () => {
  expect(compareUtf8("😀", "\uffff")).toBeGreaterThan(0);
  expect(["\uffff", "😀"].sort()).toEqual(["😀", "\uffff"]); // what `<` says
});
