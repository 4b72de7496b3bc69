/** All touches and conversions, an identity at a time: what journeys are made of. */
import { ChunkRows } from "../../event/index.ts";
import { type Conversion, type History, type Touch, touchDimensions } from "../history.ts";
import { keyOf } from "../identity.ts";
import { touchKindOf, touchTypes } from "../rules.ts";
import { dimensionColumns, stageNames } from "./dimensions.ts";
import type { EventTables } from "./eventTables.ts";
import { minorOf } from "./moneySql.ts";
import type { Prepared } from "./prepared.ts";
import { typeIn } from "./types.ts";

/**
 * Gives the histories of all identities, in the order of their accounts (or sessions) as UTF-8 bytes, then persons; each once. The same
 * for any order of the rows.
 *
 * O(rows · log rows) time; memory as the database is allowed, then that of the largest history.
 */
export async function* histories(tables: EventTables): AsyncGenerator<History> {
  const prepared = await tables.prepare();
  const rows = await ChunkRows.open(await tables.database.connect(), await query(prepared));
  let current: { number: number; key: string; touches: Touch[]; conversions: Conversion[] } = {
    number: -1,
    key: "",
    touches: [],
    conversions: [],
  };
  while (await rows.next()) {
    do {
      const number = rows.number(places.identity);
      if (number !== current.number) {
        if (current.number >= 0) yield historyOf(current);
        const person = rows.number(places.person);
        const key = keyOf(rows.text(places.owner) ?? "", person === 0 ? undefined : person);
        current = { number, key, touches: [], conversions: [] };
      }
      if (rows.number(places.isConversion) === 1) current.conversions.push(conversionAt(rows));
      else current.touches.push(touchAt(rows));
    } while (rows.step());
  }
  if (current.number >= 0) yield historyOf(current);
}

/** The latest time of any touch or conversion, duplicates left out, epoch ms; −∞ of none. */
export async function endOfData(tables: EventTables): Promise<number> {
  const { connection, identified, hasDropped } = await tables.prepare();
  const kept = hasDropped ? "WHERE (file, line) NOT IN (SELECT (file, line) FROM dropped)" : "";
  const result = await connection.run(
    `SELECT max(time)::DOUBLE FROM (SELECT time FROM ${identified(typeIn(touchTypes))} ${kept} UNION ALL SELECT time FROM conversion)`,
  );
  const [[time]] = await result.getRows();
  return typeof time === "number" ? time : Number.NEGATIVE_INFINITY;
}

function historyOf({ key, touches, conversions }: History): History {
  return { key, touches, conversions };
}

const columns = [
  "identity",
  "owner",
  "person",
  "isConversion",
  "time",
  "id",
  "type",
  "session",
  "account",
  "amount",
  ...touchDimensions,
] as const;

// Of every column its place in a row.
const places = Object.fromEntries(columns.map((name, at) => [name, at])) as Record<
  (typeof columns)[number],
  number
>;

async function query(prepared: Prepared): Promise<string> {
  const { identified, hasDropped, money } = prepared;
  const kept = hasDropped ? "WHERE (file, line) NOT IN (SELECT (file, line) FROM dropped)" : "";
  const names = Object.values(dimensionColumns);
  // Names come from an ENUM as texts that are there already; read one by one they took most of the time.
  for (const dimension of touchDimensions) await stageNames(prepared, dimension);
  const touches = `SELECT owner, is_session, coalesce(person, 0) AS person, 0 AS is_conversion, time, coalesce(id, 'line:' || line) AS id, type, session,
      NULL AS account, ${minorOf("cost", money)} AS amount, ${names.map((name) => `${name}::${name}_name AS ${name}`).join(", ")}, coalesce(source, '') AS source, file, line
    FROM ${identified(typeIn(touchTypes))} ${kept}`;
  const conversions = `SELECT owner, is_session, person, 1 AS is_conversion, time, id, type, session, account, value AS amount,
      ${names.map((name) => `NULL::${name}_name AS ${name}`).join(", ")}, source, file, line FROM conversion`;
  return `SELECT (hash(owner, is_session, person) >> 11)::DOUBLE AS identity, owner, person, is_conversion,
      time::DOUBLE, id, type, session, account, amount, ${names.join(", ")}
    FROM (${touches} UNION ALL ${conversions})
    ORDER BY owner, is_session, person, is_conversion, time, id,
      CASE type WHEN 'ad_click' THEN '0' WHEN 'ad_engaged_view' THEN '1' WHEN 'ad_impression' THEN '2' WHEN 'visit' THEN '3' ELSE type END, source, file, line`;
}

function touchAt(rows: ChunkRows): Touch {
  const type = rows.text(places.type) ?? "";
  const names: { -readonly [K in keyof Touch["names"]]: Touch["names"][K] } = {};
  for (const dimension of touchDimensions) {
    const name = rows.text(places[dimension]);
    if (name !== null) names[dimension] = name;
  }
  const session = rows.text(places.session);
  return {
    time: rows.number(places.time),
    id: rows.text(places.id) ?? "",
    kind: touchKindOf(type) ?? "visit",
    names,
    cost: rows.number(places.amount),
    ...(session === null ? {} : { session }),
  };
}

function conversionAt(rows: ChunkRows): Conversion {
  const session = rows.text(places.session);
  return {
    time: rows.number(places.time),
    id: rows.text(places.id) ?? "",
    event: rows.text(places.type) ?? "",
    value: rows.number(places.amount),
    account: rows.text(places.account) ?? "",
    ...(session === null ? {} : { session }),
  };
}
