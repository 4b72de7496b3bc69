/** Conversions with the touches that could earn them, from files. */
import { ChunkRows, quotedText } from "../../event/index.ts";
import type { TouchDimension } from "../history.ts";
import type { ResolvedConversions } from "../resolved.ts";
import { tiers } from "../rules.ts";
import { dimensionColumns, namesOf } from "./dimensions.ts";
import type { EventTables } from "./eventTables.ts";
import { ownerName } from "./identitySql.ts";
import { LatestTouches } from "./latestTouches.ts";
import type { Prepared } from "./prepared.ts";
import { sessionHash, stageTouches } from "./touchTable.ts";

export interface ResolveOptions {
  /** That conversions are grouped by. */
  readonly dimensions: readonly TouchDimension[];
  readonly hasAccounts: boolean;
  readonly hasIds: boolean;
}

/**
 * Finds of each conversion the latest touch of each tier. Rows are sorted in the database, by identity and time, and looked through
 * once. Once for some tables.
 *
 * O(rows · log rows) time; memory as the database is allowed, and at most 100 bytes a conversion beside it.
 */
export async function resolve(
  tables: EventTables,
  options: ResolveOptions,
): Promise<ResolvedConversions> {
  const prepared = await tables.prepare();
  const { dimensions } = options;
  await stageTouches(prepared, dimensions);
  const conversions = await readConversions(prepared, options);
  const latest = new LatestTouches(conversions.count, dimensions.length);
  const codes = dimensions.map((dimension) => `, ${dimensionColumns[dimension]}`).join("");
  const nothing = dimensions.map(() => ", -1").join("");
  const rows = await ChunkRows.open(
    await tables.database.connect(),
    `SELECT key, time::DOUBLE, kind, number, session${codes} FROM (
       SELECT key, time, kind, rowid::INTEGER AS number, session${codes} FROM touch
       UNION ALL SELECT owner.rowid::INTEGER, time, ${tiers.length}, conversion.rowid::INTEGER, ${sessionHash}${nothing}
       FROM conversion JOIN owner USING (owner, is_session, person)
     ) ORDER BY key, time, kind`,
  );
  while (await rows.next()) {
    // Waiting for each row took as long as sorting them.
    do latest.take(rows);
    while (rows.step());
  }
  await settleTies(prepared, tables, latest, codes);
  const { count, times, touchOf, sameSession } = latest;
  const names: Partial<Record<TouchDimension, readonly string[]>> = {};
  for (const dimension of dimensions) names[dimension] = await namesOf(prepared, dimension);
  const ids = options.hasIds ? { ids: await touchIds(prepared, tables, latest) } : {};
  return {
    ...conversions,
    touchOf,
    sameSession,
    touches: {
      count,
      times: times.subarray(0, count),
      codes: Object.fromEntries(
        dimensions.map((dimension, at) => [dimension, latest.codes[at].subarray(0, count)]),
      ),
      names,
      ...ids,
    },
  };
}

type ConversionColumns = Pick<
  ResolvedConversions,
  "count" | "ids" | "times" | "events" | "values" | "accounts" | "accountNames" | "eventNames"
>;

async function readConversions(
  { connection }: Prepared,
  { hasAccounts, hasIds }: ResolveOptions,
): Promise<ConversionColumns> {
  const texts = async (query: string): Promise<string[]> =>
    (await (await connection.run(query)).getRows()).map(([name]) => String(name));
  const eventNames = await texts("SELECT DISTINCT type FROM conversion ORDER BY type");
  const accountNames = hasAccounts
    ? await texts(`SELECT DISTINCT ${ownerName} AS name FROM conversion ORDER BY name`)
    : [];
  const [[total]] = await (await connection.run("SELECT count(*) FROM conversion")).getRows();
  const count = Number(total);
  const [times, values] = [new Float64Array(count), new Float64Array(count)];
  const events = new Uint16Array(count);
  const accounts = new Int32Array(hasAccounts ? count : 0);
  const accountCodes = new Map(accountNames.map((name, code) => [name, code]));
  const cases = eventNames.map((name, code) => `WHEN ${quotedText(name)} THEN ${code}`);
  const eventCode = count === 0 ? "0" : `CASE type ${cases.join(" ")} END`;
  const ids: string[] = [];
  const rows = await ChunkRows.open(
    connection,
    `SELECT time::DOUBLE, value, ${eventCode}, ${ownerName}, id FROM conversion ORDER BY rowid`,
  );
  for (let row = 0; await rows.next(); ) {
    do {
      times[row] = rows.number(0);
      values[row] = rows.number(1);
      events[row] = rows.number(2);
      if (hasAccounts) accounts[row] = accountCodes.get(rows.text(3) ?? "") ?? 0;
      if (hasIds) ids.push(rows.text(4) ?? "");
      row++;
    } while (rows.step());
  }
  return {
    count,
    times,
    events,
    values,
    eventNames,
    ...(hasAccounts ? { accounts, accountNames } : {}),
    ...(hasIds ? { ids } : {}),
  };
}

/** Of touches of one tier at one millisecond the last in order counts. Their ids are read for this alone. */
async function settleTies(
  { connection, events }: Prepared,
  tables: EventTables,
  latest: LatestTouches,
  codes: string,
): Promise<void> {
  const ties = latest.ties.filter(({ place }) => place >= 0);
  if (ties.length === 0) return;
  const tied = await tables.database.createTable("tied", { tie: "INTEGER", number: "INTEGER" });
  for (const [at, { numbers }] of ties.entries()) {
    for (const number of numbers) tied.add([at, number]);
  }
  tied.flush();
  const rows = await ChunkRows.open(
    connection,
    `SELECT tie, number, session${codes} FROM (
       SELECT tied.*, touch.* FROM tied JOIN touch ON touch.rowid = tied.number
     ) AS one JOIN (SELECT file, line, id, source FROM ${events}) AS event USING (file, line)
     QUALIFY row_number() OVER (PARTITION BY tie
       ORDER BY coalesce(id, 'line:' || line) DESC, coalesce(source, '') DESC, file DESC, line DESC) = 1`,
  );
  while (await rows.next()) {
    const found = latest.codes.map((_, at) => rows.number(3 + at));
    latest.settle(ties[rows.number(0)], rows.number(1), rows.number(2), found);
  }
}

async function touchIds(
  { connection, events }: Prepared,
  tables: EventTables,
  { count, numbers }: LatestTouches,
): Promise<string[]> {
  const named = await tables.database.createTable("named", { place: "INTEGER", number: "INTEGER" });
  for (let place = 0; place < count; place++) named.add([place, numbers[place]]);
  named.flush();
  const rows = await ChunkRows.open(
    connection,
    `SELECT place, coalesce(event.id, 'line:' || event.line) FROM named JOIN touch ON touch.rowid = named.number
       JOIN (SELECT file, line, id FROM ${events}) AS event USING (file, line)`,
  );
  const ids = new Array<string>(count).fill("");
  while (await rows.next()) ids[rows.number(0)] = rows.text(1) ?? "";
  return ids;
}
