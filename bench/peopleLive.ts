/**
 * What does it cost to know, at once, whose a session is that begins?
 *
 * The live view of people over the events of simulated households (level `mixed`): every session is an access and what was done in
 * it, in order of time over all accounts. Then, at an account of 300 sessions: how long a session that is not in the log takes to be
 * assigned. And whether the numbers given to sessions as they came agree with the truth: of the sessions that
 * were given to somebody as they began, the share given to the person whose number most of the truth's earlier sessions had.
 */
import { createHash } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { dayMs } from "#foldback/core";
import type { Event, LogRecord } from "#foldback/event";
import { PeopleView } from "#foldback/people";
import { simulateHouseholds } from "#foldback/simulate";
import { bar, count, figure, quantile } from "./lib/report.ts";

type SimulatedAccount =
  ReturnType<typeof simulateHouseholds> extends Iterable<infer Account> ? Account : never;

const sessionsMax = 300;
const assignMsMax = 1;
const actionsPerSession = 3;
const callsPerRound = 20;

export async function run({ smoke }: { readonly smoke: boolean }): Promise<void> {
  const households = [
    ...simulateHouseholds({ level: "mixed", accounts: smoke ? 10 : 400, seed: 2001 }),
  ];
  const records = recordsOf(households.flatMap(eventsOf));
  const heapBefore = heapBytes();
  const view = newView();
  const online = new OnlineAccuracy(households);
  const accessMs: number[] = [];
  const began = process.cpuUsage();
  for (const record of records) {
    const { account, session, type } = record.event;
    const before = performance.now();
    view.apply(record);
    if (type !== "access" || account === undefined || session === undefined) continue;
    accessMs.push(performance.now() - before);
    online.take(account, session, view.personOf(account, session));
  }
  const cpuMs = process.cpuUsage(began).user / 1000;
  const kept = [...view.accounts()];
  const sessions = kept.reduce((sum, account) => sum + account.sessions.length, 0);
  figure("events", `${count(records.length)} of ${count(households.length)} accounts`);
  figure("an event", `${((cpuMs / records.length) * 1000).toFixed(1)} µs of CPU`);
  figure("an access", `p50 ${at(accessMs, 0.5)} ms, p99 ${at(accessMs, 0.99)} ms`);
  figure("memory", `${((heapBytes() - heapBefore) / sessions).toFixed(0)} bytes a session kept`);
  figure("online", online.text());
  const digest = createHash("sha256");
  for (const { key, count: counted } of kept) digest.update(`${key} ${counted?.people}\n`);
  figure("checksum", digest.digest("hex").slice(0, 16));
  assignAtFull(smoke);
}

/** An account that is full, of several people. */
function assignAtFull(smoke: boolean): void {
  const [household] = simulateHouseholds({
    level: "L2",
    accounts: 1,
    seed: 2002,
    parameters: { sessionsMin: sessionsMax, sessionsMax, singleShare: 0 },
  });
  const few = household.sessions.map((session) => ({
    ...session,
    actions: session.actions.slice(0, actionsPerSession),
  }));
  const records = recordsOf(eventsOf({ ...household, sessions: few }));
  const view = newView();
  for (const record of records) view.apply(record);
  const account = view.of(household.account);
  if (account === undefined) throw new Error("its sessions are kept");
  const [first] = eventsOf({ ...household, sessions: few.slice(-1) });
  const draft = view.draft([{ ...first, session: "draft" }]);
  // Of CPU, in rounds: the machine has other work, and a single call is too short for its clock.
  const rounds = Array.from({ length: smoke ? 2 : 100 }, () => {
    const began = process.cpuUsage();
    for (let i = 0; i < callsPerRound; i++) view.assigned(account, draft);
    return process.cpuUsage(began).user / 1000 / callsPerRound;
  });
  const actions = account.sessions.reduce((sum, session) => sum + session.actions.length, 0);
  figure(
    "assigned",
    `p50 ${at(rounds, 0.5)} ms of CPU, p99 ${at(rounds, 0.99)} ms; of ${account.sessions.length} sessions, ${actions} actions`,
  );
  bar(`an assignment in ${assignMsMax} ms (median)`, quantile(rounds, 0.5) <= assignMsMax, smoke);
}

function newView(): PeopleView {
  return new PeopleView({
    partitionCount: 1,
    sessionsMax,
    accountsMax: 1_000_000,
    itemsMax: 1_000_000,
    retentionMs: 400 * dayMs,
    recount: { sessionsMin: 10, ageMaxMs: 30 * dayMs, runCost: 5 },
  });
}

function eventsOf({ account, sessions }: SimulatedAccount): Event[] {
  return sessions.flatMap((session): Event[] => {
    const { token, start: time, device, city, state, zip, actions } = session;
    const place = defined({ city, state, zip });
    return [
      {
        type: "access",
        time,
        account,
        session: token,
        ...defined({ device }),
        ...(Object.keys(place).length > 0 && { location: place }),
      },
      ...actions.map(({ action, time, song, artist, playlist, genre }) => ({
        type: action,
        time,
        account,
        session: token,
        item: song,
        ...defined({ artist, playlist }),
        ...(genre !== undefined && { context: { genre } }),
      })),
    ];
  });
}

function recordsOf(events: readonly Event[]): LogRecord[] {
  const inOrder = events.toSorted((a, b) => a.time - b.time);
  return inOrder.map((event, offset) => ({ partition: 0, offset, logTime: event.time, event }));
}

/** Without what is undefined. */
function defined<T extends object>(fields: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof T]?: Exclude<T[Name], undefined>;
  }; // by the filter
}

/** Whether numbers that were given at once say who it was: prequential, by majority of what came before. */
class OnlineAccuracy {
  readonly #truth = new Map<string, number>();
  /** By account and number: how many sessions of each true person had it. */
  readonly #seen = new Map<string, Map<number, number>>();
  #right = 0;
  #given = 0;
  #unknown = 0;

  constructor(households: readonly SimulatedAccount[]) {
    for (const { account, sessions } of households) {
      for (const { token, person } of sessions) this.#truth.set(`${account} ${token}`, person);
    }
  }

  take(account: string, token: string, number: number | undefined): void {
    const truth = this.#truth.get(`${account} ${token}`) ?? 0;
    if (number === undefined) {
      this.#unknown++;
      return;
    }
    const key = `${account} ${number}`;
    const seen = this.#seen.get(key) ?? new Map<number, number>();
    this.#seen.set(key, seen);
    const [best] = [...seen].sort(([, a], [, b]) => b - a);
    if (best !== undefined) {
      this.#given++;
      if (best[0] === truth) this.#right++;
    }
    seen.set(truth, (seen.get(truth) ?? 0) + 1);
  }

  text(): string {
    const share = ((100 * this.#right) / this.#given).toFixed(1);
    return `${share} % of ${count(this.#given)} sessions given to whom the number meant before; ${count(this.#unknown)} to nobody`;
  }
}

function at(values: readonly number[], share: number): string {
  return quantile(values, share).toFixed(2);
}

function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void; // what the flag gives
  collect();
  return process.memoryUsage().heapUsed;
}
