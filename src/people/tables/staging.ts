/** Where rows of every source wait to be grouped by account. */
import type { DuckDBConnection } from "@duckdb/node-api";
import { Database, type DatabaseOptions, type RowAppender } from "../../event/index.ts";
import { normalised, type RowSource, stagedText } from "./stagedSql.ts";
import { matchColumns, type TableColumn, type TableKind, tableColumns } from "./tableColumns.ts";

/** A row of texts, in the order of `tableColumns`; null where it is missing. */
export type StagedRow = readonly (string | null)[];

/** Rows of both tables, from any number of sources. Close it. */
export class Staging {
  readonly #database: Database;
  readonly #files: string[] = [];
  readonly #sources: Record<TableKind, RowSource[]> = { access: [], action: [] };
  readonly #appenders = new Map<TableKind, RowAppender>();
  /** By item: as large as the catalogue. */
  readonly #genres = new Map<string, string>();

  private constructor(database: Database) {
    this.#database = database;
  }

  static async open(options: DatabaseOptions = {}): Promise<Staging> {
    return new Staging(await Database.open(options));
  }

  /** The names of the sources, by the number that rows have. */
  get files(): readonly string[] {
    return this.#files;
  }

  /** A connection of its own, for a stream that is read beside others; closed with the rest. */
  async connect(): Promise<DuckDBConnection> {
    return this.#database.connect();
  }

  /** Notes a source whose rows are appended. @returns its number. */
  addFile(name: string): number {
    return this.#files.push(name) - 1;
  }

  /**
   * Takes a Parquet file where it is: it is read when rows are grouped.
   *
   * @returns the names of columns that the table does not have.
   * @throws FoldbackError FILE_UNREADABLE where it is none, or lacks what a table needs.
   */
  async addParquet(kind: TableKind, path: string): Promise<readonly string[]> {
    const { scan, columns: described } = await this.#database.describeParquet(path);
    const header = described.map(({ name }) => name);
    const { indexes, unknown } = matchColumns(kind, header, path);
    const columns = new Map<TableColumn, { readonly name: string; readonly type: string }>();
    for (const [at, column] of tableColumns[kind].entries()) {
      if (indexes[at] >= 0) columns.set(column, described[indexes[at]]);
    }
    const file = this.addFile(path);
    this.#sources[kind].push({ from: scan, columns, row: "file_row_number + 1", file: `${file}` });
    return unknown;
  }

  /** Appends a row of a file that is no Parquet. */
  async append(kind: TableKind, file: number, row: number, cells: StagedRow): Promise<void> {
    (this.#appenders.get(kind) ?? (await this.#createTable(kind))).add([file, row, ...cells]);
  }

  async #createTable(kind: TableKind): Promise<RowAppender> {
    const table = `staged_${kind}`;
    const names = tableColumns[kind];
    const texts = Object.fromEntries(names.map((name) => [name, "VARCHAR" as const]));
    const appender = await this.#database.createTable(table, {
      file: "INTEGER",
      row: "BIGINT",
      ...texts,
    });
    this.#appenders.set(kind, appender);
    const columns = new Map<TableColumn, { readonly name: string; readonly type: string }>();
    for (const name of names) columns.set(name, { name, type: stagedText });
    this.#sources[kind].push({ from: table, columns, row: "row", file: "file" });
    return appender;
  }

  /** The genre of actions of a song that give none; empty: none. The last one said holds. */
  setGenre(song: string, genre: string): void {
    if (genre === "") this.#genres.delete(song);
    else this.#genres.set(song, genre);
  }

  /** All rows of ACCESS, as `normalised` says, for after FROM. After the last row. */
  async accessRows(): Promise<string> {
    if (this.#sources.access.length === 0) await this.#createTable("access");
    return this.#union("access");
  }

  /** The same of ACTION; undefined where there is none. */
  async actionRows(): Promise<string | undefined> {
    if (this.#sources.action.length === 0) return undefined;
    const all = this.#union("action");
    if (this.#genres.size === 0) return all;
    await this.#writeGenres();
    return `(SELECT action.* REPLACE (coalesce(action.genre, song.genre) AS genre)
      FROM ${all} AS action LEFT JOIN song ON song.song_id = action.song_id)`;
  }

  #union(kind: TableKind): string {
    this.#appenders.get(kind)?.flush();
    return `(${this.#sources[kind].map((source) => normalised(kind, source)).join(" UNION ALL ")})`;
  }

  async #writeGenres(): Promise<void> {
    const connection = await this.connect();
    await connection.run("DROP TABLE IF EXISTS song");
    const song = await this.#database.createTable("song", { song_id: "VARCHAR", genre: "VARCHAR" });
    for (const pair of this.#genres) song.add(pair);
    song.flush();
  }

  async close(): Promise<void> {
    await this.#database.close();
  }
}
