/** Sessions of an account from a few words each, for tests of what is made of them. */
import { type AccountSessions, accessColumns, actionColumns } from "../people/index.ts";

export interface ToldSession {
  /** Epoch milliseconds; without it nothing about times is known. */
  readonly start?: number;
  /** Default: half an hour after the start, as where no action tells. */
  readonly end?: number;
  readonly device?: string;
  readonly city?: string;
  readonly state?: string;
  readonly zip?: string;
  readonly day?: string;
  readonly part?: string;
  readonly hour?: number;
  readonly latitude?: number;
  readonly longitude?: number;
  readonly plays?: readonly {
    readonly genre?: string;
    readonly artist?: string;
    readonly song?: string;
  }[];
}

/** Tokens are t000, t001, … in the order that is given, which is to be that of the starts. */
export function sessionsOf(told: readonly ToldSession[], account = "a"): AccountSessions {
  const books = accessColumns.map((column) => bookOf(told.map((session) => session[column])));
  const actions = told.flatMap(({ plays = [] }) =>
    plays.map((play) => ({
      action: "play",
      playlist: undefined,
      genre: undefined,
      artist: undefined,
      song: undefined,
      ...play,
    })),
  );
  const actionBooks = actionColumns.map((column) =>
    bookOf(actions.map((action) => action[column])),
  );
  const actionStarts = new Int32Array(told.length + 1);
  for (const [at, { plays = [] }] of told.entries()) {
    actionStarts[at + 1] = actionStarts[at] + plays.length;
  }
  const starts = Float64Array.from(told, ({ start }) => start ?? Number.NaN);
  return {
    account,
    tokens: told.map((_, at) => `t${String(at).padStart(3, "0")}`),
    columns: Int32Array.from(
      told.flatMap((session) =>
        accessColumns.map((column, at) => codeOf(books[at], session[column])),
      ),
    ),
    names: books,
    starts,
    ends: Float64Array.from(told, ({ end }, at) => end ?? starts[at] + 30 * 60_000),
    hours: Int16Array.from(told, ({ hour }) => hour ?? -1),
    latitudes: Float32Array.from(told, ({ latitude }) => latitude ?? Number.NaN),
    longitudes: Float32Array.from(told, ({ longitude }) => longitude ?? Number.NaN),
    actionStarts,
    actions: actionColumns.map((column, at) =>
      Int32Array.from(actions, (action) => codeOf(actionBooks[at], action[column])),
    ),
    actionNames: actionBooks[0],
    genreNames: actionBooks[4],
  };
}

function bookOf(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.filter((value) => value !== undefined))].sort();
}

function codeOf(book: readonly string[], value: string | undefined): number {
  return value === undefined ? 0 : book.indexOf(value) + 1;
}
