import { dropConversions } from "./duplicates.ts";
import { minorOf } from "./moneySql.ts";
import type { Prepared } from "./prepared.ts";
import { typeIn } from "./types.ts";

/**
 * Makes the table `conversion`, duplicates left out, in the order of conversions, so that a row's number (`rowid`) is its place: `file`,
 * `line`, `time`, `type`, `id` (that of the event, else `line:N`), `source` (empty where there is none), `account` (or the session),
 * `session`, `value` (minor units), `owner`, `is_session`, `person` (0: nobody known).
 */
export async function stageConversions(
  { connection, identified, money }: Pick<Prepared, "connection" | "identified" | "money">,
  conversions: readonly string[],
): Promise<void> {
  await connection.run(
    `CREATE TABLE found_conversion AS
     SELECT file, line, time, type, coalesce(id, 'line:' || line) AS id, id IS NULL AS is_line, coalesce(source, '') AS source,
       coalesce(account, session) AS account, account IS NULL AS is_nameless, session, coalesce(value, 0) AS raw_value,
       CASE WHEN value IS NULL THEN '' ELSE coalesce(currency, '') END AS currency, ${minorOf("value", money)} AS value, owner, is_session,
       coalesce(person, 0) AS person
     FROM ${identified(typeIn(conversions))}`,
  );
  await dropConversions(connection);
  await connection.run(
    `CREATE TABLE conversion AS SELECT * EXCLUDE (is_line, is_nameless, raw_value, currency) FROM found_conversion ORDER BY time, id, type, source, file, line`,
  );
  await connection.run("DROP TABLE found_conversion");
}
