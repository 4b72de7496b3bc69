import type { TouchDimension } from "../history.ts";
import { tiers, touchKindOf } from "../rules.ts";
import { dimensionColumns, stageNames } from "./dimensions.ts";
import type { Prepared } from "./prepared.ts";
import { tierTypes, typeIn } from "./types.ts";

/** 53 bits; −1 where there is no session. */
export const sessionHash =
  "CASE WHEN session IS NULL THEN -1 ELSE (hash(session) >> 11)::DOUBLE END";

/**
 * Makes the table `owner` of who converted, and the table `touch` of what they saw: `file`, `line`, `key` (the owner's number), `time`,
 * `kind` (a place in `tiers`), `session` (a hash) and, by dimension, the number of its name (−1: it has none).
 */
export async function stageTouches(
  prepared: Prepared,
  dimensions: readonly TouchDimension[],
): Promise<void> {
  const { connection, identified, isByAccount, hasDropped } = prepared;
  await connection.run(
    "CREATE TABLE owner AS SELECT DISTINCT owner, is_session, person FROM conversion",
  );
  const codes: string[] = [];
  for (const dimension of dimensions) {
    const type = await stageNames(prepared, dimension);
    const column = dimensionColumns[dimension];
    codes.push(`coalesce(enum_code(${column}::${type})::INTEGER, -1) AS ${column}`);
  }
  const kinds = tierTypes.map(
    (type) => `WHEN '${type}' THEN ${tiers.indexOf(touchKindOf(type) as never)}`,
  );
  const kept = hasDropped ? "AND (file, line) NOT IN (SELECT (file, line) FROM dropped)" : "";
  await connection.run(
    `CREATE TABLE touch AS SELECT ${[
      "file",
      "line",
      "owner.rowid::INTEGER AS key",
      "time",
      `(CASE type ${kinds.join(" ")} END)::TINYINT AS kind`,
      `${sessionHash} AS session`,
      ...codes,
    ].join(", ")}
     FROM ${identified(typeIn(tierTypes))} AS found JOIN owner ON owner.owner = found.owner ${
       isByAccount
         ? ""
         : "AND owner.is_session = found.is_session AND owner.person = coalesce(found.person, 0)"
     } ${kept}`,
  );
}
