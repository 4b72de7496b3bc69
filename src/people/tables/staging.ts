/** Where rows of every source wait to be grouped by account: DuckDB, in memory and, beyond a limit, in a directory of its own. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import type { DuckDBAppender, DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { unreadable } from "../../event/index.ts";
import { normalised, quotedText, type RowSource, stagedText } from "./stagedSql.ts";
import { matchColumns, type TableColumn, type TableKind, tableColumns } from "./tableColumns.ts";

type DuckDb = typeof import("@duckdb/node-api");

export interface StagingOptions {
  /** Threads that read, join and sort. Default: as many as cores. */
  readonly threads?: number;
  /** Beyond it rows go to disk, in bytes. Default: half of the machine's memory. */
  readonly memoryBytes?: number;
  /** Where a directory for them is made, and removed at the end. Default: `TMPDIR`. */
  readonly directory?: string;
}

/** A row of texts, in the order of `tableColumns`; null where it is missing. */
export type StagedRow = readonly (string | null)[];

/** Rows of a chunk, as DuckDB's own. */
const chunkRows = 2048;

/** Rows of both tables, from any number of sources. Close it. */
export class Staging {
  readonly #duckdb: DuckDb;
  readonly #instance: DuckDBInstance;
  readonly #connections: DuckDBConnection[] = [];
  readonly #directory: string;
  readonly #files: string[] = [];
  readonly #sources: Record<TableKind, RowSource[]> = { access: [], action: [] };
  readonly #appenders = new Map<TableKind, StagedAppender>();
  /** By item: as large as the catalogue. */
  readonly #genres = new Map<string, string>();

  private constructor(duckdb: DuckDb, instance: DuckDBInstance, directory: string) {
    this.#duckdb = duckdb;
    this.#instance = instance;
    this.#directory = directory;
  }

  static async open(options: StagingOptions = {}): Promise<Staging> {
    // Only who counts people waits for a database to load.
    const duckdb = await import("@duckdb/node-api");
    const directory = await mkdtemp(join(options.directory ?? tmpdir(), "foldback-people-"));
    const memoryBytes = options.memoryBytes ?? totalmem() / 2;
    const instance = await duckdb.DuckDBInstance.create(":memory:", {
      threads: String(options.threads ?? availableParallelism()),
      memory_limit: `${Math.ceil(memoryBytes / 1_000_000)}MB`,
      temp_directory: directory,
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
    });
    const staging = new Staging(duckdb, instance, directory);
    // Casting a TIMESTAMP WITH TIME ZONE would otherwise depend on where the machine stands.
    await (await staging.connect()).run("SET TimeZone = 'UTC'");
    return staging;
  }

  /** The names of the sources, by the number that rows have. */
  get files(): readonly string[] {
    return this.#files;
  }

  /** A connection of its own, for a stream that is read beside others; closed with the rest. */
  async connect(): Promise<DuckDBConnection> {
    const connection = await this.#instance.connect();
    this.#connections.push(connection);
    return connection;
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
    if (!existsSync(path)) throw unreadable(path, "no such file", "a file that is there");
    const scan = `read_parquet(${quotedText(path)}, file_row_number = true)`;
    const described = await this.#describe(path, scan);
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

  async #describe(path: string, scan: string): Promise<{ name: string; type: string }[]> {
    const connection = await this.connect();
    try {
      const query = `DESCRIBE SELECT * EXCLUDE (file_row_number) FROM ${scan}`;
      const rows = await (await connection.run(query)).getRows();
      return rows.map(([name, type]) => ({ name: String(name), type: String(type) }));
    } catch (cause) {
      throw unreadable(path, String(cause), "a Parquet file that is whole", cause);
    }
  }

  /** Appends a row of a file that is no Parquet. */
  async append(kind: TableKind, file: number, row: number, cells: StagedRow): Promise<void> {
    (this.#appenders.get(kind) ?? (await this.#createTable(kind))).add(file, row, cells);
  }

  async #createTable(kind: TableKind): Promise<StagedAppender> {
    const table = `staged_${kind}`;
    const names = tableColumns[kind];
    const list = names.map((name) => `${name} VARCHAR`).join(", ");
    const connection = await this.connect();
    await connection.run(`CREATE TABLE ${table} (file INTEGER, row BIGINT, ${list})`);
    const appender = new StagedAppender(
      this.#duckdb,
      await connection.createAppender(table),
      names.length,
    );
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
    await connection.run("CREATE OR REPLACE TABLE song (song_id VARCHAR, genre VARCHAR)");
    const { DuckDBDataChunk, VARCHAR } = this.#duckdb;
    const appender = await connection.createAppender("song");
    const all = [...this.#genres];
    for (let at = 0; at < all.length; at += chunkRows) {
      const part = all.slice(at, at + chunkRows);
      const chunk = DuckDBDataChunk.create([VARCHAR, VARCHAR], part.length);
      for (const column of [0, 1] as const)
        chunk.setColumnValues(
          column,
          part.map((pair) => pair[column]),
        );
      appender.appendDataChunk(chunk);
    }
    appender.closeSync();
  }

  async close(): Promise<void> {
    for (const appender of this.#appenders.values()) appender.close();
    for (const connection of this.#connections) connection.closeSync();
    this.#instance.closeSync();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** Rows on their way into a staged table, a chunk at a time. */
class StagedAppender {
  readonly #duckdb: DuckDb;
  readonly #appender: DuckDBAppender;
  readonly #files: number[] = [];
  readonly #rows: bigint[] = [];
  readonly #columns: (string | null)[][];

  constructor(duckdb: DuckDb, appender: DuckDBAppender, columnCount: number) {
    this.#duckdb = duckdb;
    this.#appender = appender;
    this.#columns = Array.from({ length: columnCount }, () => []);
  }

  add(file: number, row: number, cells: StagedRow): void {
    this.#files.push(file);
    this.#rows.push(BigInt(row));
    for (const [at, column] of this.#columns.entries()) column.push(cells[at]);
    if (this.#files.length === chunkRows) this.#write();
  }

  flush(): void {
    this.#write();
    this.#appender.flushSync();
  }

  close(): void {
    this.#appender.closeSync();
  }

  #write(): void {
    const count = this.#files.length;
    if (count === 0) return;
    const { DuckDBDataChunk, BIGINT, INTEGER, VARCHAR } = this.#duckdb;
    const types = [INTEGER, BIGINT, ...this.#columns.map(() => VARCHAR)];
    const chunk = DuckDBDataChunk.create(types, count);
    for (const [at, values] of [this.#files, this.#rows, ...this.#columns].entries()) {
      chunk.setColumnValues(at, values);
      values.length = 0;
    }
    this.#appender.appendDataChunk(chunk);
  }
}
