/** Events that are there twice. */
import type { DuckDBConnection } from "@duckdb/node-api";
import { duplicateWindowMs, touchTypes } from "../rules.ts";
import { dimensionColumns } from "./dimensions.ts";
import { typeIn } from "./types.ts";

/**
 * Makes the table `dropped` (file, line) of touches that are there already: of one source, type and id the smallest time stays; at one
 * time the one of the smallest account (or session), then the smallest by all that it says, so that it is the same one in any order.
 *
 * Hashes find who could be meant: grouping all texts takes three times as long, and few are there twice. (A filter of bits in JavaScript
 * instead takes longer: 5 million hashes have to get there.)
 *
 * @returns whether there are any.
 */
export async function findDuplicates(
  connection: DuckDBConnection,
  events: string,
): Promise<boolean> {
  const touches = `SELECT * FROM ${events} WHERE id IS NOT NULL AND ${typeIn(touchTypes)}`;
  const hash = "hash(type, id, coalesce(source, ''))";
  const names = Object.values(dimensionColumns).map((column) => `coalesce(${column}, '')`);
  await connection.run(
    `CREATE TABLE repeated AS SELECT hash FROM (SELECT ${hash} AS hash FROM (${touches})) GROUP BY hash HAVING count(*) > 1`,
  );
  const [[count]] = await (await connection.run("SELECT count(*) FROM repeated")).getRows();
  if (Number(count) === 0) return false;
  await connection.run(
    `CREATE TABLE dropped AS SELECT file, line FROM (${touches}) WHERE ${hash} IN (FROM repeated)
     QUALIFY row_number() OVER (PARTITION BY type, id, coalesce(source, '')
       ORDER BY time, coalesce(account, session), account IS NULL, coalesce(session, ''), ${names.join(", ")},
         CASE WHEN cost IS NULL THEN '' ELSE coalesce(currency, '') END, coalesce(cost, -1), file, line) > 1`,
  );
  return true;
}

/**
 * Takes duplicates out of the table `found_conversion`: of one source, name and id a later one within 48 hours of the one that was kept last.
 * At one time the order is that of touches.
 */
export async function dropConversions(connection: DuckDBConnection): Promise<void> {
  const found = await connection.run(
    `SELECT dense_rank() OVER (ORDER BY type, id, source)::INTEGER AS number, time::DOUBLE, rowid::DOUBLE FROM found_conversion
     WHERE (NOT is_line) AND hash(type, id, source) IN (
       SELECT hash(type, id, source) AS hash FROM found_conversion WHERE NOT is_line GROUP BY hash HAVING count(*) > 1)
     ORDER BY number, time, account, is_nameless, coalesce(session, ''), currency, raw_value, file, line`,
  );
  const dropped: number[] = [];
  let [kept, keptTime] = [0, 0];
  for (const [number, time, row] of (await found.getRows()) as number[][]) {
    if (number === kept && time - keptTime <= duplicateWindowMs) dropped.push(row);
    else [kept, keptTime] = [number, time];
  }
  if (dropped.length === 0) return;
  await connection.run(`DELETE FROM found_conversion WHERE rowid IN (${dropped.join(", ")})`);
}
