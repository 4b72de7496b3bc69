/** Events of every source, as one relation of SQL: all that attribution asks of files begins here. */
import type { Clock } from "../../core/index.ts";
import {
  type AppendedCell,
  Database,
  type DatabaseOptions,
  type Event,
  type EventBatch,
  linkedAccount,
  openEventFile,
  openParquetEvents,
  type Refusal,
  type RowAppender,
} from "../../event/index.ts";
import type { TouchDimension } from "../history.ts";
import { type MoneySettings, moneyOf } from "../money.ts";
import { touchTypes } from "../rules.ts";
import { stageConversions } from "./conversionTable.ts";
import { findDuplicates } from "./duplicates.ts";
import { stageIdentity } from "./identitySql.ts";
import type { Prepared } from "./prepared.ts";
import { tierTypes } from "./types.ts";

export interface EventTablesOptions extends DatabaseOptions {
  /** Names of the events that are conversions; not those of touches. */
  readonly conversions: readonly string[];
  readonly money?: MoneySettings;
  /**
   * Sessions and their persons, as `foldback people count --assignments` writes them: a CSV with the columns account, access_token and
   * person. Given, histories are of persons.
   */
  readonly persons?: string;
  readonly clock: Clock;
}

/** What was refused of a file. */
export interface RefusedRows {
  readonly count: number;
  /** The first of them. */
  readonly examples: readonly (Refusal & { readonly file: string })[];
}

/** Columns of the relation, but for `file` (INTEGER, by the order of the sources) and `line` (BIGINT, from 1). */
const stagedColumns = {
  time: "BIGINT",
  type: "VARCHAR",
  id: "VARCHAR",
  account: "VARCHAR",
  session: "VARCHAR",
  value: "DOUBLE",
  currency: "VARCHAR",
  source: "VARCHAR",
  channel: "VARCHAR",
  advertiser: "VARCHAR",
  campaign: "VARCHAR",
  ad_group: "VARCHAR",
  creative: "VARCHAR",
  cost: "DOUBLE",
  other_account: "VARCHAR",
} as const;

const columnList = Object.keys(stagedColumns).join(", ");

const examplesMax = 10;

/** Events from files and from logs. Add all, then ask. Close it. */
export class EventTables {
  readonly #database: Database;
  readonly #options: EventTablesOptions;
  readonly #extraTypes: ReadonlySet<string>;
  readonly #relations: string[] = [];
  readonly #examples: (Refusal & { readonly file: string })[] = [];
  /** What the events have, so that nobody looks for what there is not. */
  readonly #traits = { isAnonymous: false, hasLinks: false, currencies: new Set<string>() };
  #refusedCount = 0;
  #appender: RowAppender | undefined;
  #fileCount = 0;
  #prepared: Promise<Prepared> | undefined;

  private constructor(database: Database, options: EventTablesOptions) {
    this.#database = database;
    this.#options = options;
    this.#extraTypes = new Set(options.conversions);
  }

  static async open(options: EventTablesOptions): Promise<EventTables> {
    return new EventTables(await Database.open(options), options);
  }

  get database(): Database {
    return this.#database;
  }

  get conversions(): readonly string[] {
    return this.#options.conversions;
  }

  get refused(): RefusedRows {
    return { count: this.#refusedCount, examples: this.#examples };
  }

  /**
   * Takes a file of events: NDJSON and CSV are read now, Parquet is looked through now and read when it is asked.
   *
   * @param onProgress told how many events of it were read.
   * @throws FoldbackError FILE_UNREADABLE.
   */
  async addFile(path: string, onProgress: (events: number) => void = () => {}): Promise<void> {
    const { clock } = this.#options;
    const extraTypes = this.#extraTypes;
    const source = await openEventFile(path, { clock, order: "file", extraTypes });
    const file = this.#fileCount++;
    const parquet =
      source.format === "parquet"
        ? await openParquetEvents(this.#database, source.name, { clock, extraTypes })
        : undefined;
    if (parquet === undefined) {
      await this.#takeBatches(file, source.batches(), onProgress);
      return;
    }
    const { count, rows } = parquet.unknownTypes;
    this.#refusedCount += count;
    for (const index of rows) {
      const refusal = {
        index,
        field: "type",
        came: "a type that is not known",
        allowed: allowedTypes,
      };
      this.#note({ ...refusal, file: source.name });
    }
    for (const [type, { isAnonymous, currencies }] of parquet.types) {
      if (isAnonymous) this.#traits.isAnonymous = true;
      if (type === "link") this.#traits.hasLinks = true;
      if (!this.#extraTypes.has(type) && !tierTypes.includes(type)) continue;
      for (const currency of currencies) this.#traits.currencies.add(currency);
    }
    this.#relations.push(
      `(SELECT ${file}::INTEGER AS file, line, ${columnList} FROM ${parquet.from})`,
    );
    await this.#takeBatches(file, parquet.others(), onProgress);
  }

  /** Takes events of a stream, which is called so many files: those without an id are `line:N`, N counted from `firstLine`. */
  async addEvents(events: readonly Event[], firstLine: number): Promise<void> {
    if (firstLine === 1) this.#fileCount++;
    for (const [at, event] of events.entries()) {
      await this.#add(this.#fileCount - 1, firstLine + at, event);
    }
  }

  async #takeBatches(
    file: number,
    batches: AsyncIterable<EventBatch>,
    onProgress: (events: number) => void,
  ): Promise<void> {
    let count = 0;
    for await (const { events, rows, refused, name } of batches) {
      for (const [at, event] of events.entries()) {
        await this.#add(file, rows?.[at] ?? count + at + 1, event);
      }
      count += events.length;
      this.#refusedCount += refused.length;
      for (const refusal of refused) this.#note({ ...refusal, file: name });
      onProgress(count);
    }
  }

  #note(refusal: Refusal & { readonly file: string }): void {
    if (this.#examples.length < examplesMax) this.#examples.push(refusal);
  }

  async #add(file: number, line: number, event: Event): Promise<void> {
    if (!this.#matters(event)) return;
    const { type, account, currency, value, ad } = event;
    if (account === undefined) this.#traits.isAnonymous = true;
    if (type === "link") this.#traits.hasLinks = true;
    const amount = this.#extraTypes.has(type) ? value : ad?.cost;
    if (currency !== undefined && amount !== undefined) this.#traits.currencies.add(currency);
    this.#appender ??= await this.#createStaged();
    this.#appender.add(cellsOf(file, line, event));
  }

  /** Touches, conversions, links and logins. */
  #matters({ type, account, session }: Event): boolean {
    const isLogin = account !== undefined && session !== undefined;
    return isLogin || type === "link" || this.#extraTypes.has(type) || touchTypes.has(type);
  }

  async #createStaged(): Promise<RowAppender> {
    this.#relations.push("staged");
    return this.#database.createTable("staged", {
      file: "INTEGER",
      line: "BIGINT",
      ...stagedColumns,
    });
  }

  /** After the last event. Once: what is asked later finds it done. */
  prepare(): Promise<Prepared> {
    this.#prepared ??= this.#prepare();
    return this.#prepared;
  }

  async #prepare(): Promise<Prepared> {
    this.#appender ??= await this.#createStaged();
    this.#appender.flush();
    const connection = await this.#database.connect();
    const all = this.#relations.map((relation) => `SELECT * FROM ${relation}`);
    const events = `(${all.join(" UNION ALL ")})`;
    const { money, persons } = this.#options;
    const { currencies } = this.#traits;
    const identity = await stageIdentity(this.#database, events, { ...this.#traits, persons });
    const prepared = {
      connection,
      events,
      ...identity,
      hasDropped: await findDuplicates(connection, events),
      money: moneyOf([...currencies], money),
      namedDimensions: new Set<TouchDimension>(),
    };
    await stageConversions(prepared, this.conversions);
    return prepared;
  }

  async close(): Promise<void> {
    await this.#database.close();
  }
}

const allowedTypes = "a known type of events, or one that --events names";

function cellsOf(file: number, line: number, event: Event): AppendedCell[] {
  const { ad } = event;
  return [
    file,
    line,
    event.time,
    event.type,
    event.id ?? null,
    event.account ?? null,
    event.session ?? null,
    event.value ?? null,
    event.currency ?? null,
    event.source ?? null,
    ad?.channel ?? null,
    ad?.advertiser ?? null,
    ad?.campaign ?? null,
    ad?.group ?? null,
    ad?.creative ?? null,
    ad?.cost ?? null,
    linkedAccount(event) ?? null,
  ];
}
