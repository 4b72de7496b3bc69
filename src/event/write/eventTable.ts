/** Events as rows of a table: the columns that `compileColumns` reads. */
import type { Event } from "../event.ts";
import { type Cell, type Column, ColumnKinds } from "./tableTypes.ts";

/** In the order of `Event`. */
const columnNames = [
  "id",
  "type",
  "time",
  "account",
  "session",
  "device",
  "location.city",
  "location.state",
  "location.zip",
  "location.country",
  "location.timeZone",
  "item",
  "artist",
  "playlist",
  "request",
  "position",
  "value",
  "currency",
  "seconds",
  "ad.channel",
  "ad.advertiser",
  "ad.campaign",
  "ad.group",
  "ad.creative",
  "ad.cost",
  "source",
  "country",
  "platform",
];

/** The cells of an event, by column; `context.NAME` for its features. */
export function* cellsOf(event: Event): Generator<[column: string, cell: string | number]> {
  for (const [field, value] of Object.entries(event)) {
    if (typeof value === "string" || typeof value === "number") yield [field, value];
    else yield* cellsWithin(field, value as Readonly<Record<string, string | number>>); // or it is no row
  }
}

function* cellsWithin(
  field: string,
  group: Readonly<Record<string, string | number>>,
): Generator<[string, string | number]> {
  for (const [name, value] of Object.entries(group)) yield [`${field}.${name}`, value];
}

/** The columns that these events need, and the rows of events in them. */
export class EventTable {
  readonly #kinds = new ColumnKinds();

  /** Each event once, before `columns` is asked. */
  note(event: Event): void {
    for (const [column, cell] of cellsOf(event)) this.#kinds.note(column, cell);
  }

  get columns(): readonly Column[] {
    this.#kinds.note("type", ""); // a table without events has its columns, too
    this.#kinds.note("time", 0);
    return this.#kinds
      .columns(columnNames)
      .map(({ name, kind }) => ({ name, kind: name === "time" ? "time" : kind }));
  }
}

/** A row of cells in these columns; columns that the event does not have stay empty. */
export function rowOf(
  columns: readonly Column[],
  cells: Iterable<[string, string | number]>,
): Cell[] {
  const byColumn = new Map<string, string | number>(cells);
  return columns.map(({ name }) => byColumn.get(name));
}
