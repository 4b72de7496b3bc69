/** What is known of who is behind an account, for whoever may ask. */
import { dayMs } from "../../core/index.ts";
import type { UsageClass } from "../accountPeople.ts";
import type { ColumnDrift } from "../retraining/index.ts";
import type { LiveAccount } from "./liveAccount.ts";
import type { LiveSession } from "./liveSession.ts";
import type { PeopleView } from "./peopleView.ts";
import type { RecountReason } from "./recount.ts";
import { type SessionTree, sessionTree } from "./sessionTree.ts";

/** `waiting`: it has too few sessions; `optedOut`: it wants not to be counted. */
export const accountStates = ["counted", "waiting", "optedOut"] as const;

/** With what was counted, where it was. */
export interface AccountPeopleReport extends Partial<CountReport> {
  readonly account: string;
  readonly state: (typeof accountStates)[number];
  /** How many are kept. */
  readonly sessions: number;
  readonly persons: readonly PersonReport[];
  /** Of `persons`. */
  readonly activePersons: number;
  /** Sessions since the count that fit nobody who was counted. */
  readonly beyondSessions: number;
  /** Why it will be counted again when its next session begins; undefined where it need not be. */
  readonly recount?: RecountReason;
  /** How far the count has aged, where there is one. */
  readonly staleness?: StalenessReport;
  /** In canonical order; where they are asked for. */
  readonly list?: readonly SessionReport[];
  /** Where it is asked for. */
  readonly tree?: SessionTree;
}

export interface StalenessReport {
  /** Since the count. */
  readonly sessions: number;
  /** Sessions that will go to the wrong person before the count is too old, as those beyond the cut say. */
  readonly expectedWrong: number;
  /** Population stability index since the count, by column of ACCESS. */
  readonly drift: ColumnDrift;
}

interface CountReport {
  readonly people: number;
  /** The shortest interval that holds at least 90 % of the probability. */
  readonly low: number;
  readonly high: number;
  /** Of exactly `people`. */
  readonly probability: number;
  /** `probabilities[n - 1]` is that of exactly n. */
  readonly probabilities: readonly number[];
  readonly class: UsageClass;
  readonly evidence: string;
  /** Log time, epoch milliseconds. */
  readonly countedAt: number;
  readonly countedSessions: number;
}

export interface PersonReport {
  /** Keeps from count to count. */
  readonly person: number;
  readonly sessions: number;
  /** Most used first; up to 20. */
  readonly devices: readonly string[];
  /** By city, most often first; up to 20. */
  readonly places: readonly PlaceReport[];
  /** Starts of the first and last session that are kept, epoch milliseconds. */
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** Whether there was a session in the last eight weeks of the log. */
  readonly isActive: boolean;
}

export interface PlaceReport {
  readonly city?: string;
  readonly state?: string;
  readonly country?: string;
  readonly sessions: number;
}

export interface SessionReport {
  readonly session: string;
  readonly start: number;
  /** Time of its last action; not there where there was none. */
  readonly lastAction?: number;
  /** Local hour of the week from Monday 0:00. */
  readonly hourOfWeek?: number;
  readonly device?: string;
  readonly city?: string;
  readonly state?: string;
  readonly zip?: string;
  readonly country?: string;
  readonly timeZone?: string;
  readonly actions: readonly {
    readonly time: number;
    readonly action: string;
    readonly genre?: string;
  }[];
  /** Not there where it is nobody's. */
  readonly person?: number;
  readonly confidence?: number;
  /** Someone new, or somebody travelling. */
  readonly isBeyond: boolean;
}

/** Who was silent for longer has left, as far as one can tell. */
const inactiveMs = 8 * 7 * dayMs;
const namesMax = 20;

export interface AccountReportOptions {
  /** Default: false. */
  readonly withSessions?: boolean;
  /** Default: false. */
  readonly withTree?: boolean;
}

/** Undefined of an account of which nothing is kept. O(sessions); with the tree O(sessions²). */
export function accountReport(
  view: PeopleView,
  name: string,
  { withSessions = false, withTree = false }: AccountReportOptions = {},
): AccountPeopleReport | undefined {
  const account = view.of(name);
  if (account === undefined) {
    const nothing = {
      account: name,
      sessions: 0,
      persons: [],
      activePersons: 0,
      beyondSessions: 0,
    };
    return view.isOptedOut(name) ? { ...nothing, state: "optedOut" } : undefined;
  }
  const { sessions, count } = account;
  const persons = personsOf(account, view.logTime);
  const recount = view.recountReason(account);
  const staleness = view.staleness(account);
  return {
    account: name,
    state: count === undefined ? "waiting" : "counted",
    sessions: sessions.length,
    ...(count !== undefined && countReport(count)),
    persons,
    activePersons: persons.filter(({ isActive }) => isActive).length,
    beyondSessions: sessions.filter(({ isBeyond }) => isBeyond).length,
    ...(recount !== undefined && { recount }),
    ...(staleness !== undefined && {
      staleness: {
        sessions: staleness.sessions,
        expectedWrong: staleness.advice.expectedWrong,
        drift: view.drift(account),
      },
    }),
    ...(withSessions && { list: sessions.map(sessionReport) }),
    ...(withTree && sessions.length > 0 && { tree: sessionTree(sessions, view.tableOf(account)) }),
  };
}

function countReport(count: NonNullable<LiveAccount["count"]>): CountReport {
  const { people, low, high, probabilities, usage, evidence, countedAt, sessionCount } = count;
  return {
    people,
    low,
    high,
    probability: probabilities[people - 1],
    probabilities,
    class: usage,
    evidence,
    countedAt,
    countedSessions: sessionCount,
  };
}

function personsOf({ sessions }: LiveAccount, logTime: number): PersonReport[] {
  const byPerson = new Map<number, LiveSession[]>();
  for (const session of sessions) {
    if (session.person === 0 || session.isBeyond) continue;
    const own = byPerson.get(session.person);
    if (own === undefined) byPerson.set(session.person, [session]);
    else own.push(session);
  }
  return [...byPerson]
    .sort(([a], [b]) => a - b)
    .map(([person, own]) => {
      const lastSeen = own[own.length - 1].start;
      return {
        person,
        sessions: own.length,
        devices: mostCommon(own.map(({ device }) => device)).map(([device]) => device),
        places: placesOf(own),
        firstSeen: own[0].start,
        lastSeen,
        isActive: lastSeen > logTime - inactiveMs,
      };
    });
}

function placesOf(sessions: readonly LiveSession[]): PlaceReport[] {
  const keys = sessions.map(({ city, state, country }) =>
    city === "" ? "" : JSON.stringify([city, state, country]),
  );
  return mostCommon(keys).map(([key, count]) => {
    const [city, state, country] = JSON.parse(key) as [string, string, string]; // by the lines above
    return { ...named({ city, state, country }), sessions: count };
  });
}

/** Those that are not empty, the most first; of equal ones the one that came first. */
function mostCommon(texts: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const text of texts) if (text !== "") counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a).slice(0, namesMax);
}

function sessionReport(session: LiveSession): SessionReport {
  const { device, city, state, zip, country, timeZone, lastAction, person } = session;
  return {
    session: session.token,
    start: session.start,
    ...(!Number.isNaN(lastAction) && { lastAction }),
    ...(session.hour >= 0 && { hourOfWeek: session.hour }),
    ...named({ device, city, state, zip, country, timeZone }),
    actions: session.actions.map(({ time, action, genre }) => ({
      time,
      action,
      ...named({ genre }),
    })),
    ...(person !== 0 && !session.isBeyond && { person, confidence: session.confidence }),
    isBeyond: session.isBeyond,
  };
}

/** Without what is empty. */
function named<Name extends string>(texts: Record<Name, string>): Partial<Record<Name, string>> {
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== "")) as Partial<
    Record<Name, string>
  >; // a part of them
}
