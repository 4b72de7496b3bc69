/** Tables of the case, read into plain objects. */
import {
  type AccountSessions,
  accessColumns,
  actionColumns,
  defaultDayParts,
  groupAccounts,
  type PlaceSource,
  Refusals,
  Staging,
  stageFile,
} from "../people/index.ts";

/** A session as a person would read it. Missing cells are not there. */
export interface ReadSession {
  readonly account: string;
  readonly token: string;
  readonly cells: Readonly<Record<string, string>>;
  readonly start: number;
  readonly end: number;
  readonly hour: number;
  readonly lat: number;
  readonly lon: number;
  /** Texts where they are kept, codes where not, in the order of `actionColumns`. */
  readonly actions: readonly (readonly (string | number)[])[];
}

export interface ReadTables {
  readonly sessions: readonly ReadSession[];
  readonly accounts: readonly AccountSessions[];
  readonly refusals: Refusals;
  readonly lacking: readonly string[];
}

/** Reads tables from files, or from what `stage` puts into the staging. */
export async function readTables(
  access: readonly string[],
  actions: readonly string[],
  options: {
    readonly places?: PlaceSource;
    readonly stage?: (staging: Staging, refusals: Refusals) => Promise<void>;
  } = {},
): Promise<ReadTables> {
  const refusals = new Refusals();
  const staging = await Staging.open({ threads: 2, memoryBytes: 500_000_000 });
  try {
    for (const path of access) await stageFile(staging, "access", path, { refusals });
    for (const path of actions) await stageFile(staging, "action", path, { refusals });
    await options.stage?.(staging, refusals);
    const grouped = await groupAccounts(staging, {
      dayParts: defaultDayParts,
      places: options.places,
      refusals,
    });
    const accounts: AccountSessions[] = [];
    for await (const batch of grouped.batches()) accounts.push(...batch.accounts);
    const sessions = accounts.flatMap(sessionsOf);
    return { sessions, accounts, refusals, lacking: grouped.lacking() };
  } finally {
    await staging.close();
  }
}

function sessionsOf(account: AccountSessions): ReadSession[] {
  return account.tokens.map((token, at) => {
    const cells: Record<string, string> = {};
    for (const [column, name] of accessColumns.entries()) {
      const code = account.columns[at * accessColumns.length + column];
      if (code > 0) cells[name] = account.names[column][code - 1];
    }
    const actions: (string | number)[][] = [];
    for (let action = account.actionStarts[at]; action < account.actionStarts[at + 1]; action++) {
      actions.push(
        actionColumns.map((name, column) => {
          const code = account.actions[column][action];
          if (code === 0) return "";
          if (name === "action") return account.actionNames[code - 1];
          return name === "genre" ? account.genreNames[code - 1] : code;
        }),
      );
    }
    return {
      account: account.account,
      token,
      cells,
      start: account.starts[at],
      end: account.ends[at],
      hour: account.hours[at],
      lat: account.latitudes[at],
      lon: account.longitudes[at],
      actions,
    };
  });
}
