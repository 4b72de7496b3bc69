import { Readable } from "node:stream";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type Dialect, readDelimited } from "./delimited.ts";
import type { Event } from "./event.ts";
import { maxBatchEvents } from "./eventFile.ts";
import type { Refusal } from "./refusal.ts";

const options = { clock: { now: () => 2_000_000_000_000 }, order: "file" } as const;
const csv: Dialect = { delimiter: ",", quotes: true, columns: (header) => header };
const doubleColon: Dialect = {
  delimiter: "::",
  quotes: false,
  columns: ["account", "item", "value", "time"],
};

async function read(
  chunks: readonly (Buffer | string)[],
  dialect: Dialect,
): Promise<{ events: Event[]; refused: Refusal[] }> {
  const events: Event[] = [];
  const refused: Refusal[] = [];
  for await (const batch of readDelimited(Readable.from(chunks), dialect, options)) {
    expect(batch.events.length).toBeLessThanOrEqual(maxBatchEvents);
    events.push(...batch.events);
    refused.push(...batch.refused);
  }
  return { events, refused };
}

test("the columns of an evaluation are enough", async () => {
  const text = "account,item,time,value,type\na,x,10,4.5,\nb,y,11,,like\n";
  expect((await read([text], csv)).events).toEqual([
    { type: "rate", time: 10_000, account: "a", item: "x", value: 4.5 },
    { type: "like", time: 11_000, account: "b", item: "y" },
  ]);
});

function quote(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

test("quoted cells hold commas, quotes and line ends, in any chunks", async () => {
  const cell = fc.string({
    unit: fc.constantFrom("a", ",", '"', "\n", "\r\n", "é", " "),
    minLength: 1,
  });
  const rows = fc.array(fc.tuple(cell, cell), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(
      rows,
      fc.boolean(),
      fc.integer({ min: 1, max: 50 }),
      async (cells, crlf, size) => {
        const end = crlf ? "\r\n" : "\n";
        const lines = cells.map(([a, b]) => `${quote(a)},1,${quote(b)}`);
        const bytes = Buffer.from(['\ufeff"account",time,item', ...lines].join(end));
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
          bytes.subarray(i * size, (i + 1) * size),
        );
        const { events, refused } = await read(chunks, csv);
        expect(events.map(({ account, item }) => [account, item])).toEqual(cells);
        expect(refused).toEqual([]);
      },
    ),
  );
});

test("a bad row is refused by its number, where the header is row 1, and its neighbours are taken", async () => {
  const rows = ["account,item,time", "a,x,1", "a,x", "", "a,x,soon", "a,x,1,2", "b,y,2"];
  const { events, refused } = await read([rows.join("\n")], csv);
  expect(events.map((event) => event.account)).toEqual(["a", "b"]);
  expect(refused).toMatchObject([
    { index: 3, field: "row", came: "2 cells" },
    { index: 5, field: "time", came: '"soon"' },
    { index: 6, field: "row", came: "4 cells" },
  ]);
});

test("a quote within a cell is text, and harms no other row", async () => {
  const { events } = await read(['account,item,time\na,7" single,1\nb,"x"y,2\nc,z,3\n'], csv);
  expect(events.map((event) => event.item)).toEqual(['7" single', '"x"y', "z"]);
});

test("a quote that is never closed ends the reading, after the rows before it", async () => {
  let pulledCount = 0;
  const endless = function* () {
    yield 'account,item,time\na,x,1\nb,"x,1\n';
    for (; pulledCount < 1000; pulledCount++) yield "y,z,2\n".repeat(10_000);
  };
  for (const source of [['account,item,time\na,x,1\nb,"x,1\nz'], endless()]) {
    const events: Event[] = [];
    const reading = (async () => {
      for await (const batch of readDelimited(Readable.from(source), csv, options)) {
        events.push(...batch.events);
      }
    })();
    await expect(reading).rejects.toMatchObject({
      code: "FILE_UNREADABLE",
      message: expect.stringMatching(/^-: a row 3 /) as unknown,
    });
    expect(events.length).toBe(1);
  }
  expect(pulledCount).toBeLessThan(100); // 1 MiB is 18 of them, and a stream reads ahead by 16
});

test("a CSV file without a header is refused, an empty one with a header has no events", async () => {
  await expect(read([], csv)).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
  expect(await read(["account,item,time"], csv)).toEqual({ events: [], refused: [] });
});

test("without quotes a row is a line, and one too long is refused alone", async () => {
  const long = "x".repeat(1_048_577);
  const { events, refused } = await read(
    [`1::"a::7::10\n${long}\n2::b::8::11\r\n3::c::nine::12\n`],
    doubleColon,
  );
  expect(events).toEqual([
    { type: "rate", time: 10_000, account: "1", item: '"a', value: 7 },
    { type: "rate", time: 11_000, account: "2", item: "b", value: 8 },
  ]);
  expect(refused).toMatchObject([
    { index: 2, field: "line" },
    { index: 4, field: "value", came: '"nine"' },
  ]);
});

test("a large file comes in many batches, each row once", async () => {
  const rows = Array.from({ length: 20_000 }, (_, i) => `a,x${i},1`);
  const { events } = await read(["account,item,time\n", rows.join("\n")], csv);
  expect(events.map((event) => event.item)).toEqual(rows.map((_, i) => `x${i}`));
});
