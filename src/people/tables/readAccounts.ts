/** Groups the staged rows of both tables by account, and gives one account at a time. */
import type { DuckDBConnection } from "@duckdb/node-api";
import { ChunkRows } from "../../event/index.ts";
import type { AccountSessions } from "../accountSessions.ts";
import { AccountAssembler } from "./accountAssembler.ts";
import { ActionRows } from "./actionRows.ts";
import { Arena } from "./arena.ts";
import type { DayPart } from "./localTime.ts";
import type { Refusals } from "./refusals.ts";
import { SessionRows } from "./sessionRows.ts";
import { accessSource } from "./sourceColumns.ts";
import { tokenSeparator } from "./stagedSql.ts";
import type { Staging } from "./staging.ts";
import type { PlaceSource } from "./whereabouts.ts";

export interface ReadOptions {
  /** By hour, at least one. */
  readonly dayParts: readonly DayPart[];
  /** Undefined: coordinates are not turned into places, nor places into coordinates. */
  readonly places: PlaceSource | undefined;
  readonly refusals: Refusals;
  /** Told which step is on, before the first account. */
  readonly onStep?: (step: string) => void;
}

/** Accounts whose arrays lie in the same memory, which can be transferred. */
export interface AccountBatch {
  /** In order of their names (UTF-8 bytes), as the batches are. */
  readonly accounts: readonly AccountSessions[];
  readonly buffers: readonly ArrayBuffer[];
}

export interface GroupedAccounts {
  readonly accountCount: number;
  /** Rows of ACCESS, duplicates among them. */
  readonly rowCount: number;
  /** What no session has, neither said nor found out: `device` … `genre`, `times`, (local) `hours`, `coordinates`; after the last batch. */
  lacking(): readonly string[];
  /** Once. What is refused while reading is known at its end. */
  batches(): AsyncGenerator<AccountBatch>;
}

/** A batch holds at least so much, in arrays; tokens and names beside it. */
const batchBytes = 256 * 1024;

/**
 * Joins, sorts and counts in DuckDB, then streams. The result is the same for any order of the rows.
 *
 * O(rows · log rows) time; memory as staging is allowed, then that of the largest account.
 */
export async function groupAccounts(
  staging: Staging,
  options: ReadOptions,
): Promise<GroupedAccounts> {
  const { refusals, onStep = () => {} } = options;
  const connection = await staging.connect();
  const access = await staging.accessRows();
  const actions = await staging.actionRows();

  onStep("finding the accounts");
  await connection.run(
    `CREATE TABLE account AS SELECT account, CASE WHEN account IS NOT NULL THEN hash(account) END AS key, sum(row_count) AS row_count, sum(unread_count) AS unread_count FROM (
       SELECT CASE WHEN access_token IS NOT NULL THEN account END AS account,
         count(*) AS row_count, count(*) FILTER (unread) AS unread_count
       FROM ${access} GROUP BY ALL
     ) GROUP BY ALL ORDER BY account NULLS LAST`,
  );
  const [accountCount, rowCount, nowhereCount, unreadCount] = await numbers(
    connection,
    `SELECT count(account), coalesce(sum(row_count) FILTER (account IS NOT NULL), 0),
       coalesce(sum(row_count) FILTER (account IS NULL), 0), coalesce(sum(unread_count), 0) FROM account`,
  );
  if (nowhereCount > 0) {
    const where = `SELECT file, row FROM ${access} WHERE account IS NULL OR access_token IS NULL`;
    const examples = await examplesOf(connection, staging, where, 0);
    refusals.addAll("accesses without account or token", nowhereCount, examples);
  }
  if (unreadCount > 0) {
    refusals.notes.add(
      `${unreadCount} accesses with a time or coordinates that can't be read: taken as missing`,
    );
  }

  onStep("sorting the sessions");
  // A row's id is its place, so the sessions of an account have ids in a row.
  await connection.run(
    `CREATE TABLE session AS SELECT account.rowid::INTEGER AS account_id,
       access.* EXCLUDE (account, file, row, unread)
     FROM ${access} AS access JOIN account USING (account)
     WHERE access_token IS NOT NULL ORDER BY account_id`,
  );
  const lacking = await lackingColumns(connection);
  const assembler = new AccountAssembler(options);
  const tables = { staging, connection, access, actions, lacking };
  return {
    accountCount,
    rowCount,
    lacking: () => assembler.lacking,
    batches: () => readBatches(tables, assembler, options),
  };
}

interface Tables {
  readonly staging: Staging;
  readonly connection: DuckDBConnection;
  /** For after FROM. */
  readonly access: string;
  readonly actions: string | undefined;
  /** Columns of `session` without any value. */
  readonly lacking: ReadonlySet<string>;
}

/** Known by one look at all rows: what has no values needs no reading. */
async function lackingColumns(connection: DuckDBConnection): Promise<ReadonlySet<string>> {
  const names = [...Object.values(accessSource), "start", "lat", "lon", "country", "time_zone"];
  const counts = await numbers(
    connection,
    `SELECT ${names.map((name) => `count(${name})`).join(", ")} FROM session`,
  );
  return new Set(names.filter((_, at) => counts[at] === 0));
}

async function* readBatches(
  { staging, connection, access, actions, lacking }: Tables,
  assembler: AccountAssembler,
  { refusals, onStep = () => {} }: ReadOptions,
): AsyncGenerator<AccountBatch> {
  onStep("sorting the actions");
  const actionRows =
    actions === undefined ? undefined : await ActionRows.open(await staging.connect(), actions);
  const sessions = await SessionRows.open(await staging.connect(), lacking);
  const names = await ChunkRows.open(
    await staging.connect(),
    // A text is read for an account at once: one by one the tokens took half of the reading.
    `SELECT account.account, session.tokens FROM account JOIN (
       SELECT account_id, string_agg(access_token, '${tokenSeparator}' ORDER BY rowid) AS tokens FROM session GROUP BY account_id
     ) AS session ON session.account_id = account.rowid ORDER BY account.rowid`,
  );
  let arena = new Arena();
  let accounts: AccountSessions[] = [];
  let nextSession = 0;
  let accountId = 0;
  while (await names.next()) {
    const name = names.text(0) ?? "";
    const first = nextSession;
    const tokens = (names.text(1) ?? "").split(tokenSeparator);
    await sessions.takeAccount(assembler, tokens, first);
    nextSession += tokens.length;
    await actionRows?.takeAccount(assembler, accountId++);
    accounts.push(assembler.finish(name, arena));
    if (arena.sizeBytes < batchBytes) continue;
    yield { accounts, buffers: arena.buffers };
    arena = new Arena();
    accounts = [];
  }
  if (accounts.length > 0) yield { accounts, buffers: arena.buffers };
  // Also where there is no account at all, the actions are looked through.
  await actionRows?.takeAccount(assembler, accountId);

  for (const { account, token } of assembler.duplicateExamples.slice(0, 1)) {
    const where = `SELECT file, row FROM ${access} WHERE account = $account AND access_token = $token`;
    const examples = await examplesOf(connection, staging, where, 1, { account, token });
    refusals.addAll("accesses whose token is there already", assembler.duplicates, examples);
  }
  const orphanCount = actionRows?.orphanCount ?? 0;
  if (actions !== undefined && orphanCount > 0) {
    const where = `SELECT file, row FROM ${actions} AS action WHERE NOT EXISTS (
      SELECT 1 FROM session JOIN account ON account.rowid = session.account_id
      WHERE account.account = action.account AND session.access_token = action.access_token)`;
    const examples = await examplesOf(connection, staging, where, 0);
    refusals.addAll("actions without their session", orphanCount, examples);
  }
}

/** The first rows that a query finds, but for so many before them, as `file:row`. */
async function examplesOf(
  connection: DuckDBConnection,
  staging: Staging,
  query: string,
  skip: number,
  values: Record<string, string> = {},
): Promise<string[]> {
  const sorted = `SELECT file, row FROM (${query}) ORDER BY ALL LIMIT 3 OFFSET ${skip}`;
  const rows = await (await connection.run(sorted, values)).getRows();
  return rows.map(([file, row]) => `${staging.files[Number(file)]}:${Number(row)}`);
}

async function numbers(connection: DuckDBConnection, query: string): Promise<number[]> {
  const [row] = await (await connection.run(query)).getRows();
  return row.map(Number);
}
