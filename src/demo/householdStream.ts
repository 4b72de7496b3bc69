/** Simulated households, as events in order of time. */
import type { Event } from "../event/index.ts";
import {
  type HouseholdOptions,
  type Simulated,
  type SimulatedSession,
  simulateHouseholds,
} from "../simulate/index.ts";

/** An event type of the demo's own: it tells of people, and teaches the recommender nothing, whose songs are others. */
export const heardType = "heard";

/** One that is still to come. */
interface ComingSession {
  readonly account: string;
  readonly person: number;
  readonly start: number;
  readonly events: () => Event[];
}

/** By default of `foldback simulate`: sessions of an account in 90 days. */
const sessionsOf90Days = { min: 30, max: 300 };

/** Sessions of accounts whose people are known: who comes, on which device, where, and what is heard. */
export class HouseholdStream {
  /** By account, how many people are behind it. */
  readonly people = new Map<string, number>();
  readonly #sessions: readonly ComingSession[];
  #next = 0;
  /** Of sessions that have begun, in order of time. */
  #open: Simulated[] = [];

  constructor(options: { accounts: number; days: number; seed: number; start: number }) {
    const { days, ...rest } = options;
    const share = days / 90;
    const household: HouseholdOptions = {
      ...rest,
      level: "mixed",
      parameters: {
        days,
        sessionsMin: Math.max(5, Math.round(sessionsOf90Days.min * share)),
        sessionsMax: Math.max(10, Math.round(sessionsOf90Days.max * share)),
      },
    };
    const sessions: ComingSession[] = [];
    for (const simulated of simulateHouseholds(household)) {
      const account = simulated.account.replace(/^a/, "h");
      this.people.set(account, simulated.people);
      for (const session of simulated.sessions) {
        const { person, start } = session;
        sessions.push({ account, person, start, events: () => eventsOf(account, session) });
      }
    }
    this.#sessions = sessions.sort((a, b) => a.start - b.start);
  }

  /** What happens before this moment, and was not taken yet. */
  take(until: number): Simulated[] {
    while (this.#next < this.#sessions.length && this.#sessions[this.#next].start < until) {
      const { events, person } = this.#sessions[this.#next++];
      this.#open.push(...events().map((event) => ({ event, truth: { person } })));
    }
    this.#open.sort((a, b) => a.event.time - b.event.time);
    const found = this.#open.findIndex(({ event }) => event.time >= until);
    const count = found < 0 ? this.#open.length : found;
    return this.#open.splice(0, count);
  }
}

function eventsOf(account: string, session: SimulatedSession): Event[] {
  const { start, device, city, state, zip, actions } = session;
  const token = `${account}-${session.token}`; // of no other account
  const isPlace = city !== undefined || state !== undefined || zip !== undefined;
  const location = {
    ...(city !== undefined && { city }),
    ...(state !== undefined && { state }),
    ...(zip !== undefined && { zip }),
  };
  const began: Event = {
    id: token,
    type: "access",
    time: start,
    account,
    session: token,
    ...(device !== undefined && { device }),
    ...(isPlace && { location }),
  };
  return [
    began,
    ...actions.map(
      ({ artist, genre, playlist, song, time }, at): Event => ({
        id: `${token}-${at}`,
        type: heardType,
        time,
        account,
        session: token,
        item: `h-${song}`,
        ...(artist !== undefined && { artist: `h-${artist}` }),
        ...(playlist !== undefined && { playlist }),
        ...(genre !== undefined && { context: { genre } }),
      }),
    ),
  ];
}
