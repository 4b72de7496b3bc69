/**
 * The way without any learning: each night a query over what is known, of the share of positives by item, and by item
 * within a segment of accounts or of contexts. Run by DuckDB, in memory.
 */
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { smoothing } from "./encoding.ts";

export interface PopularityTask {
  /** When each example was asked, epoch milliseconds, (examples,). */
  readonly askedAt: Float64Array;
  /** The item of each example, −1 for none, (examples,). */
  readonly items: Int32Array;
  /** What the shares can be split by: for each, the segment of each example, −1 for none, (segments,) of (examples,). */
  readonly segments: readonly Int32Array[];
  /** What became known, in order, (taught,) each: of which example, when, and what. */
  readonly taught: {
    readonly examples: Uint32Array;
    readonly at: Float64Array;
    readonly labels: Float64Array;
    readonly weights: Float64Array;
  };
}

export interface NightlyQuery {
  /** What became known before it counts, and nothing later; epoch milliseconds. */
  readonly knownBefore: number;
  /** Examples that were asked before it are forgotten; epoch milliseconds. */
  readonly askedFrom: number;
  /** Which of the task's segments; −1 for none: by item alone. */
  readonly segment: number;
  /** Without the examples of `holdOut`. */
  readonly withoutHeldOut?: boolean;
}

/** Rows of a chunk, as DuckDB's own. */
const chunkRows = 2048;

export class NightlyPopularity {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #exampleCount: number;

  private constructor(
    instance: DuckDBInstance,
    connection: DuckDBConnection,
    exampleCount: number,
  ) {
    this.#instance = instance;
    this.#connection = connection;
    this.#exampleCount = exampleCount;
  }

  /** Loads the examples once. Close it. */
  static async open(task: PopularityTask): Promise<NightlyPopularity> {
    // Only who asks for this experiment waits for a database to load.
    const { DuckDBInstance, INTEGER, DOUBLE, BIGINT } = await import("@duckdb/node-api");
    const instance = await DuckDBInstance.create(":memory:", {
      threads: "1", // sums of doubles in one order: the same to the bit each time
      memory_limit: "2GB",
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
    });
    const connection = await instance.connect();
    const { askedAt, items, segments, taught } = task;
    const segmentColumns = segments.map((_, at) => `segment${at} INTEGER`);
    await connection.run(
      `CREATE TABLE example (${["i INTEGER, asked_at BIGINT, item INTEGER", ...segmentColumns].join(", ")})`,
    );
    await connection.run(
      "CREATE TABLE taught (sequence INTEGER, i INTEGER, taught_at BIGINT, label DOUBLE, weight DOUBLE)",
    );
    await connection.run("CREATE TABLE held_out (i INTEGER)");
    const codesFrom = (codes: Int32Array) => (row: number) => (codes[row] < 0 ? null : codes[row]);
    await append(connection, "example", askedAt.length, [
      { type: INTEGER, at: (row) => row },
      { type: BIGINT, at: (row) => BigInt(askedAt[row]) },
      { type: INTEGER, at: codesFrom(items) },
      ...segments.map((codes) => ({ type: INTEGER, at: codesFrom(codes) })),
    ]);
    await append(connection, "taught", taught.examples.length, [
      { type: INTEGER, at: (row) => row },
      { type: INTEGER, at: (row) => taught.examples[row] },
      { type: BIGINT, at: (row) => BigInt(taught.at[row]) },
      { type: DOUBLE, at: (row) => taught.labels[row] },
      { type: DOUBLE, at: (row) => taught.weights[row] },
    ]);
    return new NightlyPopularity(instance, connection, askedAt.length);
  }

  /** The examples that a query can leave out, to be judged by them. */
  async holdOut(examples: Uint32Array): Promise<void> {
    const { INTEGER } = await import("@duckdb/node-api");
    await this.#connection.run("DELETE FROM held_out");
    await append(this.#connection, "held_out", examples.length, [
      { type: INTEGER, at: (row) => examples[row] },
    ]);
  }

  /**
   * The nightly query. Of an example that was taught several times what was taught last counts:
   *
   * ```
   * overall  Σ weight · label / Σ weight
   * item     (Σ weight · label + m · overall) / (Σ weight + m)        over its examples;   m = 20
   * both     (Σ weight · label + m · item) / (Σ weight + m)           over those of the segment
   * ```
   */
  async run({ knownBefore, askedFrom, segment, withoutHeldOut }: NightlyQuery): Promise<void> {
    const split = segment < 0 ? "NULL" : `segment${segment}`;
    await this.#connection.run(
      `CREATE OR REPLACE TEMP TABLE known AS
       SELECT item, ${split} AS segment, label, weight
       FROM (
         SELECT i, arg_max(label, sequence) AS label, arg_max(weight, sequence) AS weight
         FROM taught WHERE taught_at < $knownBefore GROUP BY i
       ) JOIN example USING (i)
       WHERE asked_at >= $askedFrom
       ${withoutHeldOut === true ? "AND i NOT IN (SELECT i FROM held_out)" : ""}`,
      { knownBefore: BigInt(Math.ceil(knownBefore)), askedFrom: BigInt(Math.ceil(askedFrom)) },
    );
    await this.#connection.run(
      `CREATE OR REPLACE TEMP TABLE overall AS
       SELECT sum(weight * label) / sum(weight) AS share FROM known`,
    );
    await this.#connection.run(
      `CREATE OR REPLACE TEMP TABLE by_item AS
       SELECT item, (sum(weight * label) + ${smoothing} * any_value(share)) / (sum(weight) + ${smoothing}) AS share
       FROM known, overall WHERE item IS NOT NULL GROUP BY item`,
    );
    await this.#connection.run(
      `CREATE OR REPLACE TEMP TABLE by_item_and_segment AS
       SELECT item, segment,
         (sum(weight * label) + ${smoothing} * any_value(share)) / (sum(weight) + ${smoothing}) AS share
       FROM known JOIN by_item USING (item) WHERE segment IS NOT NULL GROUP BY item, segment`,
    );
  }

  /**
   * What the last query says of each example that was asked in [from, until): the share of its item in its segment,
   * else of its item, else overall.
   *
   * @param segment as in the query. @returns (examples,); NaN of the others.
   */
  async predict(from: number, until: number, segment: number): Promise<Float64Array> {
    const split = segment < 0 ? "NULL" : `segment${segment}`;
    const result = await this.#connection.run(
      `SELECT i, coalesce(pair.share, by_item.share, overall.share) AS share
       FROM example CROSS JOIN overall
       LEFT JOIN by_item ON by_item.item = example.item
       LEFT JOIN by_item_and_segment AS pair ON pair.item = example.item AND pair.segment = ${split}
       WHERE asked_at >= $from AND asked_at < $until`,
      { from: BigInt(Math.ceil(from)), until: BigInt(Math.ceil(until)) },
    );
    const shares = new Float64Array(this.#exampleCount).fill(Number.NaN);
    for (const chunk of await result.fetchAllChunks()) {
      const [rows, values] = [chunk.getColumnValues(0), chunk.getColumnValues(1)];
      for (const [at, row] of rows.entries()) shares[Number(row)] = Number(values[at]);
    }
    return shares;
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

type DuckDb = typeof import("@duckdb/node-api");

interface AppendedColumn {
  readonly type: DuckDb["INTEGER"] | DuckDb["BIGINT"] | DuckDb["DOUBLE"];
  at(row: number): number | bigint | null;
}

async function append(
  connection: DuckDBConnection,
  table: string,
  rowCount: number,
  columns: readonly AppendedColumn[],
): Promise<void> {
  const { DuckDBDataChunk } = await import("@duckdb/node-api");
  const appender = await connection.createAppender(table);
  for (let from = 0; from < rowCount; from += chunkRows) {
    const rows = Array.from({ length: Math.min(chunkRows, rowCount - from) }, (_, i) => from + i);
    const chunk = DuckDBDataChunk.create(
      columns.map(({ type }) => type),
      rows.length,
    );
    for (const [at, column] of columns.entries()) {
      chunk.setColumnValues(
        at,
        rows.map((row) => column.at(row)),
      );
    }
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}
