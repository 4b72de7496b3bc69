import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, it } from "vitest";
import { quotedCell, readRows } from "../../event/index.ts";
import { temporaryDirectory } from "../../testing/temporaryDirectory.ts";
import { PathCounts, type PathTable } from "../credit/pathCounts.ts";
import { PathScanner } from "./pathScanner.ts";
import { PathSink } from "./pathSink.ts";
import { hasPaths, readPaths } from "./readPaths.ts";

/** Paths with their sums, in an order of their own. */
function shown({
  count,
  channels,
  starts,
  touches,
  conversions,
  values,
  nulls,
}: PathTable): string[] {
  return Array.from({ length: count }, (_, row) => {
    const path = touches.subarray(starts[row], starts[row + 1]);
    const names = Array.from(path, (channel) => channels[channel]);
    return JSON.stringify([names, conversions[row], values[row], nulls[row]]);
  }).sort();
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(temporaryDirectory(), name);
  writeFileSync(path, content);
  return path;
}

async function read(path: string, options = {}): Promise<string[]> {
  const counts = new PathCounts();
  await readPaths(path, counts, options);
  return shown(counts.table());
}

describe("readPaths", () => {
  it("splits on the whole separator, and leaves all other characters to the names", async () => {
    const rows = `path,conversions,value,nulls\nA => > B=>C,1,2.5,3\n"say ""hi"", you=>é\n𝄞",0.5,,\n`;
    expect(await read(file("p.csv", rows), { separator: "=>" })).toEqual(
      [
        JSON.stringify([["A", "> B", "C"], 1, 2.5, 3]),
        JSON.stringify([['say "hi", you', "é\n𝄞"], 0.5, 0, 0]),
      ].sort(),
    );
  });

  it("takes a path without channels as a conversion that nothing came before", async () => {
    const rows = "path,conversions\n,2\n  > A >  ,3\n";
    expect(await read(file("p.csv", rows))).toEqual(['[["A"],3,0,0]', "[[],2,0,0]"].sort());
  });

  it("reads what ChannelAttribution calls its columns, in any order, delimited by ; or tab", async () => {
    const rows =
      "total_null;path;total_conversion_value;extra;total_conversions\n3;eta > iota;0.244;x;1\n";
    const expected = ['[["eta","iota"],1,0.244,3]'];
    expect(await read(file("p.csv", rows))).toEqual(expected);
    expect(await read(file("p.tsv", rows.replaceAll(";", "\t")))).toEqual(expected);
    expect(await read(file("p.txt", `\ufeff${rows.replaceAll("\n", "\r\n")}`))).toEqual(expected);
  });

  it("reads NDJSON and Parquet, where a path may be a list", async () => {
    const ndjson =
      '{"path":["A > B","C"],"conversions":1}\n\n{"path":"A > B","nulls":2,"value":0.1}\n';
    const expected = ['[["A > B","C"],1,0,0]', '[["A","B"],0,0.1,2]'].sort();
    expect(await read(file("p.ndjson", ndjson))).toEqual(expected);
    const parquet = parquetWriteBuffer({
      columnData: [
        { name: "path", data: ["A > B", "A"], type: "STRING" },
        { name: "conversions", data: [1n, 2n], type: "INT64" },
        { name: "value", data: [0.1, 7], type: "DOUBLE" },
      ],
    });
    expect(await read(file("p.parquet", new Uint8Array(parquet)))).toEqual(
      ['[["A","B"],1,0.1,0]', '[["A"],2,7,0]'].sort(),
    );
  });

  it.each([
    ["path,conversions\nA,x\n", /row 2: conversions is "x"/],
    ["path,conversions\nA,-1\n", /row 2: conversions is "-1"/],
    ["path,conversions\n\nA,1\nB,1,2\n", /row 4: 3 cells/],
    ['path,conversions\n"A,1\n', /row 2: a quote that is never closed/],
    ['path,conversions\n"A"B,1\n', /row 2: text behind a closing quote/],
    ["path,conversions,conv\nA,1,1\n", /both are conversions/],
    ["a,b\n1,2\n", /columns/],
    ["", /no rows/],
  ])("refuses %j, and says where and what", async (content, message) => {
    await expect(read(file("p.csv", content))).rejects.toThrow(
      expect.objectContaining({ code: "FILE_UNREADABLE", message: expect.stringMatching(message) }),
    );
  });

  it("refuses a channel that is no UTF-8, rather than join two of them", async () => {
    const bytes = Buffer.concat([
      Buffer.from("path,conversions\nA > "),
      Buffer.of(0xff),
      Buffer.from(",1\n"),
    ]);
    await expect(read(file("p.csv", bytes))).rejects.toThrow(/row 2: a channel that is no UTF-8/);
  });

  it("tells paths from events by the columns", async () => {
    expect(await hasPaths(file("p.csv", "path,conversions\n"))).toBe(true);
    expect(await hasPaths(file("p.csv", "time,type,path\n"))).toBe(false);
    const columnData = [{ name: "path", data: ["A"], type: "STRING" as const }];
    const parquet = new Uint8Array(parquetWriteBuffer({ columnData }));
    expect(await hasPaths(file("p.parquet", parquet))).toBe(true);
    expect(await hasPaths(file("p.ndjson", '{"path":"A","conversions":1}\n'))).toBe(true);
    expect(await hasPaths(file("p.ndjson", '{"type":"visit","time":1}\n'))).toBe(false);
  });
});

describe("PathScanner", () => {
  const name = fc.stringMatching(/^[ab>=," \tÇ𝄞\n-]{0,5}$/u);
  const rows = fc.array(
    fc.record({
      path: fc.array(name, { maxLength: 5 }),
      amounts: fc.tuple(
        fc.constantFrom("1", "0", "12", "0.5", "", "1e2", "123456789012345678"),
        fc.constantFrom("3.195", "-2", "", "0.30000000000000004", "30.7346153846154"),
        fc.constantFrom("2", "007", "5.", ""),
      ),
      isQuoted: fc.boolean(),
    }),
    { maxLength: 12 },
  );

  it("reads what csv-parse and split read, wherever the file is cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        rows,
        fc.constantFrom(" > ", ">", "=>", "--", ","),
        fc.constantFrom(",", ";"),
        fc.constantFrom("\n", "\r\n"),
        fc.integer({ min: 1, max: 40 }),
        async (list, separator, delimiter, end, size) => {
          const lines = list.map(({ path, amounts, isQuoted }) => {
            const text = path.join(separator);
            const isPlain = !isQuoted && !/[",;\n]/.test(text) && text !== "";
            const cell = isPlain ? text : `"${text.replaceAll('"', '""')}"`;
            return [cell, ...amounts.map((one) => (one.length > 16 ? "9" : one))].join(delimiter);
          });
          const csv = [
            ["path", "conversions", "value", "nulls"].join(delimiter),
            ...lines,
            "",
          ].join(end);
          const bytes = Buffer.from(csv);

          const scanned = new PathCounts();
          const scanner = new PathScanner(new PathSink(scanned, "f", { separator }), "f");
          for (let at = 0; at < bytes.length; at += size)
            scanner.push(bytes.subarray(at, at + size));
          scanner.end();

          const plain = new PathCounts();
          const sink = new PathSink(plain, "f", { separator });
          let number = 0;
          const path = file("f.csv", csv);
          for await (const block of readRows(path, { delimiter, quotes: true })) {
            for (const cells of block.rows) {
              if (++number === 1 || cells === undefined) continue;
              sink.addRow(cells[0], [cells[1], cells[2], cells[3]], number);
            }
          }
          expect(shown(scanned.table())).toEqual(shown(plain.table()));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("quotes of the writer come back as they were", () => {
    const counts = new PathCounts();
    const scanner = new PathScanner(new PathSink(counts, "f", {}), "f");
    scanner.push(Buffer.from(`path,conversions\n${quotedCell('a, "b" > c')},1\n`));
    scanner.end();
    expect(counts.table().channels).toEqual(['a, "b"', "c"]);
  });
});

describe("transforms", () => {
  const path = "path,conversions\nD > A > B > B > C > D > C > C,1\n";
  it.each([
    [["unique"], ["D", "A", "B", "B", "C", "D", "C", "C"]],
    [["exposure"], ["D", "A", "B", "C", "D", "C"]],
    [["first"], ["D", "A", "B", "C"]],
    [["frequency"], ["D(2)", "A(1)", "B(2)", "C(3)"]],
    [["trimLongPath(3)"], ["D", "C", "C"]],
    [["removeIfNotAll(C)"], ["D", "A", "B", "B", "D"]],
    [["removeIfLastAndNotAll(C)"], ["D", "A", "B", "B", "C", "D"]],
    [
      ["removeIfLastAndNotAll(C)", "exposure", "trimLongPath(2)"],
      ["C", "D"],
    ],
  ])("%j", async (transforms, expected) => {
    expect(await read(file("p.csv", path), { transforms })).toEqual([
      JSON.stringify([expected, 1, 0, 0]),
    ]);
  });

  it("leave a path that is nothing else", async () => {
    const only = file("p.csv", "path,conversions\nC > C,1\n");
    for (const transforms of [["removeIfNotAll(C)"], ["removeIfLastAndNotAll(C)"]]) {
      expect(await read(only, { transforms })).toEqual(['[["C","C"],1,0,0]']);
    }
  });

  it.each(["last", "trimLongPath", "trimLongPath(0)", "exposure(2)"])("refuse %s", async (name) => {
    await expect(read(file("p.csv", path), { transforms: [name] })).rejects.toThrow(
      expect.objectContaining({ code: "REQUEST_INVALID" }),
    );
  });
});
