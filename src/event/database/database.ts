/** The analytical engine that files are joined and sorted in: DuckDB, in memory and, beyond a limit, in a directory of its own. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { unreadable } from "../eventFile.ts";
import { type CellType, RowAppender } from "./rowAppender.ts";
import { quotedText } from "./sql.ts";

type DuckDb = typeof import("@duckdb/node-api");

export interface DatabaseOptions {
  /** Threads that read, join and sort. Default: as many as cores. */
  readonly threads?: number;
  /** Beyond it rows go to disk, in bytes. Default: half of the machine's memory. */
  readonly memoryBytes?: number;
  /** Where a directory for them is made, and removed at the end. Default: `TMPDIR`. */
  readonly directory?: string;
}

export interface ParquetColumn {
  readonly name: string;
  /** As DuckDB writes it. */
  readonly type: string;
}

/** A database that is gone when it is closed. */
export class Database {
  readonly #duckdb: DuckDb;
  readonly #instance: DuckDBInstance;
  readonly #connections: DuckDBConnection[] = [];
  readonly #appenders: RowAppender[] = [];
  readonly #directory: string;

  private constructor(duckdb: DuckDb, instance: DuckDBInstance, directory: string) {
    this.#duckdb = duckdb;
    this.#instance = instance;
    this.#directory = directory;
  }

  static async open(options: DatabaseOptions = {}): Promise<Database> {
    // Only who analyses files waits for a database to load.
    const duckdb = await import("@duckdb/node-api");
    const directory = await mkdtemp(join(options.directory ?? tmpdir(), "foldback-"));
    const memoryBytes = options.memoryBytes ?? totalmem() / 2;
    const instance = await duckdb.DuckDBInstance.create(":memory:", {
      threads: String(options.threads ?? availableParallelism()),
      memory_limit: `${Math.ceil(memoryBytes / 1_000_000)}MB`,
      temp_directory: directory,
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
    });
    const database = new Database(duckdb, instance, directory);
    // Casting a TIMESTAMP WITH TIME ZONE would otherwise depend on where the machine stands.
    await (await database.connect()).run("SET TimeZone = 'UTC'");
    return database;
  }

  /** A connection of its own, for a stream that is read beside others; closed with the rest. */
  async connect(): Promise<DuckDBConnection> {
    const connection = await this.#instance.connect();
    this.#connections.push(connection);
    return connection;
  }

  /** Makes a table, and what appends rows to it. */
  async createTable(
    table: string,
    columns: Readonly<Record<string, CellType>>,
  ): Promise<RowAppender> {
    const list = Object.entries(columns).map(([name, type]) => `${name} ${type}`);
    const connection = await this.connect();
    await connection.run(`CREATE TABLE ${table} (${list.join(", ")})`);
    const appender = new RowAppender(
      this.#duckdb,
      await connection.createAppender(table),
      Object.values(columns),
    );
    this.#appenders.push(appender);
    return appender;
  }

  /**
   * Looks at a Parquet file.
   *
   * @returns what reads it, for after FROM, with the column `file_row_number` (from 0) beside its own; and these.
   * @throws FoldbackError FILE_UNREADABLE where it is none.
   */
  async describeParquet(
    path: string,
  ): Promise<{ readonly scan: string; readonly columns: readonly ParquetColumn[] }> {
    if (!existsSync(path)) throw unreadable(path, "no such file", "a file that is there");
    const scan = `read_parquet(${quotedText(path)}, file_row_number = true)`;
    const connection = await this.connect();
    try {
      const query = `DESCRIBE SELECT * EXCLUDE (file_row_number) FROM ${scan}`;
      const rows = await (await connection.run(query)).getRows();
      const columns = rows.map(([name, type]) => ({ name: String(name), type: String(type) }));
      return { scan, columns };
    } catch (cause) {
      throw unreadable(path, String(cause), "a Parquet file that is whole", cause);
    }
  }

  async close(): Promise<void> {
    for (const appender of this.#appenders) appender.close();
    for (const connection of this.#connections) connection.closeSync();
    this.#instance.closeSync();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
