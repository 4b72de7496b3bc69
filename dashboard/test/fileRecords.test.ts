/** Files cut into parts, wherever their bytes are cut. */
import { parse } from "csv-parse/sync";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Format, formatOf, partsOf, recordsOf } from "../src/views/data/fileRecords.ts";

function streamOf(text: string, cutAt: readonly number[] = []): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  const cuts = [...new Set(cutAt.map((at) => at % (bytes.length + 1)))].sort((a, b) => a - b);
  const chunks = [0, ...cuts].map((from, i) => bytes.slice(from, cuts[i] ?? bytes.length));
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

async function all(text: string, format: Format, cutAt: readonly number[] = []) {
  const records = [];
  for await (const record of recordsOf(streamOf(text, cutAt), format)) records.push(record);
  return records;
}

describe("records of a file", () => {
  it("are its lines, with their numbers, blank ones left out", async () => {
    const text = '\ufeff{"a":1}\r\n\n  \n{"b":"é\u{1d11e}"}\n{"c":3}';
    const expected = [
      { text: '{"a":1}', line: 1 },
      { text: '{"b":"é\u{1d11e}"}', line: 4 },
      { text: '{"c":3}', line: 5 },
    ];
    for (let cut = 0; cut < text.length + 5; cut++) {
      expect(await all(text, "ndjson", [cut, cut + 1])).toEqual(expected);
    }
    expect(await all("", "ndjson")).toEqual([]);
  });

  it("of CSV are those that csv-parse finds, however cells are quoted and bytes are cut", async () => {
    const cell = fc.oneof(
      fc.string({ unit: fc.constantFrom("a", "é", " ", "'"), minLength: 1, maxLength: 4 }),
      fc
        .string({ unit: fc.constantFrom("a", ",", "\n", "\r\n", '""', "x"), maxLength: 6 })
        .map((inside) => `"${inside}"`),
      fc.constantFrom('a"b', '""', 'a""'),
    );
    const row = fc.array(cell, { minLength: 2, maxLength: 4 }).map((cells) => cells.join(","));
    const file = fc.record({
      rows: fc.array(row, { minLength: 1, maxLength: 12 }),
      end: fc.constantFrom("\n", "\r\n"),
      hasEnd: fc.boolean(),
      cuts: fc.array(fc.nat(300), { maxLength: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(file, async ({ rows, end, hasEnd, cuts }) => {
        const text = rows.join(end) + (hasEnd ? end : "");
        const options = {
          relax_quotes: true,
          relax_column_count: true,
          record_delimiter: ["\r\n", "\n"],
          skip_empty_lines: true,
        };
        const records = await all(text, "csv", cuts);
        const parsed: unknown = parse(text, options);
        expect(records.map((record) => (parse(record.text, options) as unknown[])[0])).toEqual(
          parsed,
        );
        for (const record of records) {
          const from = text
            .split("\n")
            .slice(0, record.line - 1)
            .join("\n").length;
          expect(text.slice(from).replace(/^\n/, "").startsWith(record.text)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("that do not end are told by the line in which they begin", async () => {
    await expect(all('a,b\n"c,d\ne,f\n', "csv")).rejects.toThrow("line 2");
    await expect(all(`{}\n{"a":"${"x".repeat(1_100_000)}`, "ndjson")).rejects.toThrow("line 2");
  });

  it("go in parts of a thousand, or of a megabyte", async () => {
    const sizesOf = async (text: string) => {
      const sizes = [];
      for await (const { records, lines } of partsOf(recordsOf(streamOf(text), "ndjson"))) {
        expect(records).toHaveLength(lines.length);
        sizes.push(records.length);
      }
      return sizes;
    };
    expect(await sizesOf("{}\n".repeat(2500))).toEqual([1000, 1000, 500]);
    expect(await sizesOf(`{"a":"${"x".repeat(300_000)}"}\n`.repeat(7))).toEqual([3, 3, 1]);
    expect(await sizesOf("\n\n")).toEqual([]);
  });
});

describe("the format", () => {
  it.each([
    ["a.ndjson", "", "ndjson"],
    ["a.JSONL", "x", "ndjson"],
    ["a.csv", "account,time\n", "csv"],
    ["a.txt", '\n{"type":', "ndjson"],
    ["a.txt", 'account,"time",item\n', "csv"],
  ] as const)("of %s that begins %j is %s", (name, beginning, format) => {
    expect(formatOf(name, beginning)).toBe(format);
  });

  it.each([
    ["a.parquet", "PAR1", "foldback ingest"],
    ["a.ndjson.gz", "\u001f\ufffd", "Unpack"],
    ["a.json", "[\n{", "one JSON event a line"],
    ["a.txt", "hello", "CSV"],
  ])("of %s that begins %j is none, with what to do", (name, beginning, words) => {
    expect(() => formatOf(name, beginning)).toThrow(words);
  });
});
