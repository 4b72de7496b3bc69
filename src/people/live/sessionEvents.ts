/** How events become sessions, and what more of them says of these. */
import { hash32 } from "../../core/index.ts";
import type { Event } from "../../event/index.ts";
import { isDone } from "../doneEvents.ts";
import { hourOfWeek } from "../tables/localTime.ts";
import type { Whereabouts } from "../tables/whereabouts.ts";
import type { LiveSession, SessionAction } from "./liveSession.ts";
import { middleOf } from "./liveSession.ts";

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
  readonly whereabouts: Whereabouts;
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
  const session: LiveSession = {
    token: event.session,
    start: time,
    hour: -1,
    timeZone: shared(location.timeZone ?? ""),
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
    isChanged: true,
    said: 0,
  };
  const timed = withHour(session, context.whereabouts);
  return isDone(event.type) ? withAction(timed, event, context) : timed;
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
  const filled = withMissing(session, event, context);
  return isDone(event.type) ? withAction(filled, event, context) : filled;
}

function withMissing(
  session: LiveSession,
  { device, location = {}, time, country }: Event,
  { shared, whereabouts }: SessionContext,
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
  return withHour({ ...session, ...changes, isChanged: true }, whereabouts);
}

/** By its time zone, else by that of the middle of its place. */
function withHour(session: LiveSession, whereabouts: Whereabouts): LiveSession {
  const { start, timeZone } = session;
  const { lat, lon } = middleOf(session, whereabouts) ?? nowhere;
  const offsetMs = whereabouts.offsetMs(
    start,
    Number.NaN,
    timeZone === "" ? null : timeZone,
    lat,
    lon,
  );
  return { ...session, hour: Number.isNaN(offsetMs) ? -1 : hourOfWeek(start + offsetMs) };
}

const nowhere = { lat: Number.NaN, lon: Number.NaN } as const;

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
  return { ...session, lastAction, actions, isChanged: true };
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
