/** The groups of an experiment from files. */
import type { Clock } from "../../core/index.ts";
import {
  type Event,
  openEventFile,
  readLines,
  readRows,
  renderText,
  renderValue,
  tableFormatOf,
  unreadable,
} from "../../event/index.ts";
import type { LiftGroup } from "./lift.ts";

export interface GroupOptions {
  /** What the groups are called in the files. */
  readonly test: string;
  readonly control: string;
  /** Events that are conversions, where files have events. */
  readonly conversions: readonly string[];
  readonly clock: Clock;
}

export interface ReadGroups {
  readonly test: LiftGroup;
  readonly control: LiftGroup;
  /** Accounts that are in neither group, and those that are in both: left out. */
  readonly otherAccounts: number;
  readonly mixedAccounts: number;
  /** Events that were refused. */
  readonly refused: number;
}

const liftColumns = ["account", "accounts", "group", "conversions", "value"] as const;

type Cells = Readonly<Partial<Record<(typeof liftColumns)[number], unknown>>>;

interface Account {
  /** Undefined: in neither; null: in both. */
  group: string | undefined | null;
  /** Of its first event that names the group. */
  since: number;
  conversions: number;
  value: number;
}

/**
 * Reads files of accounts, of totals or of events; several are one experiment.
 *
 * - Accounts: CSV or NDJSON with `account`, `group`, `conversions` (how many; default 0, but some row has them) and `value` (default 0); one
 *   row each.
 * - Totals: the same with `accounts`, how many there are, in the place of `account`: `conversions` then are accounts that converted.
 * - Events, in any format that events have: an account is in the group that `context.group` of its events names; its conversions from its
 *   first such event on count.
 *
 * Memory: some 200 bytes an account.
 *
 * @throws FoldbackError FILE_UNREADABLE naming the row.
 */
export async function readGroups(
  paths: readonly string[],
  options: GroupOptions,
): Promise<ReadGroups> {
  const totals = { test: emptyTotals(), control: emptyTotals() };
  const accounts = new Map<string, Account>();
  let refused = 0;
  for (const path of paths) {
    const rows = await tableOf(path);
    if (rows === undefined) refused += await takeEvents(path, accounts, options);
    else await takeRows(path, rows, { accounts, totals, options });
  }
  let [otherAccounts, mixedAccounts] = [0, 0];
  for (const { group, conversions, value } of accounts.values()) {
    if (group === null) mixedAccounts++;
    else if (group !== options.test && group !== options.control) otherAccounts++;
    else {
      const total = group === options.test ? totals.test : totals.control;
      total.accounts++;
      total.converted += Number(conversions > 0);
      total.value += value;
      total.valueSquares += value * value;
    }
  }
  return {
    test: groupOf(totals.test),
    control: groupOf(totals.control),
    otherAccounts,
    mixedAccounts,
    refused,
  };
}

interface Totals {
  accounts: number;
  converted: number;
  value: number;
  /** NaN once a total came without them. */
  valueSquares: number;
}

function emptyTotals(): Totals {
  return { accounts: 0, converted: 0, value: 0, valueSquares: 0 };
}

function groupOf({ valueSquares, ...totals }: Totals): LiftGroup {
  return { ...totals, ...(!Number.isNaN(valueSquares) && { valueSquares }) };
}

type Row = readonly [number: number, cells: Cells];

/** Rows of accounts or totals; undefined where the file has events. */
async function tableOf(path: string): Promise<AsyncIterable<Row> | undefined> {
  const format = tableFormatOf(path);
  if (format === "parquet") return undefined;
  for await (const [, cells] of format === "csv" ? csvRows(path) : ndjsonRows(path)) {
    if (cells.group === undefined) return undefined;
    return format === "csv" ? csvRows(path) : ndjsonRows(path);
  }
  return undefined;
}

async function* csvRows(path: string): AsyncGenerator<Row> {
  let header: readonly string[] | undefined;
  let number = 0;
  for await (const { rows } of readRows(path, { delimiter: ",", quotes: true })) {
    for (const row of rows) {
      number++;
      if (row === undefined || (row.length === 1 && row[0] === "")) continue;
      if (header === undefined) {
        header = row.map((name) => name.trim());
        continue;
      }
      const named = header.flatMap((name, at) => (row[at] ? [[name, row[at]] as const] : []));
      yield [number, Object.fromEntries(named)];
    }
  }
}

async function* ndjsonRows(path: string): AsyncGenerator<Row> {
  for await (const { firstLine, lines } of readLines(path)) {
    for (const [at, line] of lines.entries()) {
      if (line?.trim() === "") continue;
      yield [firstLine + at, objectOf(path, firstLine + at, line)];
    }
  }
}

function objectOf(path: string, number: number, line: string | undefined): Cells {
  try {
    const value: unknown = JSON.parse(line ?? "");
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // As what is no object: below.
  }
  throw unreadable(
    path,
    `line ${number} is no JSON object`,
    "one of an account, or an event, a line",
  );
}

async function takeRows(
  path: string,
  rows: AsyncIterable<Row>,
  into: {
    readonly accounts: Map<string, Account>;
    readonly totals: { readonly test: Totals; readonly control: Totals };
    readonly options: GroupOptions;
  },
): Promise<void> {
  const { accounts, totals, options } = into;
  const named = new Set<string>();
  for await (const [number, cells] of rows) {
    for (const name of Object.keys(cells)) named.add(name);
    const place = `row ${number}`;
    const count = (name: (typeof liftColumns)[number]): number =>
      countOf(path, place, name, cells[name]);
    const { group, account } = cells;
    if (typeof group !== "string") {
      throw unreadable(path, `${place} with the group ${renderValue(group)}`, "a name");
    }
    const value = numberOf(path, place, cells.value);
    if (account === undefined) {
      const total = group === options.test ? totals.test : totals.control;
      if (group !== options.test && group !== options.control) {
        const allowed = `${options.test} or ${options.control}; other names are given with --test and --control`;
        throw unreadable(path, `${place} with the group ${renderText(group)}`, allowed);
      }
      total.accounts += count("accounts");
      total.converted += count("conversions");
      total.value += value;
      total.valueSquares = Number.NaN;
      continue;
    }
    if (typeof account !== "string" && typeof account !== "number") {
      throw unreadable(path, `${place} with the account ${renderValue(account)}`, "a name");
    }
    const own = accountOf(accounts, String(account));
    assign(own, group, 0);
    own.conversions += count("conversions");
    own.value += value;
  }
  // Another name for them would read as that nobody converted.
  if (!named.has("conversions")) {
    const came = `rows with ${renderText([...named].join(", "))}, and no conversions`;
    throw unreadable(path, came, "account (or accounts), group, conversions and value");
  }
}

async function takeEvents(
  path: string,
  accounts: Map<string, Account>,
  { conversions, clock }: GroupOptions,
): Promise<number> {
  const kinds = new Set(conversions);
  const file = await openEventFile(path, { clock, order: "time", extraTypes: kinds });
  let refusedCount = 0;
  for await (const { events, refused } of file.batches()) {
    refusedCount += refused.length;
    for (const event of events) takeEvent(event, accounts, kinds);
  }
  return refusedCount;
}

function takeEvent(event: Event, accounts: Map<string, Account>, kinds: ReadonlySet<string>): void {
  const { account, type, time, value = 0, context } = event;
  if (account === undefined) return;
  const own = accountOf(accounts, account);
  const group = context?.["group"];
  if (group !== undefined) assign(own, String(group), time);
  if (!kinds.has(type) || own.group === undefined || time < own.since) return;
  own.conversions++;
  own.value += value;
}

function assign(own: Account, group: string, time: number): void {
  if (own.group === undefined) [own.group, own.since] = [group, time];
  else if (own.group !== group) own.group = null;
}

function accountOf(accounts: Map<string, Account>, name: string): Account {
  let account = accounts.get(name);
  if (account === undefined) {
    account = { group: undefined, since: 0, conversions: 0, value: 0 };
    accounts.set(name, account);
  }
  return account;
}

function countOf(path: string, place: string, name: string, cell: unknown): number {
  const count = Number(cell ?? 0);
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw unreadable(path, `${place} with ${name} ${renderValue(cell)}`, "a whole number from 0");
}

function numberOf(path: string, place: string, cell: unknown): number {
  const number = Number(cell ?? 0);
  if (Number.isFinite(number)) return number;
  throw unreadable(path, `${place} with value ${renderValue(cell)}`, "a finite number");
}
