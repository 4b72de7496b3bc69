import type { DuckDBAppender } from "@duckdb/node-api";

type DuckDb = typeof import("@duckdb/node-api");

export type CellType = "VARCHAR" | "INTEGER" | "BIGINT" | "DOUBLE";

/** BIGINT is a number here: what is appended are times and numbers of rows, below 2^53. */
export type AppendedCell = string | number | null;

/** Rows of a chunk, as DuckDB's own. */
const chunkRows = 2048;

/** Rows on their way into a table, a chunk at a time. */
export class RowAppender {
  readonly #duckdb: DuckDb;
  readonly #appender: DuckDBAppender;
  readonly #types: readonly CellType[];
  readonly #columns: (AppendedCell | bigint)[][];

  constructor(duckdb: DuckDb, appender: DuckDBAppender, types: readonly CellType[]) {
    this.#duckdb = duckdb;
    this.#appender = appender;
    this.#types = types;
    this.#columns = types.map(() => []);
  }

  add(cells: readonly AppendedCell[]): void {
    for (let at = 0; at < this.#columns.length; at++) {
      const cell = cells[at];
      const isBig = this.#types[at] === "BIGINT" && cell !== null;
      this.#columns[at].push(isBig ? BigInt(cell) : cell);
    }
    if (this.#columns[0].length === chunkRows) this.#write();
  }

  flush(): void {
    this.#write();
    this.#appender.flushSync();
  }

  close(): void {
    this.#appender.closeSync();
  }

  #write(): void {
    const count = this.#columns[0].length;
    if (count === 0) return;
    const types = this.#types.map((type) => this.#duckdb[type]);
    const chunk = this.#duckdb.DuckDBDataChunk.create(types, count);
    for (const [at, values] of this.#columns.entries()) {
      chunk.setColumnValues(at, values);
      values.length = 0;
    }
    this.#appender.appendDataChunk(chunk);
  }
}
