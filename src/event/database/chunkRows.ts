/** Streamed results of DuckDB, row by row, without an object for each. */
import type { DuckDBConnection, DuckDBDataChunk, DuckDBResult } from "@duckdb/node-api";

/** A column of a chunk, as DuckDB's vectors are read. */
export interface ChunkColumn {
  getItem(row: number): unknown;
}

/** The rows of a streamed result, one after the other. */
export class ChunkRows {
  readonly #result: DuckDBResult;
  /** The chunk after the one that is there: fetched while that is worked on. */
  #following: Promise<DuckDBDataChunk | null>;
  /** The chunk is held for its columns, which read its memory and do not hold it. */
  #read: { readonly chunk: DuckDBDataChunk | null; readonly columns: readonly ChunkColumn[] } = {
    chunk: null,
    columns: [],
  };
  #count = 0;
  row = -1;

  private constructor(result: DuckDBResult) {
    this.#result = result;
    this.#following = this.#fetch();
  }

  static async open(connection: DuckDBConnection, query: string): Promise<ChunkRows> {
    return new ChunkRows(await connection.stream(query));
  }

  /** Whether the next row is in the chunk that is there: it is stepped to. */
  step(): boolean {
    if (this.row + 1 >= this.#count) return false;
    this.row++;
    return true;
  }

  /** Goes to the next row; false at the end. */
  async next(): Promise<boolean> {
    if (this.step()) return true;
    const chunk = await this.#following;
    this.#count = chunk?.rowCount ?? 0;
    this.row = -1;
    if (chunk === null || this.#count === 0) return false;
    this.#following = this.#fetch();
    const columns = Array.from({ length: chunk.columnCount }, (_, at) => chunk.getColumnVector(at));
    this.#read = { chunk, columns };
    return this.step();
  }

  #fetch(): Promise<DuckDBDataChunk | null> {
    const following = this.#result.fetchChunk();
    following.catch(() => {}); // told where it is awaited
    return following;
  }

  /** Those of the chunk that is there. */
  get columns(): readonly ChunkColumn[] {
    return this.#read.columns;
  }

  text(column: number): string | null {
    return this.#read.columns[column].getItem(this.row) as string | null; // the query says VARCHAR
  }

  /** NaN where it is missing. */
  number(column: number): number {
    return (this.#read.columns[column].getItem(this.row) as number | null) ?? Number.NaN; // DOUBLE or INTEGER
  }
}
