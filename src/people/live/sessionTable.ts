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
  const [devices, cities, states, zips, days, dayparts] = access;
  const tokens = new Array<string>(count);
  const starts = new Float64Array(count);
  const ends = new Float64Array(count);
  const hours = new Int16Array(count);
  const actionStarts = new Int32Array(count + 1);
  for (let at = 0; at < count; at++) {
    const { token, start, lastAction, hour, device, city, state, zip, actions } = sessions[at];
    tokens[at] = token;
    starts[at] = start;
    ends[at] = Number.isNaN(lastAction) ? start + assumedLengthMs : lastAction;
    hours[at] = hour;
    devices.add(device);
    cities.add(city);
    states.add(state);
    zips.add(zip);
    days.add(hour < 0 ? "" : weekdays[Math.floor(hour / 24)]);
    dayparts.add(hour < 0 ? "" : parts[hour % 24]);
    actionStarts[at + 1] = actionStarts[at] + actions.length;
  }
  const columns = new Int32Array(count * accessColumns.length);
  for (const [column, texts] of access.entries()) {
    texts.writeTo(columns, column, accessColumns.length);
  }
  return {
    account,
    tokens,
    columns,
    names: access.map(({ names }) => names),
    starts,
    ends,
    hours,
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
  for (let at = 0; at < sessions.length; at++) {
    const session = sessions[at];
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
  /** What came last, and often comes again. */
  #text = "";
  #slot = 0;

  constructor(count: number) {
    this.#slots = new Int32Array(count);
  }

  add(text: string): void {
    if (text !== this.#text) {
      this.#text = text;
      this.#slot = this.#slotOf.get(text) ?? this.#slotOf.size;
      if (this.#slot === this.#slotOf.size) this.#slotOf.set(text, this.#slot);
    }
    this.#slots[this.#count++] = this.#slot;
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
