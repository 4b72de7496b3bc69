import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../core/index.ts";
import { temporaryDirectory } from "../../testing/temporaryDirectory.ts";
import type { Event } from "../event.ts";
import { openEventFile } from "../openEventFile.ts";
import { Database } from "./database.ts";
import { openParquetEvents } from "./parquetEvents.ts";
import type { AppendedCell } from "./rowAppender.ts";
import { quotedName, quotedText } from "./sql.ts";

const options = { clock: systemClock, extraTypes: new Set(["trial"]) };

const selected = [
  "line",
  "type",
  "time",
  "id",
  "account",
  "session",
  "value",
  "currency",
  "source",
  "channel",
  "campaign",
  "cost",
  "other_account",
];

function lineOf(line: number, event: Event): unknown[] {
  const { ad, context, type } = event;
  return [
    line,
    type,
    event.time,
    event.id,
    event.account,
    event.session,
    event.value,
    event.currency,
    event.source,
    ad?.channel,
    ad?.campaign,
    ad?.cost,
    type === "link" ? context?.["account"] : undefined,
  ].map((cell) => cell ?? null);
}

interface ReadFile {
  readonly lines: unknown[][];
  /** Lines, but for those of unknown types, which are counted. */
  readonly refused: number[];
  readonly refusedCount: number;
}

/** As the parser reads the file. */
async function parse(path: string): Promise<ReadFile> {
  const file = await openEventFile(path, { ...options, order: "file" });
  const lines: unknown[][] = [];
  const refused: number[] = [];
  for await (const batch of file.batches()) {
    for (const [at, event] of batch.events.entries())
      lines.push(lineOf(batch.rows?.[at] ?? 0, event));
    refused.push(...batch.refused.map(({ index }) => index));
  }
  return { lines, refused, refusedCount: refused.length };
}

/** Writes the rows, and reads them by SQL; undefined where it leaves the file to the parser. */
async function readBySql(path: string, from: string): Promise<ReadFile | undefined> {
  const database = await Database.open({ threads: 1 });
  try {
    const connection = await database.connect();
    await connection.run(`COPY (${from}) TO ${quotedText(path)} (FORMAT parquet)`);
    const events = await openParquetEvents(database, path, options);
    if (events === undefined) return undefined;
    const found = await connection.run(
      `SELECT ${selected.map((name) => (name === "line" || name === "time" ? `${name}::DOUBLE` : name)).join(", ")} FROM ${events.from}`,
    );
    const lines = (await found.getRows()).map((row) => [...row] as unknown[]);
    const refused: number[] = [];
    for await (const batch of events.others()) {
      for (const [at, event] of batch.events.entries())
        lines.push(lineOf(batch.rows?.[at] ?? 0, event));
      refused.push(...batch.refused.map(({ index }) => index));
    }
    lines.sort(([one], [other]) => Number(one) - Number(other));
    return { lines, refused, refusedCount: refused.length + events.unknownTypes.count };
  } finally {
    await database.close();
  }
}

const text = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom("a", "b", "é😀") },
  { weight: 3, arbitrary: fc.constantFrom("", null) },
  { weight: 1, arbitrary: fc.constantFrom("x".repeat(257), "é".repeat(200), "a\0b") },
);
const amount = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom(0, 1.5, 20) },
  { weight: 2, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constantFrom(-1, Number.NaN, Number.POSITIVE_INFINITY) },
);
const times = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(1_700_000_000_000, 1_700_000_000, 0, 1.5, 5e11) },
  { weight: 1, arbitrary: fc.constantFrom(-1, null, 9e15, 1e300) },
);
const types = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.constantFrom(
      "ad_click",
      "ad_impression",
      "visit",
      "purchase",
      "add_to_cart",
      "link",
      "play",
      "follow",
      "rate",
      "trial",
      "access",
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom("item_set", "account_set", "served", "unheard", null, ""),
  },
);

const row = fc.record({
  id: text,
  type: types,
  time: times,
  account: text,
  session: text,
  item: text,
  artist: text,
  value: amount,
  currency: fc.constantFrom("EUR", "USD", null, "eur", "EURO"),
  "ad.channel": text,
  "ad.campaign": text,
  "ad.cost": amount,
  source: text,
  country: fc.constantFrom("DE", null, "de"),
  position: fc.constantFrom(0, 3, null, -1, 0.5),
  "context.account": text,
  "context.x": amount,
});

const kinds: Record<string, "DOUBLE"> = {
  time: "DOUBLE",
  value: "DOUBLE",
  "ad.cost": "DOUBLE",
  position: "DOUBLE",
  "context.x": "DOUBLE",
};

/** A query that gives these rows. */
function valuesOf(rows: readonly Record<string, AppendedCell>[], names: readonly string[]): string {
  const cell = (name: string, value: AppendedCell): string => {
    const type = kinds[name] ?? "VARCHAR";
    if (value === null) return `NULL::${type}`;
    if (typeof value === "number") return `${quotedText(String(value))}::DOUBLE`;
    // SQL has no NUL in its texts.
    return value.includes("\0") ? "'a' || chr(0) || 'b'" : quotedText(value);
  };
  const list = rows.map(
    (one) =>
      `SELECT ${names.map((name) => `${cell(name, one[name])} AS ${quotedName(name)}`).join(", ")}`,
  );
  return list.join(" UNION ALL ");
}

describe("Parquet by SQL", () => {
  test("is what the parser makes of it, for random rows, and any of the columns", async () => {
    const directory = temporaryDirectory();
    let file = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 12 }),
        fc.subarray([
          "id",
          "session",
          "item",
          "artist",
          "value",
          "currency",
          "ad.campaign",
          "ad.cost",
          "source",
          "country",
          "position",
          "context.account",
          "context.x",
        ]),
        async (rows, optional) => {
          const names = ["type", "time", "account", "ad.channel", ...optional];
          const path = join(directory, `${file++}.parquet`);
          const found = await readBySql(path, valuesOf(rows, names));
          const { lines, refusedCount } = await parse(path);
          expect(found).toMatchObject({ lines, refusedCount });
        },
      ),
      { numRuns: 60 },
    );
  });

  test.each([
    [
      "whole numbers as ids and times",
      "SELECT 7 AS id, 'purchase' AS type, 1700000000 AS time, 12::BIGINT AS account",
    ],
    [
      "timestamps",
      "SELECT 'purchase' AS type, TIMESTAMP '2024-01-01 10:00:00.5' AS time, 'a' AS account",
    ],
    [
      "timestamps with a zone",
      "SELECT 'purchase' AS type, TIMESTAMPTZ '2024-01-01 10:00:00+02' AS time, 'a' AS account",
    ],
    [
      "nanoseconds",
      "SELECT 'purchase' AS type, '2024-01-01 10:00:00.123456789'::TIMESTAMP_NS AS time, 'a' AS account",
    ],
    ["days", "SELECT 'purchase' AS type, DATE '2024-01-01' AS time, 'a' AS account"],
    [
      "times as texts",
      "SELECT 'purchase' AS type, unnest(['2024-01-01T10:00:00Z', '2024-01-01T10:00:00.25Z', '2024-01-01T10:00:00+02:00', '2024-02-30T10:00:00Z', '1700000000', 'soon']) AS time, 'a' AS account",
    ],
    [
      "structs",
      "SELECT 'ad_click' AS type, 1700000000 AS time, 'a' AS account, unnest([{'channel': 'social', 'cost': 1.5::DOUBLE}, {'channel': NULL, 'cost': NULL}, NULL]) AS ad",
    ],
    [
      "structs with fields that are not known",
      "SELECT 'ad_click' AS type, 1700000000 AS time, 'a' AS account, unnest([{'channel': 'social', 'price': 1}, {'channel': 'x', 'price': NULL}]) AS ad",
    ],
    [
      "other spellings",
      "SELECT 'ad_click' AS TYPE, 1700000000 AS Time, 'a' AS \"Account\", 'x' AS \"AD.Channel\"",
    ],
    ["no rows", "SELECT 'purchase' AS type, 1700000000 AS time, 'a' AS account LIMIT 0"],
  ])("reads %s as the parser does", async (_, from) => {
    const path = join(temporaryDirectory(), "events.parquet");
    const found = await readBySql(path, from);
    expect(found).toBeDefined();
    const { lines, refusedCount } = await parse(path);
    expect(found).toMatchObject({ lines, refusedCount });
  });

  test.each([
    [
      "coordinates",
      "SELECT 'purchase' AS type, 1700000000 AS time, 'a' AS account, 52.5::DOUBLE AS \"location.lat\", 13.4::DOUBLE AS \"location.lon\"",
    ],
    [
      "numbers as texts",
      "SELECT 'purchase' AS type, 1700000000 AS time, 'a' AS account, '9.5' AS value",
    ],
    ["fractions as names", "SELECT 'purchase' AS type, 1700000000 AS time, 1.0::DOUBLE AS account"],
    ["no type", "SELECT 1700000000 AS time, 'a' AS account, 'x' AS item"],
  ])("leaves %s to the parser", async (_, from) => {
    expect(await readBySql(join(temporaryDirectory(), "events.parquet"), from)).toBeUndefined();
  });

  test("refuses a column that no event has, as the parser does", async () => {
    const from = "SELECT 'purchase' AS type, 1700000000 AS time, 'a' AS account, 1 AS mood";
    await expect(
      readBySql(join(temporaryDirectory(), "events.parquet"), from),
    ).rejects.toMatchObject({
      code: "FILE_UNREADABLE",
    });
  });
});
