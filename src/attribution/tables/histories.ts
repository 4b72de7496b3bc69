/** All touches and conversions, an identity at a time: what journeys are made of. */
import { assert } from "../../core/index.ts";
import { ChunkRows, quotedText } from "../../event/index.ts";
import { type Conversion, type History, type Touch, touchDimensions } from "../history.ts";
import { keyOf } from "../identity.ts";
import { type TouchKind, touchKindOf, touchKinds, touchTypes } from "../rules.ts";
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
  const identities = await ChunkRows.open(
    await tables.database.connect(),
    "SELECT rowid::DOUBLE, owner, person FROM identity ORDER BY rowid",
  );
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
        // All touches of one may have been there already, under another.
        do assert(await identities.next(), "rows are of identities");
        while (identities.number(0) < number);
        const person = identities.number(2);
        const key = keyOf(identities.text(1) ?? "", person === 0 ? undefined : person);
        current = { number, key, touches: [], conversions: [] };
      }
      const kind = rows.number(places.kind);
      if (kind < touchKinds.length) current.touches.push(touchAt(rows, touchKinds[kind]));
      else current.conversions.push(conversionAt(rows));
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
  "kind",
  "time",
  "id",
  "session",
  "amount",
  "event",
  "account",
  ...touchDimensions,
] as const;

// Of every column its place in a row.
const places = Object.fromEntries(columns.map((name, at) => [name, at])) as Record<
  (typeof columns)[number],
  number
>;

async function query(prepared: Prepared): Promise<string> {
  const { connection, identified, hasDropped, money } = prepared;
  const kept = hasDropped ? "WHERE (file, line) NOT IN (SELECT (file, line) FROM dropped)" : "";
  const names = Object.values(dimensionColumns);
  // Names come from an ENUM as texts that are there already; read one by one they took most of the time.
  for (const dimension of touchDimensions) await stageNames(prepared, dimension);
  const all = identified(typeIn(touchTypes));
  // Numbers are sorted in a fraction of the time of names.
  await connection.run(
    `CREATE TABLE identity AS SELECT DISTINCT owner, is_session, person FROM (
       SELECT owner, is_session, coalesce(person, 0) AS person FROM ${all} UNION ALL SELECT owner, is_session, person FROM conversion
     ) ORDER BY owner, is_session, person`,
  );
  const kinds = [...touchTypes].map(
    (type) =>
      `WHEN ${quotedText(type)} THEN ${touchKinds.findIndex((kind) => kind === touchKindOf(type))}`,
  );
  const touches = `SELECT owner, is_session, coalesce(person, 0) AS person, CASE type ${kinds.join(" ")} END AS kind, time,
      coalesce(id, 'line:' || line) AS id, session, ${minorOf("cost", money)} AS amount, NULL AS event, NULL AS account,
      ${names.map((name) => `${name}::${name}_name AS ${name}`).join(", ")}, coalesce(source, '') AS source, file, line FROM ${all} ${kept}`;
  const conversions = `SELECT owner, is_session, person, ${touchKinds.length} AS kind, time, id, session, value AS amount, type AS event,
      account, ${names.map((name) => `NULL::${name}_name AS ${name}`).join(", ")}, source, file, line FROM conversion`;
  return `SELECT identity.rowid::INTEGER AS identity, kind, time::DOUBLE, id, session, amount, event, account, ${names.join(", ")}
    FROM (${touches} UNION ALL ${conversions}) JOIN identity USING (owner, is_session, person)
    ORDER BY identity, kind = ${touchKinds.length}, time, id, kind, event, source, file, line`;
}

function touchAt(rows: ChunkRows, kind: TouchKind): Touch {
  const names: { -readonly [K in keyof Touch["names"]]: Touch["names"][K] } = {};
  for (const dimension of touchDimensions) {
    const name = rows.text(places[dimension]);
    if (name !== null) names[dimension] = name;
  }
  const session = rows.text(places.session);
  return {
    time: rows.number(places.time),
    id: rows.text(places.id) ?? "",
    kind,
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
    event: rows.text(places.event) ?? "",
    value: rows.number(places.amount),
    account: rows.text(places.account) ?? "",
    ...(session === null ? {} : { session }),
  };
}
