/** Descriptions of items and accounts as rows of a table, and as lines of NDJSON. */
import type { Description } from "../description.ts";
import { columnOfProperty } from "../table.ts";

/** Properties whose columns come first, where any has them. */
const firstProperties = ["title", "artist", "categories"];

/** Columns that come first. */
export function firstColumnsOf(kind: Description["kind"]): string[] {
  return [kind, ...firstProperties];
}

/** By column. */
export function* cellsOfDescription({
  kind,
  name,
  properties,
}: Description): Generator<[column: string, cell: string | number]> {
  yield [kind, name];
  for (const [property, value] of Object.entries(properties)) {
    yield [columnOfProperty(kind, property), value];
  }
}

/** As `POST /v1/items` takes it; properties in the order of columns, so that the same description is the same line. */
export function lineOfDescription({ kind, name, properties }: Description): string {
  const names = Object.keys(properties);
  const first = firstProperties.filter((property) => names.includes(property));
  const others = names.filter((property) => !first.includes(property)).sort();
  const sorted = Object.fromEntries(
    [...first, ...others].map((property): [string, string | number] => [
      property,
      properties[property],
    ]),
  );
  return JSON.stringify({ [kind]: name, properties: sorted });
}
