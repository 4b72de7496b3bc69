import type { DuckDBConnection } from "@duckdb/node-api";
import { assert } from "../../core/index.ts";
import { type ChunkColumn, ChunkRows } from "../../event/index.ts";
import { accessColumns } from "../accountSessions.ts";
import type { AccountAssembler } from "./accountAssembler.ts";
import { sessionKey } from "./actionRows.ts";
import { type CellPlaces, cellColumns, Selection } from "./selection.ts";
import { accessSource } from "./sourceColumns.ts";
import type { CellColumn } from "./vocabulary.ts";

/** Places in the query of what not every table has; undefined where none has it. */
type OptionalPlaces = Record<
  "start" | "offset_minutes" | "lat" | "lon" | "country" | "time_zone",
  number | undefined
>;

/** ACCESS in the order of accounts. */
export class SessionRows {
  readonly #rows: ChunkRows;
  readonly #cells: CellPlaces;
  readonly #places: OptionalPlaces;
  #columns: readonly ChunkColumn[] = [];
  #cellColumns: readonly (CellColumn | undefined)[] = [];

  private constructor(rows: ChunkRows, cells: CellPlaces, places: OptionalPlaces) {
    this.#rows = rows;
    this.#cells = cells;
    this.#places = places;
  }

  static async open(
    connection: DuckDBConnection,
    lacking: ReadonlySet<string>,
  ): Promise<SessionRows> {
    const selection = new Selection();
    selection.add("rowid::DOUBLE");
    selection.add(sessionKey("session"));
    const cells = accessColumns.map((column) => {
      const name = accessSource[column];
      return lacking.has(name) ? undefined : selection.cells(name, true);
    });
    const optional = (name: string, expression: string): number | undefined =>
      lacking.has(name) ? undefined : selection.add(expression);
    const places = {
      start: optional("start", "start::DOUBLE"),
      offset_minutes: optional("start", "offset_minutes::INTEGER"),
      lat: optional("lat", "lat"),
      lon: optional("lon", "lon"),
      country: optional("country", "country"),
      time_zone: optional("time_zone", "time_zone"),
    };
    const query = `SELECT ${selection.expressions.join(", ")} FROM session`;
    return new SessionRows(await ChunkRows.open(connection, query), cells, places);
  }

  /** Adds the rows of the next account, which are as many as it has tokens, in the order of these. @param first the number of the first. */
  async takeAccount(
    assembler: AccountAssembler,
    tokens: readonly string[],
    first: number,
  ): Promise<void> {
    for (const [index, token] of tokens.entries()) {
      if (!this.#rows.step()) assert(await this.#rows.next(), "each token has its row");
      assert(
        this.#rows.number(0) === first + index,
        "a table is read in the order it was written in",
      );
      this.#addTo(assembler, token);
    }
  }

  #addTo(assembler: AccountAssembler, token: string): void {
    const rows = this.#rows;
    if (this.#columns !== rows.columns) {
      this.#columns = rows.columns;
      this.#cellColumns = cellColumns(this.#cells, rows.columns);
    }
    const { start, offset_minutes, lat, lon, country, time_zone } = this.#places;
    assembler.addSession(
      {
        token,
        key: rows.number(1),
        start: start === undefined ? Number.NaN : rows.number(start),
        offsetMinutes: offset_minutes === undefined ? Number.NaN : rows.number(offset_minutes),
        latitude: lat === undefined ? Number.NaN : rows.number(lat),
        longitude: lon === undefined ? Number.NaN : rows.number(lon),
        country: country === undefined ? null : rows.text(country),
        timeZone: time_zone === undefined ? null : rows.text(time_zone),
      },
      this.#cellColumns,
      rows.row,
    );
  }
}
