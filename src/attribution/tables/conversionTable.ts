import { dropConversions } from "./duplicates.ts";
import type { Prepared } from "./eventTables.ts";
import { minorOf } from "./moneySql.ts";
import { typeIn } from "./types.ts";

/**
 * Makes the table `conversion`, duplicates left out: `file`, `line`, `time`, `type`, `id` (that of the event, else `line:N`), `is_line`,
 * `source` (empty where there is none), `account` (or the session), `session`, `value` (minor units), `owner`, `is_session`, `person`.
 */
export async function stageConversions(
  { connection, identified, money }: Prepared,
  conversions: readonly string[],
): Promise<void> {
  await connection.run(
    `CREATE TABLE IF NOT EXISTS conversion AS
     SELECT file, line, time, type, coalesce(id, 'line:' || line) AS id, id IS NULL AS is_line, coalesce(source, '') AS source,
       coalesce(account, session) AS account, session, ${minorOf("value", money)} AS value, owner, is_session, person
     FROM ${identified(typeIn(conversions))}`,
  );
  await dropConversions(connection);
}
