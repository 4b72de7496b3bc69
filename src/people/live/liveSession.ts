/** What is kept of a session while it may still say something of who is behind its account. */
import type { ByteReader, ByteWriter } from "../../core/index.ts";
import type { Coordinates, Whereabouts } from "../tables/whereabouts.ts";

/** In the order of `accessColumns`; each empty where missing. */
const sessionColumns = ["device", "city", "state", "zip"] as const;

/** Something done in a session. Numbers stand for names: only which are equal is kept. 0 and the empty text are *missing*. */
export interface SessionAction {
  /** Epoch milliseconds. */
  readonly time: number;
  readonly action: string;
  readonly genre: string;
  readonly song: number;
  readonly artist: number;
  readonly playlist: number;
}

export interface LiveSession {
  readonly token: string;
  /** Of its first event: epoch milliseconds; NaN where unknown. */
  readonly start: number;
  /** Local hour of the week, as `AccountSessions.hours`; -1 where unknown. */
  readonly hour: number;
  /** An IANA name, as it was told; empty where missing. */
  readonly timeZone: string;
  readonly device: string;
  readonly city: string;
  readonly state: string;
  readonly zip: string;
  /** ISO 3166-1; empty where missing. */
  readonly country: string;
  /** Time of the last action; NaN where there is none. Later than that of the last of `actions` where these are too many. */
  readonly lastAction: number;
  /** In order of time; the first so many. */
  readonly actions: readonly SessionAction[];
  /** A number of the account's own; 0: nobody's yet. */
  readonly person: number;
  /** That it is that person's, in (0, 1]; 0 where nobody's. */
  readonly confidence: number;
  /** Someone new, or somebody travelling. */
  readonly isBeyond: boolean;
  /** Whether the count that holds was made with it; else it was assigned by that. */
  readonly isCounted: boolean;
  /** Whether more is known of it now than when it was given its person. */
  readonly isChanged: boolean;
  /** The person that the log has it under (`person_assigned`); 0: nobody, or nothing was said. */
  readonly said: number;
}

/** The middle of its postal area, else of its city; undefined where the names say none. */
export function middleOf(
  { city, state, zip, country }: LiveSession,
  whereabouts: Whereabouts,
): Coordinates | undefined {
  if (city === "" && zip === "") return undefined;
  const known = (text: string): string | undefined => (text === "" ? undefined : text);
  return whereabouts.middleOf(known(city), known(state), known(zip), known(country) ?? null);
}

export function saveSession(writer: ByteWriter, session: LiveSession): void {
  writer.text(session.token);
  writer.f64(session.start);
  writer.f64(session.hour);
  for (const column of sessionColumns) writer.text(session[column]);
  writer.text(session.country);
  writer.text(session.timeZone);
  writer.f64(session.lastAction);
  writer.u32(session.actions.length);
  for (const { time, action, genre, song, artist, playlist } of session.actions) {
    writer.f64(time);
    writer.text(action);
    writer.text(genre);
    writer.u32(song);
    writer.u32(artist);
    writer.u32(playlist);
  }
  writer.u32(session.person);
  writer.f64(session.confidence);
  const { isBeyond, isCounted, isChanged } = session;
  writer.u32(Number(isBeyond) + 2 * Number(isCounted) + 4 * Number(isChanged));
  writer.u32(session.said);
}

/** @param shared one text for all that are equal. */
export function restoreSession(reader: ByteReader, shared: (text: string) => string): LiveSession {
  const token = reader.text();
  const start = reader.f64();
  const hour = reader.f64();
  const [device, city, state, zip, country, timeZone] = Array.from({ length: 6 }, () =>
    shared(reader.text()),
  );
  const lastAction = reader.f64();
  const actions = Array.from({ length: reader.u32() }, () => ({
    time: reader.f64(),
    action: shared(reader.text()),
    genre: shared(reader.text()),
    song: reader.u32(),
    artist: reader.u32(),
    playlist: reader.u32(),
  }));
  const person = reader.u32();
  const confidence = reader.f64();
  const flags = reader.u32();
  const said = reader.u32();
  return {
    token,
    start,
    hour,
    device,
    city,
    state,
    zip,
    country,
    timeZone,
    lastAction,
    actions,
    person,
    confidence,
    isBeyond: (flags & 1) !== 0,
    isCounted: (flags & 2) !== 0,
    isChanged: (flags & 4) !== 0,
    said,
  };
}
