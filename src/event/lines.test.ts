import { Readable } from "node:stream";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { maxBatchEvents, maxLineBytes } from "./eventFile.ts";
import { readLines } from "./lines.ts";

async function linesOf(chunks: readonly (Buffer | string)[]): Promise<(string | undefined)[]> {
  const lines: (string | undefined)[] = [];
  for await (const block of readLines(Readable.from(chunks))) {
    expect(block.firstLine).toBe(lines.length + 1);
    expect(block.lines.length).toBeLessThanOrEqual(maxBatchEvents);
    lines.push(...block.lines);
  }
  return lines;
}

test("however the bytes are cut into chunks, the lines are the same", async () => {
  const texts = fc.array(fc.string({ unit: fc.constantFrom("a", "é", "😀", " ") }), {
    minLength: 1,
  });
  await fc.assert(
    fc.asyncProperty(texts, fc.boolean(), fc.array(fc.nat(40)), async (lines, crlf, cuts) => {
      const bytes = Buffer.from(lines.map((line) => `${line}${crlf ? "\r\n" : "\n"}`).join(""));
      const chunks: Buffer[] = [];
      let from = 0;
      for (const cut of cuts) {
        chunks.push(bytes.subarray(from, from + cut));
        from = Math.min(bytes.length, from + cut);
      }
      chunks.push(bytes.subarray(from));
      expect(await linesOf(chunks.filter((chunk) => chunk.length > 0))).toEqual(lines);
    }),
  );
});

test("a byte order mark is no part of the first line, and the last line needs no end", async () => {
  expect(await linesOf([Buffer.from([0xef, 0xbb]), Buffer.from([0xbf, 0x61, 0x0a, 0x62])])).toEqual(
    ["a", "b"],
  );
});

test("a stream may be of text", async () => {
  expect(await linesOf(["a\nb", "c\n"])).toEqual(["a", "bc"]);
});

test("a line of exactly 1 MiB is kept, one more byte is too many, and the next line is not lost", async () => {
  const fits = "a".repeat(maxLineBytes);
  for (const pieceBytes of [65_536, 4 * maxLineBytes]) {
    const bytes = Buffer.from(`1\n${fits}\n2\n${fits}b\n3\n${fits.repeat(3)}\n4\n${fits}b`);
    const pieces = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, i) =>
      bytes.subarray(i * pieceBytes, (i + 1) * pieceBytes),
    );
    const lines = await linesOf(pieces);
    expect(lines.map((line) => line?.length)).toEqual([
      1,
      maxLineBytes,
      1,
      undefined,
      1,
      undefined,
      1,
      undefined,
    ]);
  }
});

test("a block is never larger than a batch", async () => {
  expect((await linesOf([Buffer.from("x\n".repeat(maxBatchEvents + 1))])).length).toBe(
    maxBatchEvents + 1,
  );
});
