/** What touches cost, by group: from the events, or from a file that says it. */
import { dayMs } from "../../core/index.ts";
import { ChunkRows, readRows, renderText, unreadable } from "../../event/index.ts";
import { FixedSums, fractionUnits } from "../fixedSums.ts";
import type { GridKey } from "../grid/gridSettings.ts";
import { touchDimensions } from "../history.ts";
import type { Money } from "../money.ts";
import { periodAt, periodName, periods } from "../periods.ts";
import type { TouchCosts } from "../resolved.ts";
import { notSet } from "../rules.ts";
import { columnPlaces } from "./columnPlaces.ts";
import { dimensionColumns } from "./dimensions.ts";
import type { EventTables } from "./eventTables.ts";
import { ownerName } from "./identitySql.ts";
import { minorOf } from "./moneySql.ts";
import { tierTypes, typeIn } from "./types.ts";

/** Of all clicks, engaged views and views of the events, each once; days, weeks and months are those of the touch. */
export async function costsOf(tables: EventTables, by: readonly GridKey[]): Promise<TouchCosts> {
  const { events, identified, hasDropped, money } = await tables.prepare();
  const kept = hasDropped ? "AND (file, line) NOT IN (SELECT (file, line) FROM dropped)" : "";
  const ofTiers = typeIn(tierTypes);
  const touches = by.includes("account")
    ? identified(ofTiers)
    : `(SELECT * FROM ${events} WHERE ${ofTiers})`;
  const cells = by.map((key, at) => {
    const dimension = touchDimensions.find((one) => one === key);
    if (dimension !== undefined) return `${dimensionColumns[dimension]} AS key${at}`;
    if (key === "account") return `${ownerName} AS key${at}`;
    return `(time // ${dayMs})::VARCHAR AS key${at}`;
  });
  const keys = by.map((_, at) => `key${at}, `).join("");
  // Whole numbers add up exactly, in any order.
  const rows = await ChunkRows.open(
    await tables.database.connect(),
    `SELECT ${keys}coalesce(sum(floor(cost)), 0)::DOUBLE,
       coalesce(sum(round((cost - floor(cost)) * ${fractionUnits})::BIGINT), 0)::VARCHAR FROM (
       SELECT ${[...cells, `${minorOf("cost", money)} AS cost`].join(", ")}
       FROM ${touches} WHERE cost IS NOT NULL ${kept}
     ) GROUP BY ALL`,
  );
  const groups = new CostGroups();
  while (await rows.next()) {
    const names = by.map((key, at) => {
      const cell = rows.text(at);
      if (cell === null) return notSet;
      const period = periods.find((one) => one === key);
      return period === undefined
        ? cell
        : periodName(periodAt(Number(cell) * dayMs, period), period);
    });
    const fraction = BigInt(rows.text(by.length + 1) ?? "0");
    const whole = rows.number(by.length) + Number(fraction / BigInt(fractionUnits));
    groups.add(names, whole, Number(fraction % BigInt(fractionUnits)));
  }
  return groups;
}

/**
 * Reads a CSV of costs: the column `cost`, in units of the report's currency, and one for each key.
 *
 * @throws FoldbackError FILE_UNREADABLE where a column is missing, or a cost is none.
 */
export async function readCosts(
  path: string,
  by: readonly GridKey[],
  { minorUnits }: Pick<Money, "minorUnits">,
): Promise<TouchCosts> {
  const groups = new CostGroups();
  const names = [...by, "cost"];
  let places: readonly number[] | undefined;
  let row = 0;
  for await (const { rows } of readRows(path, { delimiter: ",", quotes: true })) {
    for (const cells of rows) {
      row++;
      if (cells === undefined || (cells.length === 1 && cells[0] === "")) continue;
      if (places === undefined) {
        places = columnPlaces(cells, names, {
          path,
          allowed: `cost, and each key that is grouped by (${names.join(", ")})`,
        });
        continue;
      }
      const found = places.map((at) => (cells[at] ?? "").trim());
      const written = found[by.length];
      const cost = Number(written);
      if (written === "" || !Number.isFinite(cost) || cost < 0) {
        const came = `row ${row} with the cost "${renderText(written)}"`;
        throw unreadable(path, came, "numbers from 0, such as 12.50");
      }
      groups.add(
        by.map((_, at) => (found[at] === "" ? notSet : found[at])),
        cost * minorUnits,
        0,
      );
    }
  }
  if (places === undefined) throw unreadable(path, "no rows", `a header with ${names.join(", ")}`);
  return groups;
}

/** Sums by the names of groups. */
export class CostGroups implements TouchCosts {
  readonly groups: string[][] = [];
  readonly sums = new FixedSums();
  readonly #places = new Map<string, number>();

  add(names: string[], whole: number, fractionOf: number): void {
    this.addAt(this.placeOf(names), whole, fractionOf);
  }

  /** Where the group stands; made where there is none. */
  placeOf(names: string[]): number {
    const key = JSON.stringify(names);
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const place = this.groups.push(names) - 1;
    this.#places.set(key, place);
    return place;
  }

  addAt(place: number, whole: number, fractionOf: number): void {
    this.sums.add(place, whole);
    this.sums.addUnits(place, fractionOf);
  }
}
