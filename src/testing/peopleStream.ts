/** Sessions of accounts whose people are known, as events and as records of a log. */
import { dayMs, hash32, hourMs, Random } from "../core/index.ts";
import { type Event, eventKey, type LogRecord } from "../event/index.ts";

/** A Monday, 0:00 UTC. */
export const peopleTime = Date.UTC(2024, 0, 1);

export interface PeopleStreamOptions {
  readonly seed: number;
  readonly account: string;
  /** Each with a device, a home, an hour and a taste of their own. */
  readonly people: number;
  readonly sessions: number;
  /** The first person is `a`, or this one. Default 0. */
  readonly firstPerson?: number;
  /** Number of the first session, for its token and time. Default 0. */
  readonly firstSession?: number;
  /** Default 4 hours. */
  readonly betweenMs?: number;
  /** When the first session begins, epoch milliseconds. Default `peopleTime`. */
  readonly from?: number;
}

/** Each session: an access and three plays. Tokens are `ACCOUNT-NUMBER-PERSON`, so that the truth is in them. */
export function peopleSessions(options: PeopleStreamOptions): Event[] {
  const { seed, account, people, sessions, firstPerson = 0, firstSession = 0 } = options;
  const random = new Random(seed);
  return Array.from({ length: sessions }, (_, i) => {
    const person = firstPerson + random.below(people);
    const number = firstSession + i;
    const begins = (options.from ?? peopleTime) + number * (options.betweenMs ?? 4 * hourMs);
    const session = `${account}-${number}-${person}`;
    const location = { city: `city-${person}`, state: "s", zip: `${10_000 + person}` };
    const device = `device-${account}-${person}`;
    const time = begins + person * hourMs;
    const plays = Array.from({ length: 3 }, (_, play): Event => {
      const item = `song-${person}-${random.below(12)}`;
      return { type: "play", time: time + (play + 1) * 240_000, account, session, item };
    });
    return [{ type: "access", time, account, session, device, location }, ...plays];
  }).flat();
}

/** Twenty days ago: an engine, whose log has the present time, still keeps sessions from then on. */
export function recently(): number {
  return Date.now() - 20 * dayMs;
}

/** Says the artist and genre of every song of so many people. */
export function peopleCatalogue(people: number): Event[] {
  return Array.from({ length: people * 12 }, (_, at) => {
    const person = Math.floor(at / 12);
    return {
      type: "item_set",
      time: peopleTime - dayMs,
      item: `song-${person}-${at % 12}`,
      artist: `artist-${person}-${at % 4}`,
      context: { categories: `genre-${person}|all` },
    };
  });
}

/** Records of several partitions, in order of time; log time is event time where that does not go back. */
export function peopleRecords(events: readonly Event[], partitionCount = 4): LogRecord[] {
  const inOrder = events
    .map((event, at) => ({ event, at }))
    .sort((a, b) => a.event.time - b.event.time || a.at - b.at);
  let logTime = 0;
  return inOrder.map(({ event }, at) => {
    logTime = Math.max(logTime, event.time);
    const partition = hash32(eventKey(event)) % partitionCount;
    return { partition, offset: 2 * at, logTime, event };
  });
}
