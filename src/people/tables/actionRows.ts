import type { DuckDBConnection } from "@duckdb/node-api";
import { type ChunkColumn, ChunkRows } from "../../event/index.ts";
import { actionColumns } from "../accountSessions.ts";
import type { AccountAssembler } from "./accountAssembler.ts";
import { type CellPlaces, cellColumns, Selection } from "./selection.ts";
import { actionSource } from "./sourceColumns.ts";
import type { CellColumn } from "./vocabulary.ts";

/** Whose texts are read. */
const named: ReadonlySet<string> = new Set(["action", "genre"]);

/**
 * What an action finds its session by, within its account: 53 bits of a hash, as for all values; -1 without account or token.
 *
 * @param table the name of a table with both columns.
 */
export function sessionKey(table: string): string {
  const token = `${table}.access_token`;
  return `CASE WHEN ${token} IS NULL THEN -1 ELSE (hash(${token}) >> 11)::DOUBLE END`;
}

/** ACTION in the order of accounts; those without one first. */
export class ActionRows {
  /** How many had no session, of those that were read. */
  orphanCount = 0;
  readonly #rows: ChunkRows;
  readonly #cells: CellPlaces;
  /** The place of the account's number in the query. */
  readonly #accountAt: number;
  #columns: readonly ChunkColumn[] = [];
  #cellColumns: readonly (CellColumn | undefined)[] = [];
  /** Of the row that is there; NaN where none is, Infinity at the end. */
  #account = Number.NaN;

  private constructor(rows: ChunkRows, cells: CellPlaces, accountAt: number) {
    this.#rows = rows;
    this.#cells = cells;
    this.#accountAt = accountAt;
  }

  static async open(connection: DuckDBConnection, actions: string): Promise<ActionRows> {
    const selection = new Selection();
    selection.add("start::DOUBLE");
    selection.add(sessionKey("action"));
    const cells = actionColumns.map((column) =>
      selection.cells(actionSource[column], named.has(column)),
    );
    // What is sorted is narrow: hashes are taken, and texts of songs left behind, before.
    const columns = selection.expressions.map((expression, at) => `${expression} AS c${at}`);
    const query = `SELECT action.* EXCLUDE (account_key), account.rowid::DOUBLE AS account_id
      FROM (SELECT ${columns.join(", ")}, hash(account) AS account_key FROM ${actions} AS action) AS action
      LEFT JOIN account ON account.key = action.account_key
      ORDER BY account.rowid NULLS FIRST`;
    const accountAt = columns.length;
    return new ActionRows(await ChunkRows.open(connection, query), cells, accountAt);
  }

  /** Adds the actions of an account, which come account by account. */
  async takeAccount(assembler: AccountAssembler, account: number): Promise<void> {
    for (;;) {
      if (Number.isNaN(this.#account)) await this.#next();
      if (this.#account > account) return;
      this.#addTo(assembler);
    }
  }

  /** Gives the row away. */
  #addTo(assembler: AccountAssembler): void {
    const rows = this.#rows;
    if (this.#columns !== rows.columns) {
      this.#columns = rows.columns;
      this.#cellColumns = cellColumns(this.#cells, rows.columns);
    }
    const isKnown = assembler.addAction(rows.number(1), {
      time: rows.number(0),
      columns: this.#cellColumns,
      row: rows.row,
    });
    if (!isKnown) this.orphanCount++;
    this.#account = rows.step() ? rows.number(this.#accountAt) : Number.NaN;
  }

  /** Steps over those without an account. */
  async #next(): Promise<void> {
    for (;;) {
      if (!(await this.#rows.next())) this.#account = Number.POSITIVE_INFINITY;
      else this.#account = this.#rows.number(this.#accountAt);
      if (!Number.isNaN(this.#account)) return;
      this.orphanCount++;
    }
  }
}
