/** A Parquet file of events, read where it is: by SQL, and by the parser where SQL can't be sure. */
import type { DuckDBConnection } from "@duckdb/node-api";
import { compileColumns, kindOfColumn, type RowToEvent } from "../columns.ts";
import type { Event } from "../event.ts";
import { maxAheadMs, maxContextKeys, maxContextTextLength, maxTextLength } from "../eventChecks.ts";
import type { EventBatch, EventFileOptions } from "../eventFile.ts";
import { needsOf, parseEvent, typesTaken } from "../parseEvent.ts";
import type { Refusal } from "../refusal.ts";
import type { Database, ParquetColumn } from "./database.ts";
import { quotedName, quotedText } from "./sql.ts";

/** Fields that the query gives, by the names of its columns; each NULL where the event has none. */
const selected = {
  type: "type",
  id: "id",
  account: "account",
  session: "session",
  value: "value",
  currency: "currency",
  source: "source",
  channel: "ad.channel",
  advertiser: "ad.advertiser",
  campaign: "ad.campaign",
  ad_group: "ad.group",
  creative: "ad.creative",
  cost: "ad.cost",
  other_account: "context.account",
} as const;

const numbers: ReadonlySet<string> = new Set(["value", "ad.cost"]);

export interface ParquetEvents {
  /**
   * For after FROM: the events that are surely right, with `line` (BIGINT, the row from 1), `time` (BIGINT, epoch milliseconds) and
   * `type`, `id`, `account`, `session`, `value`, `currency`, `source`, `channel`, `advertiser`, `campaign`, `ad_group`, `creative`, `cost`,
   * `other_account` (of links).
   */
  readonly from: string;
  /** Rows whose type is none that is taken: refused as the parser would. */
  readonly unknownTypes: { readonly count: number; readonly rows: readonly number[] };
  /** All other rows, as the parser takes or refuses them. */
  others(): AsyncGenerator<EventBatch>;
  /** What the file has of each type, all rows taken together. */
  readonly types: ReadonlyMap<string, TypeSummary>;
}

export interface TypeSummary {
  /** Whether a row has no account. */
  readonly isAnonymous: boolean;
  /** Of rows with a value or a cost. */
  readonly currencies: readonly string[];
}

type TypedOptions = Pick<EventFileOptions, "clock" | "extraTypes">;

/**
 * Looks through a file once. What a row needs to be an event is checked as `parseEvent` does, or the row goes through it.
 *
 * @returns undefined where columns have types that only the parser reads: then it is to be read as any file.
 * @throws FoldbackError FILE_UNREADABLE as `openEventFile`.
 */
export async function openParquetEvents(
  database: Database,
  path: string,
  options: TypedOptions,
): Promise<ParquetEvents | undefined> {
  const { scan, columns } = await database.describeParquet(path);
  const names = columns.map(({ name }) => name);
  const compile = { name: path, defaultType: undefined, textsStay: true };
  const toEvent = compileColumns(names, compile);
  const fields = fieldsOf(columns);
  if (fields === undefined || !fields.has("type")) return undefined;
  const now = options.clock.now();
  const types = typesTaken(options.extraTypes).map(quotedText).join(", ");
  const isUnknown = `(${fields.get("type")?.value} NOT IN (${types}))`;
  const isOdd = oddIn(fields, now);
  const connection = await database.connect();
  // What can't be read at all, such as a text that is no UTF-8, the parser reads in its own way.
  const summaries = await summarise(connection, scan, fields, now).catch(() => undefined);
  if (summaries === undefined) return undefined;
  const taken = new Set(typesTaken(options.extraTypes));
  const isClean = summaries.every(({ type, lacks }) => taken.has(type) && !isLacking(type, lacks));
  const state = `CASE WHEN ${isUnknown} THEN 1 WHEN ${isOdd} THEN 2 ELSE 0 END`;
  const found = isClean
    ? []
    : await (
        await connection.run(
          `SELECT state, count(*), list(line ORDER BY line)[1:3] FROM (
             SELECT ${state} AS state, file_row_number + 1 AS line FROM ${scan}
           ) WHERE state > 0 GROUP BY state`,
        )
      ).getRowsJson();
  const unknown = found.find(([which]) => which === 1);
  const odd = found.find(([which]) => which === 2);
  const cells = Object.entries(selected).map(([name, field]) => {
    const none = numbers.has(field) ? "NULL::DOUBLE" : "NULL::VARCHAR";
    const value = fields.get(field)?.value ?? none;
    if (field !== "context.account") return `${value} AS ${name}`;
    return `CASE ${fields.get("type")?.value} WHEN 'link' THEN ${value} END AS ${name}`;
  });
  const where = found.length === 0 ? "" : ` WHERE ${state} = 0`;
  return {
    from: `(SELECT file_row_number + 1 AS line, ${fields.get("time")?.value} AS time, ${cells.join(", ")} FROM ${scan}${where})`,
    unknownTypes: {
      count: Number(unknown?.[1] ?? 0),
      rows: ((unknown?.[2] ?? []) as (string | number)[]).map(Number), // a list of BIGINT
    },
    types: new Map(summaries.map((summary) => [summary.type, summary])),
    others: () =>
      odd === undefined
        ? nothing()
        : parsed(
            database,
            `SELECT file_row_number + 1, ${rawCells(fields)} FROM ${scan} WHERE ${state} = 2`,
            { path, fields, columns, toEvent },
            { ...options, now },
          ),
  };
}

interface Field {
  /** What the parser would read, as SQL; NULL where it is absent. */
  readonly value: string;
  /** True where the parser must look. */
  readonly isOdd: string;
  /** What the file has, as values that the parser knows; times as milliseconds. */
  readonly raw: string;
  readonly isTime: boolean;
  /** The column, and the field of it where it is a struct. */
  readonly column: string;
  readonly inner: string | undefined;
}

/** By the path of the field; undefined where a type is none of those that SQL reads as the parser does. */
function fieldsOf(columns: readonly ParquetColumn[]): Map<string, Field> | undefined {
  const fields = new Map<string, Field>();
  for (const { name, type } of columns) {
    const path = kindOfColumn(name).path;
    const group = path === "ad" || path === "location" || path === "context";
    const parts = group ? structFields(type) : [{ inner: undefined, type }];
    if (parts === undefined) return undefined;
    for (const { inner, type: innerType } of parts) {
      const at = inner === undefined ? path : `${path}.${inner}`;
      const cell =
        inner === undefined ? quotedName(name) : `${quotedName(name)}.${quotedName(inner)}`;
      const field = fieldOf(at, cell, innerType, inner !== undefined);
      if (field === undefined || fields.has(at)) return undefined;
      fields.set(at, { ...field, column: name, inner });
    }
  }
  const contexts = [...fields.keys()].filter((path) => path.startsWith("context.")).length;
  return contexts > maxContextKeys ? undefined : fields;
}

/** The fields of `STRUCT(a VARCHAR, "b c" DOUBLE)`, none of which is itself a struct. */
function structFields(type: string): { inner: string; type: string }[] | undefined {
  const list = /^STRUCT\((.*)\)$/s.exec(type)?.[1];
  if (list === undefined || list.includes("(")) return undefined;
  const parts: { inner: string; type: string }[] = [];
  for (const [, quoted, bare, of] of list.matchAll(
    /(?:"((?:[^"]|"")*)"|(\w+)) ([A-Z_]+(?: [A-Z]+)*)(?:, |$)/g,
  )) {
    parts.push({ inner: bare ?? quoted.replaceAll('""', '"'), type: of });
  }
  return parts;
}

const whole = /^U?(?:TINY|SMALL|BIG)?INT(?:EGER)?$/;
const floating = /^(?:DOUBLE|FLOAT)$/;

function fieldOf(
  path: string,
  cell: string,
  type: string,
  isInner: boolean,
): Omit<Field, "column" | "inner"> | undefined {
  const { kind, isKnown, path: known } = kindOfColumn(path);
  const isTime = type === "DATE" || type.startsWith("TIMESTAMP");
  const raw = isTime ? `epoch_ms(${cell}::TIMESTAMP)` : cell;
  const text = `nullif(${cell}, '')`;
  const plain = { raw, isTime };
  // Names inside of a struct are read as they are written.
  if (isInner && (!isKnown || known !== path))
    return { ...plain, value: cell, isOdd: `${cell} IS NOT NULL` };
  switch (kind) {
    case "text":
      if (type === "VARCHAR") return { ...plain, value: text, isOdd: oddText(cell, maxTextLength) };
      return whole.test(type) ? { ...plain, value: `${cell}::VARCHAR`, isOdd: "FALSE" } : undefined;
    case "number":
      if (path === "location.lat" || path === "location.lon") return undefined;
      if (whole.test(type)) return { ...plain, value: `${cell}::DOUBLE`, isOdd: "FALSE" };
      if (!floating.test(type)) return undefined;
      return { ...plain, value: `${cell}::DOUBLE`, isOdd: `NOT isfinite(${cell})` };
    case "time":
      return timeOf(cell, type, plain);
    case "feature":
      if (type === "VARCHAR")
        return { ...plain, value: text, isOdd: oddText(cell, maxContextTextLength) };
      // Which features an event has says nothing here, but for the other account of a link.
      if (path === "context.account") return undefined;
      if (whole.test(type) || isTime) return { ...plain, value: cell, isOdd: "FALSE" };
      return floating.test(type)
        ? { ...plain, value: cell, isOdd: `NOT isfinite(${cell})` }
        : undefined;
    default:
      return undefined;
  }
}

/** Bytes are at least as many as UTF-16 units. */
function oddText(cell: string, maxLength: number): string {
  return `strlen(${cell}) > ${maxLength} OR contains(${cell}, chr(0))`;
}

/** A bare number below 10^11 is seconds, else milliseconds, as in files of events. */
function timeOf(
  cell: string,
  type: string,
  plain: Pick<Field, "raw" | "isTime">,
): Omit<Field, "column" | "inner"> | undefined {
  if (plain.isTime) return { ...plain, value: `epoch_ms(${cell}::TIMESTAMP)`, isOdd: "FALSE" };
  if (whole.test(type)) {
    const value = `try_cast(CASE WHEN abs(${cell}::HUGEINT) < 100000000000 THEN ${cell}::HUGEINT * 1000 ELSE ${cell}::HUGEINT END AS BIGINT)`;
    return { ...plain, value, isOdd: "FALSE" };
  }
  if (floating.test(type)) {
    const ms = `CASE WHEN abs(${cell}) < 1e11 THEN floor(${cell}::DOUBLE * 1000 + 0.5) ELSE ${cell}::DOUBLE END`;
    return { ...plain, value: `try_cast(${ms} AS BIGINT)`, isOdd: `${ms} <> trunc(${ms})` };
  }
  if (type !== "VARCHAR") return undefined;
  const utc = "\\d{4}-\\d\\d-\\d\\dT([01]\\d|2[0-3]):\\d\\d:\\d\\d(\\.\\d{1,3})?Z";
  const value = `epoch_ms(try_cast(rtrim(${cell}, 'Z') AS TIMESTAMP))`;
  return { ...plain, value, isOdd: `NOT regexp_full_match(${cell}, '${utc}')` };
}

/** What a row may lack that its type needs; `any`: something is odd in itself. */
type Lack =
  | "any"
  | "sender"
  | "account"
  | "item"
  | "itemOrArtist"
  | "value"
  | "ad"
  | "channel"
  | "otherAccount";

type Lacks = Readonly<Record<Lack | "hasItem", string>>;

/** Each as a condition. */
function lacksIn(fields: ReadonlyMap<string, Field>, now: number): Lacks {
  const value = (path: string): string => fields.get(path)?.value ?? "NULL";
  const isAbsent = (path: string): string => (fields.has(path) ? `${value(path)} IS NULL` : "TRUE");
  const ads = ["channel", "advertiser", "campaign", "group", "creative", "cost"];
  const time = value("time");
  const parts = [`${time} IS NULL OR ${time} < 0 OR ${time} > ${now + maxAheadMs}`];
  for (const [path, { value: cell, isOdd }] of fields) {
    if (isOdd !== "FALSE") parts.push(isOdd);
    if (path === "currency") parts.push(`NOT regexp_full_match(${cell}, '[A-Z]{3}')`);
    if (path === "country" || path === "location.country")
      parts.push(`NOT regexp_full_match(${cell}, '[A-Z]{2}')`);
    if (path === "ad.cost" || path === "seconds") parts.push(`${cell} < 0`);
    if (path === "position")
      parts.push(`${cell} < 0 OR ${cell} > 9e15 OR ${cell} <> trunc(${cell})`);
  }
  const other = value("context.account");
  return {
    any: `(${parts.map((part) => `coalesce(${part}, FALSE)`).join(" OR ")})`,
    sender: `(${isAbsent("account")} AND ${isAbsent("session")})`,
    account: `(${isAbsent("account")})`,
    hasItem: fields.has("item") ? `(${value("item")} IS NOT NULL)` : "FALSE",
    item: `(${isAbsent("item")})`,
    itemOrArtist: `(${isAbsent("item")} AND ${isAbsent("artist")})`,
    value: `(${isAbsent("value")})`,
    ad: `(${ads.map((name) => isAbsent(`ad.${name}`)).join(" AND ")})`,
    channel: `(${isAbsent("ad.channel")})`,
    otherAccount: fields.has("context.account")
      ? `(${other} IS NULL OR strlen(${other}) > ${maxTextLength})`
      : "TRUE",
  };
}

/** What of these is wrong in an event of the type. */
function wrongFor(type: string): (keyof Lacks)[] {
  const { sender, item, itemOrArtist, value, ad, channel, otherAccount } = needsOf(type);
  const wrong: (keyof Lacks)[] = ["any"];
  if (sender === "anybody") wrong.push("sender");
  if (sender === "account") wrong.push("account", "hasItem");
  if (item) wrong.push("item");
  if (itemOrArtist) wrong.push("itemOrArtist");
  if (value) wrong.push("value");
  if (ad) wrong.push("ad");
  if (channel) wrong.push("channel");
  if (otherAccount) wrong.push("otherAccount");
  return wrong;
}

/** Descriptions of items are looked at by the parser: they say nothing of anybody. */
function isLacking(type: string, lacks: ReadonlySet<keyof Lacks>): boolean {
  return needsOf(type).sender === "nobody" || wrongFor(type).some((lack) => lacks.has(lack));
}

/** Where a row must go through the parser. */
function oddIn(fields: ReadonlyMap<string, Field>, now: number): string {
  const type = fields.get("type")?.value ?? "NULL";
  const lacks = lacksIn(fields, now);
  const cases = typesTaken().map((name) => {
    const wrong = wrongFor(name).flatMap((lack) => (lack === "any" ? [] : [lacks[lack]]));
    const isOdd = needsOf(name).sender === "nobody" ? "TRUE" : wrong.join(" OR ");
    return `WHEN ${quotedText(name)} THEN ${isOdd}`;
  });
  return `(${type} IS NULL OR ${lacks.any} OR CASE ${type} ${cases.join(" ")} ELSE ${lacks.sender} END)`;
}

interface Summary extends TypeSummary {
  readonly type: string;
  /** What a row of the type lacks. */
  readonly lacks: ReadonlySet<keyof Lacks>;
}

/** By type what its rows lack, all at once: a check of each row by its type would take three times as long. */
async function summarise(
  connection: DuckDBConnection,
  scan: string,
  fields: ReadonlyMap<string, Field>,
  now: number,
): Promise<Summary[]> {
  const lacks = Object.entries(lacksIn(fields, now));
  const value = (path: string): string => fields.get(path)?.value ?? "NULL";
  const currencies = fields.has("currency")
    ? `list(DISTINCT ${value("currency")}) FILTER (${value("value")} IS NOT NULL OR ${value("ad.cost")} IS NOT NULL)`
    : "NULL";
  const found = await connection.run(
    `SELECT ${value("type")} AS type, ${currencies}, ${lacks.map(([, lack]) => `bool_or(${lack})`).join(", ")}
     FROM ${scan} GROUP BY type`,
  );
  return (await found.getRowsJson()).map(([type, codes, ...are]) => ({
    type: typeof type === "string" ? type : "",
    currencies: ((codes ?? []) as (string | null)[]).filter((code) => code !== null), // a list of VARCHAR
    isAnonymous: are[lacks.findIndex(([name]) => name === "account")] === true,
    lacks: new Set(lacks.flatMap(([name], at) => (are[at] === true ? [name as keyof Lacks] : []))), // keys of Lacks
  }));
}

function rawCells(fields: ReadonlyMap<string, Field>): string {
  return [...fields.values()].map(({ raw }) => raw).join(", ");
}

async function* nothing(): AsyncGenerator<EventBatch> {}

interface Table {
  readonly path: string;
  readonly fields: ReadonlyMap<string, Field>;
  readonly columns: readonly ParquetColumn[];
  readonly toEvent: RowToEvent;
}

/** Rows through the parser, as if it had read them itself. */
async function* parsed(
  database: Database,
  query: string,
  table: Table,
  options: TypedOptions & { readonly now: number },
): AsyncGenerator<EventBatch> {
  const connection = await database.connect();
  const result = await connection.stream(query);
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; ) {
    const events: Event[] = [];
    const rows: number[] = [];
    const refused: Refusal[] = [];
    for (const [line, ...cells] of chunk.getRows()) {
      const row = Number(line);
      const result = parseEvent(table.toEvent(rowOf(table, cells)), options, row);
      if (result.ok) {
        events.push(result.event);
        rows.push(row);
      } else refused.push(result.refusal);
    }
    yield { events, rows, refused, name: table.path, bytesRead: 0 };
    chunk = await result.fetchChunk();
  }
}

/** The cells of the file's columns, structs put together again. */
function rowOf({ fields, columns }: Table, cells: readonly unknown[]): unknown[] {
  const byColumn = new Map<string, unknown>();
  let at = 0;
  for (const { column, inner, isTime } of fields.values()) {
    const cell = cells[at++];
    const value = isTime && cell !== null ? new Date(Number(cell)) : cell;
    if (inner === undefined) byColumn.set(column, value);
    else byColumn.set(column, { ...(byColumn.get(column) as object), [inner]: value }); // set below alone
  }
  return columns.map(({ name }) => byColumn.get(name));
}
