import type { DuckDBConnection } from "@duckdb/node-api";
import { actionColumns } from "../accountSessions.ts";
import type { AccountAssembler } from "./accountAssembler.ts";
import { type CellPlaces, ChunkRows, cellColumns, Selection } from "./chunkRows.ts";
import { actionSource } from "./sourceColumns.ts";
import type { CellColumn, TextColumn } from "./vocabulary.ts";

/** Whose texts are read. */
const named: ReadonlySet<string> = new Set(["action", "genre"]);

/** ACTION in the order of sessions; those without one first. */
export class ActionRows {
  /** How many had no session, of those that were read. */
  orphanCount = 0;
  readonly #rows: ChunkRows;
  readonly #cells: CellPlaces;
  #columns: readonly TextColumn[] = [];
  #cellColumns: readonly (CellColumn | undefined)[] = [];
  /** Of the row that is there; NaN where none is, Infinity at the end. */
  #session = Number.NaN;

  private constructor(rows: ChunkRows, cells: CellPlaces) {
    this.#rows = rows;
    this.#cells = cells;
  }

  static async open(connection: DuckDBConnection, actions: string): Promise<ActionRows> {
    const selection = new Selection();
    selection.add("session_id::DOUBLE");
    selection.add("start::DOUBLE");
    const cells = actionColumns.map((column) =>
      selection.cells(actionSource[column], named.has(column)),
    );
    const kept = actionColumns.map((column) => `action.${actionSource[column]}`).join(", ");
    // Each session of a token that is there twice has its actions: one of them is left out later.
    const query = `SELECT ${selection.expressions.join(", ")} FROM (
      SELECT session.rowid AS session_id, action.start, ${kept}
      FROM ${actions} AS action
      LEFT JOIN account ON account.account = action.account
      LEFT JOIN session ON session.account_id = account.rowid AND session.access_token = action.access_token
      ORDER BY session_id NULLS FIRST)`;
    return new ActionRows(await ChunkRows.open(connection, query), cells);
  }

  /** Adds the actions of sessions `first` to `end - 1`. */
  async takeSessions(assembler: AccountAssembler, first: number, end: number): Promise<void> {
    for (;;) {
      if (Number.isNaN(this.#session)) await this.#next();
      if (this.#session >= end) return;
      this.#addTo(assembler, first);
    }
  }

  /** Gives the row away. */
  #addTo(assembler: AccountAssembler, first: number): void {
    const rows = this.#rows;
    if (this.#columns !== rows.columns) {
      this.#columns = rows.columns;
      this.#cellColumns = cellColumns(this.#cells, rows.columns);
    }
    assembler.addAction(this.#session - first, {
      time: rows.number(1),
      columns: this.#cellColumns,
      row: rows.row,
    });
    this.#session = rows.step() ? rows.number(0) : Number.NaN;
  }

  /** Steps over those without a session. */
  async #next(): Promise<void> {
    for (;;) {
      if (!(await this.#rows.next())) this.#session = Number.POSITIVE_INFINITY;
      else this.#session = this.#rows.number(0);
      if (!Number.isNaN(this.#session)) return;
      this.orphanCount++;
    }
  }
}
