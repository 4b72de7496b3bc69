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

/** As if these were all sessions that there are. */
export function encodeAccount({
  account,
  sessions,
}: Pick<KnownAccount, "account" | "sessions">): AccountSessions {
  const count = sessions.length;
  const columns = new Int32Array(count * accessColumns.length);
  const names: (readonly string[])[] = [];
  for (const [at, column] of accessColumns.entries()) {
    const values = sessions.map((session) => session[column]);
    const { codes, names: found } = encodeColumn(values);
    names.push(found);
    for (let i = 0; i < count; i++) columns[i * accessColumns.length + at] = codes[i];
  }
  const actions = sessions.flatMap((session) => session.actions);
  const actionStarts = new Int32Array(count + 1);
  for (const [at, session] of sessions.entries()) {
    actionStarts[at + 1] = actionStarts[at] + session.actions.length;
    assert(at === 0 || isInOrder(sessions[at - 1], session), "sessions are in canonical order");
  }
  const encoded = actionColumns.map((column) =>
    encodeColumn(actions.map((action) => action[column])),
  );
  return {
    account,
    tokens: sessions.map(({ token }) => token),
    columns,
    names,
    starts: Float64Array.from(sessions, ({ start }) => start),
    ends: Float64Array.from(sessions, ({ end }) => end),
    hours: Int16Array.from(sessions, ({ hourOfWeek }) => hourOfWeek),
    latitudes: Float32Array.from(sessions, (session) => degrees(session, session.latitude)),
    longitudes: Float32Array.from(sessions, (session) => degrees(session, session.longitude)),
    actionStarts,
    actions: encoded.map(({ codes }) => codes),
    actionNames: encoded[actionColumns.indexOf("action")].names,
    genreNames: encoded[actionColumns.indexOf("genre")].names,
  };
}

/** Codes from 1 in the order of the values' UTF-8 bytes; 0 is missing. */
function encodeColumn(values: readonly (string | undefined)[]): {
  readonly codes: Int32Array;
  readonly names: readonly string[];
} {
  const distinct = [...new Set(values)].filter((value) => value !== undefined);
  const names = distinct
    .map((value) => Buffer.from(value))
    .sort((a, b) => Buffer.compare(a, b))
    .map((bytes) => bytes.toString());
  const codeOf = new Map<string | undefined, number>(names.map((name, at) => [name, at + 1]));
  return { codes: Int32Array.from(values, (value) => codeOf.get(value) ?? 0), names };
}

function isInOrder(a: KnownSession, b: KnownSession): boolean {
  return a.start < b.start || (a.start === b.start && a.token < b.token);
}

function degrees({ latitude, longitude }: KnownSession, value: number | undefined): number {
  const isNowhere = latitude === undefined || longitude === undefined;
  return isNowhere || (latitude === 0 && longitude === 0) ? Number.NaN : (value ?? Number.NaN);
}
