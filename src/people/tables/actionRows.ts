import type { DuckDBConnection } from "@duckdb/node-api";
import { actionColumns } from "../accountSessions.ts";
import type { AccountAssembler } from "./accountAssembler.ts";
import { type CellPlaces, ChunkRows, cellColumns, Selection } from "./chunkRows.ts";
import { actionSource } from "./sourceColumns.ts";
import type { CellColumn, TextColumn } from "./vocabulary.ts";

/** Whose texts are read. */
const named: ReadonlySet<string> = new Set(["action", "genre"]);

/**
 * What an action and its session are joined by: 64 bits of a hash. Among 10 million sessions the chance that any two are taken for one is
 * 3 · 10^-6, and joining by texts takes twice the time and memory.
 *
 * @param table the name of a table with both columns.
 */
export function sessionKey(table: string): string {
  const [account, token] = [`${table}.account`, `${table}.access_token`];
  return `CASE WHEN ${account} IS NOT NULL AND ${token} IS NOT NULL THEN hash(${account}, ${token}) END`;
}

/** ACTION in the order of sessions; those without one first. */
export class ActionRows {
  /** How many had no session, of those that were read. */
  orphanCount = 0;
  readonly #rows: ChunkRows;
  readonly #cells: CellPlaces;
  /** The place of the session's number in the query. */
  readonly #sessionAt: number;
  #columns: readonly TextColumn[] = [];
  #cellColumns: readonly (CellColumn | undefined)[] = [];
  /** Of the row that is there; NaN where none is, Infinity at the end. */
  #session = Number.NaN;

  private constructor(rows: ChunkRows, cells: CellPlaces, sessionAt: number) {
    this.#rows = rows;
    this.#cells = cells;
    this.#sessionAt = sessionAt;
  }

  static async open(connection: DuckDBConnection, actions: string): Promise<ActionRows> {
    const selection = new Selection();
    selection.add("start::DOUBLE");
    const cells = actionColumns.map((column) =>
      selection.cells(actionSource[column], named.has(column)),
    );
    // What is sorted is narrow: hashes are taken, and texts of songs left behind, before. Each session of a token that is there twice has
    // its actions: one of them is left out later.
    const columns = selection.expressions.map((expression, at) => `${expression} AS c${at}`);
    const query = `SELECT action.* EXCLUDE (key), session.rowid::DOUBLE AS session_id
      FROM (SELECT ${columns.join(", ")}, ${sessionKey("action")} AS key FROM ${actions} AS action) AS action
      LEFT JOIN session ON session.key = action.key
      ORDER BY session.rowid NULLS FIRST`;
    const sessionAt = columns.length;
    return new ActionRows(await ChunkRows.open(connection, query), cells, sessionAt);
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
      time: rows.number(0),
      columns: this.#cellColumns,
      row: rows.row,
    });
    this.#session = rows.step() ? rows.number(this.#sessionAt) : Number.NaN;
  }

  /** Steps over those without a session. */
  async #next(): Promise<void> {
    for (;;) {
      if (!(await this.#rows.next())) this.#session = Number.POSITIVE_INFINITY;
      else this.#session = this.#rows.number(this.#sessionAt);
      if (!Number.isNaN(this.#session)) return;
      this.orphanCount++;
    }
  }
}
