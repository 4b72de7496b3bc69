/** Items as rows of a table, and as lines of NDJSON. */
import { columnOfProperty, itemColumn } from "../table.ts";

/** What the catalogue says of an item. */
export interface DescribedItem {
  readonly item: string;
  readonly properties: Readonly<Record<string, string | number>>;
}

/** Columns that come first, where any item has them. */
export const firstItemColumns = [itemColumn, "title", "artist", "categories"];

/** The cells of an item, by column. */
export function* cellsOfItem({
  item,
  properties,
}: DescribedItem): Generator<[column: string, cell: string | number]> {
  yield [itemColumn, item];
  for (const [name, value] of Object.entries(properties)) yield [columnOfProperty(name), value];
}

/** As `POST /v1/items` takes it; properties in the order of columns, so that the same item is the same line. */
export function lineOfItem({ item, properties }: DescribedItem): string {
  const names = Object.keys(properties);
  const first = firstItemColumns.filter((name) => names.includes(name));
  const others = names.filter((name) => !first.includes(name)).sort();
  const sorted = Object.fromEntries(
    [...first, ...others].map((name): [string, string | number] => [name, properties[name]]),
  );
  return JSON.stringify({ item, properties: sorted });
}
