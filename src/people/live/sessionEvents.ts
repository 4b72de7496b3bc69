/** How events become sessions, and what more of them says of these. */
import { hash32 } from "../../core/index.ts";
import { type Event, ZoneClock } from "../../event/index.ts";
import { hourOfWeek } from "../tables/localTime.ts";
import type { LiveSession, SessionAction } from "./liveSession.ts";

/** Of a session; of later ones only the time of the last is kept. What was played weighs by its square root, so few say most. */
const actionsMax = 50;

/** What the catalogue says of an item. */
export interface ItemFacts {
  /** Empty and 0 where it says nothing. */
  readonly genre: string;
  readonly artist: number;
}

export interface SessionContext {
  /** One text for all that are equal. */
  readonly shared: (text: string) => string;
  readonly factsOf: (item: string) => ItemFacts | undefined;
}

/**
 * A number of 31 bits that stands for a name within an account; 0 of none. Of 2,000 names any two meet with a probability of 0.1 %, and
 * then are taken for one.
 */
export function numberOf(name: string | undefined): number {
  return name === undefined ? 0 : hash32(name) >>> 1 || 1;
}

/** The session that begins with the event, which gives its token. */
export function sessionOf(
  event: Event & { readonly session: string },
  context: SessionContext,
): LiveSession {
  const { location = {}, time } = event;
  const { shared } = context;
  const timeZone = shared(location.timeZone ?? "");
  const session: LiveSession = {
    token: event.session,
    start: time,
    hour: localHour(time, timeZone),
    timeZone,
    device: shared(event.device ?? ""),
    city: shared(location.city ?? ""),
    state: shared(location.state ?? ""),
    zip: shared(location.zip ?? ""),
    country: shared(location.country ?? event.country ?? ""),
    lastAction: Number.NaN,
    actions: [],
    person: 0,
    confidence: 0,
    isBeyond: false,
    isCounted: false,
  };
  return event.type === "access" ? session : withAction(session, event, context);
}

/**
 * The session with one more event of it: what was missing is filled, what was known stays, and the start is that of the earliest
 * event. The same session where it says nothing new.
 */
export function sessionWith(
  session: LiveSession,
  event: Event,
  context: SessionContext,
): LiveSession {
  const filled = withMissing(session, event, context.shared);
  return event.type === "access" ? filled : withAction(filled, event, context);
}

/** UTC's where the zone is not known. @param time epoch milliseconds. */
export function localHour(time: number, timeZone: string): number {
  return hourOfWeek(time + (clockOf(timeZone)?.offsetMs(time) ?? 0));
}

function withMissing(
  session: LiveSession,
  { device, location = {}, time, country }: Event,
  shared: SessionContext["shared"],
): LiveSession {
  const { city, state, zip, timeZone } = location;
  const isPlaceless = session.city === "" && session.state === "" && session.zip === "";
  const hasPlace = city !== undefined || state !== undefined || zip !== undefined;
  const changes: Partial<LiveSession> = {
    ...(session.device === "" && device !== undefined && { device: shared(device) }),
    ...(isPlaceless &&
      hasPlace && {
        city: shared(city ?? ""),
        state: shared(state ?? ""),
        zip: shared(zip ?? ""),
        country: shared(location.country ?? country ?? ""),
      }),
    ...(session.timeZone === "" && timeZone !== undefined && { timeZone: shared(timeZone) }),
    ...(time < session.start && { start: time }),
  };
  if (Object.keys(changes).length === 0) return session;
  const filled = { ...session, ...changes };
  return { ...filled, hour: localHour(filled.start, filled.timeZone) };
}

function withAction(session: LiveSession, event: Event, context: SessionContext): LiveSession {
  const { time } = event;
  const lastAction = session.lastAction >= time ? session.lastAction : time; // also where it is NaN
  if (session.actions.length >= actionsMax) {
    return lastAction === session.lastAction ? session : { ...session, lastAction };
  }
  const actions = [...session.actions];
  let at = actions.length;
  while (at > 0 && actions[at - 1].time > time) at--;
  actions.splice(at, 0, actionOf(event, context));
  return { ...session, lastAction, actions };
}

function actionOf(event: Event, { shared, factsOf }: SessionContext): SessionAction {
  const { type, time, item, artist, playlist } = event;
  const facts = item === undefined ? undefined : factsOf(item);
  const genre = event.context?.["genre"] ?? facts?.genre ?? "";
  return {
    time,
    action: shared(type),
    genre: shared(String(genre)),
    song: numberOf(item),
    artist: artist === undefined ? (facts?.artist ?? 0) : numberOf(artist),
    playlist: numberOf(playlist),
  };
}

/** By zone; there are some 600. Of a text that is no zone: undefined. */
const clocks = new Map<string, ZoneClock | undefined>([["", undefined]]);
/** Texts that are no zones may be many. */
const clocksMax = 2_000;

function clockOf(timeZone: string): ZoneClock | undefined {
  if (clocks.has(timeZone)) return clocks.get(timeZone);
  const clock = ZoneClock.of(timeZone);
  if (clocks.size < clocksMax) clocks.set(timeZone, clock);
  return clock;
}
