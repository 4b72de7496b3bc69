import type { TouchDimension } from "../history.ts";
import { touchTypes } from "../rules.ts";
import type { Prepared } from "./prepared.ts";
import { typeIn } from "./types.ts";

/** The column of each dimension. */
export const dimensionColumns: Record<TouchDimension, string> = {
  channel: "channel",
  advertiser: "advertiser",
  campaign: "campaign",
  group: "ad_group",
  creative: "creative",
};

/**
 * Makes the type of a dimension's names, an ENUM in the order of their UTF-8 bytes.
 *
 * @returns the type's name. The empty text is in it, which no event has: an ENUM of nothing is not allowed.
 */
export async function stageNames(
  { connection, events, namedDimensions }: Prepared,
  dimension: TouchDimension,
): Promise<string> {
  const column = dimensionColumns[dimension];
  const type = `${column}_name`;
  if (namedDimensions.has(dimension)) return type;
  namedDimensions.add(dimension);
  await connection.run(
    `CREATE TYPE ${type} AS ENUM (
       SELECT DISTINCT coalesce(${column}, '') AS name FROM ${events} WHERE ${typeIn(touchTypes)} UNION SELECT '' ORDER BY name)`,
  );
  return type;
}

/** What the numbers of a dimension stand for. */
export async function namesOf(
  { connection }: Pick<Prepared, "connection">,
  dimension: TouchDimension,
): Promise<string[]> {
  const type = `${dimensionColumns[dimension]}_name`;
  const found = await connection.run(`SELECT unnest(enum_range(NULL::${type}))::VARCHAR`);
  return (await found.getRows()).map(([name]) => String(name));
}
