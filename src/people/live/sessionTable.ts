/** The kept sessions of an account as the methods read them. */
import { compareUtf8 } from "../../core/index.ts";
import { type AccountSessions, accessColumns, actionColumns } from "../accountSessions.ts";
import { defaultDayParts, partOfDay, weekdayOf } from "../tables/localTime.ts";
import type { Whereabouts } from "../tables/whereabouts.ts";
import { type LiveSession, middleOf } from "./liveSession.ts";

/** What a session lasts where no action tells. */
const assumedLengthMs = 30 * 60_000;

/** Canonical order: by start, unknown ones last, then by token. */
export function compareSessions(a: LiveSession, b: LiveSession): number {
  return compareStarts(a.start, b.start) || compareUtf8(a.token, b.token);
}

/**
 * Codes of songs, artists and playlists are in the order of first mention. @param sessions in canonical order.
 *
 * O(sessions + actions), and sorting the names.
 */
export function sessionTable(
  account: string,
  sessions: readonly LiveSession[],
  whereabouts: Whereabouts,
): AccountSessions {
  const count = sessions.length;
  const access = accessColumns.map(() => new TextColumn(count));
  const actionStarts = new Int32Array(count + 1);
  for (const [at, session] of sessions.entries()) {
    const { device, city, state, zip, hour } = session;
    access[0].add(device);
    access[1].add(city);
    access[2].add(state);
    access[3].add(zip);
    access[4].add(hour < 0 ? "" : weekdays[Math.floor(hour / 24)]);
    access[5].add(hour < 0 ? "" : parts[hour % 24]);
    actionStarts[at + 1] = actionStarts[at] + session.actions.length;
  }
  const columns = new Int32Array(count * accessColumns.length);
  for (const [column, texts] of access.entries()) {
    texts.writeTo(columns, column, accessColumns.length);
  }
  return {
    account,
    tokens: sessions.map(({ token }) => token),
    columns,
    names: access.map(({ names }) => names),
    starts: Float64Array.from(sessions, ({ start }) => start),
    ends: Float64Array.from(sessions, ({ start, lastAction }) =>
      Number.isNaN(lastAction) ? start + assumedLengthMs : lastAction,
    ),
    hours: Int16Array.from(sessions, ({ hour }) => hour),
    ...coordinates(sessions, whereabouts),
    actionStarts,
    ...actionTable(sessions, actionStarts[count]),
  };
}

const weekdays = Array.from({ length: 7 }, (_, day) => weekdayOf(24 * day));
/** By hour of the day. */
const parts = Array.from({ length: 24 }, (_, hour) => partOfDay(hour, defaultDayParts));

function actionTable(
  sessions: readonly LiveSession[],
  count: number,
): Pick<AccountSessions, "actions" | "actionNames" | "genreNames"> {
  const [actions, genres] = [new TextColumn(count), new TextColumn(count)];
  const [songs, artists, playlists] = [0, 1, 2].map(() => new NumberColumn(count));
  for (const session of sessions) {
    for (const { action, genre, song, artist, playlist } of session.actions) {
      actions.add(action);
      genres.add(genre);
      songs.add(song);
      artists.add(artist);
      playlists.add(playlist);
    }
  }
  const coded: Record<(typeof actionColumns)[number], Int32Array> = {
    action: actions.coded(),
    song: songs.codes,
    artist: artists.codes,
    playlist: playlists.codes,
    genre: genres.coded(),
  };
  return {
    actions: actionColumns.map((column) => coded[column]),
    actionNames: actions.names,
    genreNames: genres.names,
  };
}

function coordinates(
  sessions: readonly LiveSession[],
  whereabouts: Whereabouts,
): Pick<AccountSessions, "latitudes" | "longitudes"> {
  const latitudes = new Float32Array(sessions.length).fill(Number.NaN);
  const longitudes = new Float32Array(sessions.length).fill(Number.NaN);
  for (const [at, session] of sessions.entries()) {
    const middle = middleOf(session, whereabouts);
    if (middle === undefined) continue;
    latitudes[at] = middle.lat;
    longitudes[at] = middle.lon;
  }
  return { latitudes, longitudes };
}

/** Texts as they come, the empty one being missing; codes are in the order of their UTF-8 bytes. */
class TextColumn {
  readonly #slots: Int32Array;
  readonly #slotOf = new Map<string, number>([["", 0]]);
  #count = 0;
  #names: readonly string[] | undefined;

  constructor(count: number) {
    this.#slots = new Int32Array(count);
  }

  add(text: string): void {
    let slot = this.#slotOf.get(text);
    if (slot === undefined) {
      slot = this.#slotOf.size;
      this.#slotOf.set(text, slot);
    }
    this.#slots[this.#count++] = slot;
  }

  get names(): readonly string[] {
    this.#names ??= [...this.#slotOf.keys()].slice(1).sort(compareUtf8);
    return this.#names;
  }

  coded(): Int32Array {
    const codes = new Int32Array(this.#slots.length);
    this.writeTo(codes, 0, 1);
    return codes;
  }

  /** Writes them to `into` at `at`, and then at each step further. */
  writeTo(into: Int32Array, at: number, step: number): void {
    const codeOfSlot = new Int32Array(this.#slotOf.size);
    for (const [index, name] of this.names.entries()) {
      codeOfSlot[this.#slotOf.get(name) ?? 0] = index + 1;
    }
    for (let i = 0; i < this.#slots.length; i++) into[at + i * step] = codeOfSlot[this.#slots[i]];
  }
}

/** Numbers as they come, 0 being missing. */
class NumberColumn {
  readonly codes: Int32Array;
  readonly #codeOf = new Map<number, number>([[0, 0]]);
  #count = 0;

  constructor(count: number) {
    this.codes = new Int32Array(count);
  }

  add(number: number): void {
    let code = this.#codeOf.get(number);
    if (code === undefined) {
      code = this.#codeOf.size;
      this.#codeOf.set(number, code);
    }
    this.codes[this.#count++] = code;
  }
}

function compareStarts(a: number, b: number): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
  return Number.isNaN(b) ? -1 : a - b;
}
