/** Accounts of which it is known whose each session is, and their sessions as the methods of counting read them. */
import { assert } from "../../core/index.ts";
import {
  type AccessColumn,
  type AccountSessions,
  type ActionColumn,
  accessColumns,
  actionColumns,
  type UsageClass,
} from "../../people/index.ts";

export type KnownAction = Readonly<Record<ActionColumn, string | undefined>>;

/** A row of ACCESS, undefined where a field is missing, with its actions in order of time. */
export interface KnownSession extends Readonly<Record<AccessColumn, string | undefined>> {
  readonly token: string;
  /** Whose it is, from 1. */
  readonly person: number;
  /** Epoch milliseconds. */
  readonly start: number;
  readonly end: number;
  /** Local, from Monday 0:00; 0 to 167. */
  readonly hourOfWeek: number;
  /** Degrees; (0, 0) is no place. */
  readonly latitude: number | undefined;
  readonly longitude: number | undefined;
  readonly actions: readonly KnownAction[];
}

export interface KnownAccount {
  readonly account: string;
  /** How many have a session. */
  readonly people: number;
  readonly usage: UsageClass;
  /** In canonical order: by start, then by token. */
  readonly sessions: readonly KnownSession[];
}

/** Sessions of an account, and the later ones of it. */
export interface SplitAccount {
  readonly known: AccountSessions;
  /** Codes are those of `known`; values that are not in it have codes from there on. `names` has them all. */
  readonly later: AccountSessions;
}

export function encodeAccount({ account, sessions }: KnownAccount): AccountSessions {
  return encode(account, sessions, new CodeBooks());
}

/** The first `share` of the sessions by time, rounded down, but at least one; and the rest. */
export function splitAccount({ account, sessions }: KnownAccount, share: number): SplitAccount {
  const at = splitAt(sessions.length, share);
  return encodeParts(account, sessions.slice(0, at), sessions.slice(at));
}

/** Both in canonical order, the later ones after the known ones. */
export function encodeParts(
  account: string,
  known: readonly KnownSession[],
  later: readonly KnownSession[],
): SplitAccount {
  const books = new CodeBooks();
  return { known: encode(account, known, books), later: encode(account, later, books) };
}

export function splitAt(count: number, share: number): number {
  return Math.max(1, Math.floor(count * share));
}

class CodeBooks {
  readonly #books = new Map<string, Map<string, number>>();

  /** Codes of new values follow in the order of their UTF-8 bytes; 0 is missing. */
  encode(column: string, values: readonly (string | undefined)[]): Int32Array {
    const book = this.#books.get(column) ?? new Map<string, number>();
    this.#books.set(column, book);
    const unknown = new Set(values.filter((value) => value !== undefined && !book.has(value)));
    const sorted = [...unknown].map((value) => Buffer.from(value as string)); // missing ones are left out
    for (const bytes of sorted.sort(Buffer.compare)) book.set(bytes.toString(), book.size + 1);
    return Int32Array.from(values, (value) => (value === undefined ? 0 : (book.get(value) ?? 0)));
  }

  names(column: string): readonly string[] {
    return [...(this.#books.get(column)?.keys() ?? [])];
  }
}

function encode(
  account: string,
  sessions: readonly KnownSession[],
  books: CodeBooks,
): AccountSessions {
  const count = sessions.length;
  const columns = new Int32Array(count * accessColumns.length);
  for (const [at, column] of accessColumns.entries()) {
    const codes = books.encode(
      column,
      sessions.map((session) => session[column]),
    );
    for (let i = 0; i < count; i++) columns[i * accessColumns.length + at] = codes[i];
  }
  const actions = sessions.flatMap((session) => session.actions);
  const actionStarts = new Int32Array(count + 1);
  for (const [at, session] of sessions.entries()) {
    actionStarts[at + 1] = actionStarts[at] + session.actions.length;
    assert(at === 0 || isInOrder(sessions[at - 1], session), "sessions are in canonical order");
  }
  return {
    account,
    tokens: sessions.map(({ token }) => token),
    columns,
    names: accessColumns.map((column) => books.names(column)),
    starts: Float64Array.from(sessions, ({ start }) => start),
    ends: Float64Array.from(sessions, ({ end }) => end),
    hours: Int16Array.from(sessions, ({ hourOfWeek }) => hourOfWeek),
    latitudes: Float32Array.from(sessions, (session) => degrees(session, session.latitude)),
    longitudes: Float32Array.from(sessions, (session) => degrees(session, session.longitude)),
    actionStarts,
    actions: actionColumns.map((column) =>
      books.encode(
        `action ${column}`,
        actions.map((action) => action[column]),
      ),
    ),
    actionNames: books.names("action action"),
    genreNames: books.names("action genre"),
  };
}

function isInOrder(a: KnownSession, b: KnownSession): boolean {
  return a.start < b.start || (a.start === b.start && a.token < b.token);
}

function degrees({ latitude, longitude }: KnownSession, value: number | undefined): number {
  const isNowhere = latitude === undefined || longitude === undefined;
  return isNowhere || (latitude === 0 && longitude === 0) ? Number.NaN : (value ?? Number.NaN);
}
