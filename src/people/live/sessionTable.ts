/** The kept sessions of an account as the methods read them. */
import { compareUtf8 } from "../../core/index.ts";
import { type AccountSessions, accessColumns, actionColumns } from "../accountSessions.ts";
import { defaultDayParts, partOfDay, weekdayOf } from "../tables/localTime.ts";
import type { Coordinates, NamedPlace } from "../tables/whereabouts.ts";
import type { LiveSession, SessionAction } from "./liveSession.ts";

/** The middle of a place; undefined where the names say none. */
export type MiddleOf = (place: NamedPlace) => Coordinates | undefined;

/** What a session lasts where no action tells. */
const assumedLengthMs = 30 * 60_000;

/** Canonical order: by start, unknown ones last, then by token. */
export function compareSessions(a: LiveSession, b: LiveSession): number {
  return compareStarts(a.start, b.start) || compareUtf8(a.token, b.token);
}

/** @param sessions in canonical order. O(sessions + actions), and sorting the names. */
export function sessionTable(
  account: string,
  sessions: readonly LiveSession[],
  middleOf: MiddleOf | undefined,
): AccountSessions {
  const texts = sessions.map(accessTexts);
  const names = accessColumns.map((_, column) => namesOf(texts.map((row) => row[column])));
  const codes = names.map(codesOf);
  const columns = new Int32Array(sessions.length * accessColumns.length);
  const actionStarts = new Int32Array(sessions.length + 1);
  const latitudes = new Float32Array(sessions.length).fill(Number.NaN);
  const longitudes = new Float32Array(sessions.length).fill(Number.NaN);
  for (const [at, session] of sessions.entries()) {
    for (const [column, text] of texts[at].entries()) {
      columns[at * accessColumns.length + column] = codes[column].get(text) ?? 0;
    }
    actionStarts[at + 1] = actionStarts[at] + session.actions.length;
    const middle = middleOf && placed(session, middleOf);
    if (middle === undefined) continue;
    latitudes[at] = middle.lat;
    longitudes[at] = middle.lon;
  }
  const actions = sessions.flatMap((session) => session.actions);
  const actionNames = namesOf(actions.map(({ action }) => action));
  const genreNames = namesOf(actions.map(({ genre }) => genre));
  return {
    account,
    tokens: sessions.map(({ token }) => token),
    columns,
    names,
    starts: Float64Array.from(sessions, ({ start }) => start),
    ends: Float64Array.from(sessions, ({ start, lastAction }) =>
      Number.isNaN(lastAction) ? start + assumedLengthMs : lastAction,
    ),
    hours: Int16Array.from(sessions, ({ hour }) => hour),
    latitudes,
    longitudes,
    actionStarts,
    actions: actionCodes(actions, actionNames, genreNames),
    actionNames,
    genreNames,
  };
}

function accessTexts({ device, city, state, zip, hour }: LiveSession): string[] {
  const [day, part] = hour < 0 ? ["", ""] : [weekdayOf(hour), partOfDay(hour, defaultDayParts)];
  return [device, city, state, zip, day, part]; // as `accessColumns`
}

function placed(session: LiveSession, middleOf: MiddleOf): Coordinates | undefined {
  const { city, state, zip, country } = session;
  if (city === "" && zip === "") return undefined;
  return middleOf({
    ...(city !== "" && { city }),
    ...(state !== "" && { state }),
    ...(zip !== "" && { zip }),
    ...(country !== "" && { country }),
  });
}

/** As `actionColumns`. */
function actionCodes(
  actions: readonly SessionAction[],
  actionNames: readonly string[],
  genreNames: readonly string[],
): Int32Array[] {
  const byAction = codesOf(actionNames);
  const byGenre = codesOf(genreNames);
  const coded: Record<(typeof actionColumns)[number], Int32Array> = {
    action: Int32Array.from(actions, ({ action }) => byAction.get(action) ?? 0),
    song: numberCodes(actions.map(({ song }) => song)),
    artist: numberCodes(actions.map(({ artist }) => artist)),
    playlist: numberCodes(actions.map(({ playlist }) => playlist)),
    genre: Int32Array.from(actions, ({ genre }) => byGenre.get(genre) ?? 0),
  };
  return actionColumns.map((column) => coded[column]);
}

/** Those that are there, in the order of their UTF-8 bytes. */
function namesOf(texts: readonly string[]): string[] {
  const names = new Set(texts);
  names.delete("");
  return [...names].sort(compareUtf8);
}

function codesOf(names: readonly string[]): Map<string, number> {
  return new Map(names.map((name, index) => [name, index + 1]));
}

/** Codes in the order of the numbers; 0 stays 0. */
function numberCodes(values: readonly number[]): Int32Array {
  const known = new Set(values);
  known.delete(0);
  const codes = new Map([...known].sort((a, b) => a - b).map((value, at) => [value, at + 1]));
  return Int32Array.from(values, (value) => codes.get(value) ?? 0);
}

function compareStarts(a: number, b: number): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
  return Number.isNaN(b) ? -1 : a - b;
}
