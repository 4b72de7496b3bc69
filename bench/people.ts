/**
 * How well are the people behind an account counted, and later sessions given to the right one of them?
 *
 * Accounts whose truth is known: of the simulator's four levels as they are by default; of a mix of levels, each account of
 * another service (parameters drawn around the defaults), with and without ACTION; and raters of MovieTweetings merged into
 * accounts with simulated devices and places, living together with own devices (L2), and with shared ones (L3). The methods side by
 * side: always one; SciPy's average linkage under plain Hamming distance, the number by silhouette; and ours, the simple and the best. What each measure is:
 * src/evaluate/people. Later sessions are the last 20 % by time, assigned by the answer over the first 80 %.
 *
 * Nothing that is scored here may be calibrated on: scoring has the seeds from 1,001 on and the raters of odd numbers, calibration those
 * below 1,000 and the raters of even numbers; and calibration is over services that are drawn, so that none of them is the one of
 * the defaults.
 *
 * SciPy is installed by the bench (bench/peers/people.txt); where it can't be had, and at smoke size, that row is left out.
 */
import { createHash } from "node:crypto";
import {
  type AccountScore,
  countedOf,
  encodeAccount,
  type KnownAccount,
  type PeopleScore,
  scorePeople,
  summarisePeople,
} from "#foldback/evaluate";
import { type AccountSessions, type CountPeople } from "#foldback/people";
import { simulateHouseholds } from "#foldback/simulate";
import { mergedRaters } from "./lib/mergedRaters.ts";
import { noComparison } from "./lib/native.ts";
import { type Peers, preparePeers } from "./lib/peers.ts";
import { alwaysOne, best, type Method, scipySilhouette, simple } from "./lib/peopleMethods.ts";
import { bar, count, figure, print, withDirectory } from "./lib/report.ts";

const seeds = { levels: 1001, mixed: 1002, raters: 1003 };

/** In the order in which they are shown. */
const ours: readonly Method[] = [simple, best];

export async function run({ smoke }: { readonly smoke: boolean }): Promise<void> {
  const peers = smoke ? undefined : preparePeers("people");
  if (peers?.missing !== undefined) print(noComparison(peers.missing));
  const comparison = peers?.missing === undefined ? peers : undefined;
  for (const { accounts, name } of sets(smoke ? 10 : 300))
    await compare(name, accounts, comparison, smoke);
}

/** What our best method is to reach. */
interface Bars {
  readonly exactMin: number;
  readonly falseAlarmsMax: number;
  readonly assignmentMin: number;
}

const barsByLevel: Readonly<Record<string, Bars>> = {
  L1: { exactMin: 0.95, falseAlarmsMax: 0.02, assignmentMin: 0.97 },
  L2: { exactMin: 0.8, falseAlarmsMax: 0.05, assignmentMin: 0.93 },
  L3: { exactMin: 0.7, falseAlarmsMax: 0.15, assignmentMin: 0.8 },
};
/** Where services differ: what probabilities are worth. */
const calibrationBars = { errorMax: 0.05, sureShareMin: 0.3 };
const mixedName = "mixed, drawn services";

interface ScoredSet {
  readonly name: string;
  readonly accounts: readonly KnownAccount[];
}

function sets(accounts: number): ScoredSet[] {
  const mixed = [...simulateHouseholds({ level: "mixed", accounts, seed: seeds.mixed, varies: 1 })];
  const raters = { accounts, seed: seeds.raters, half: "odd" } as const;
  return [
    ...(["L1", "L2", "L3", "L4"] as const).map((level) => ({
      name: level,
      accounts: [...simulateHouseholds({ level, accounts, seed: seeds.levels })],
    })),
    { name: mixedName, accounts: mixed },
    { name: `${mixedName}, without ACTION`, accounts: mixed.map(withoutActions) },
    { name: "MovieTweetings raters, L2", accounts: mergedRaters({ ...raters, level: "L2" }) },
    { name: "MovieTweetings raters, L3", accounts: mergedRaters({ ...raters, level: "L3" }) },
  ];
}

function withoutActions(account: KnownAccount): KnownAccount {
  const sessions = account.sessions.map((session) => ({ ...session, actions: [] }));
  return { ...account, sessions };
}

async function compare(
  name: string,
  accounts: readonly KnownAccount[],
  peers: Peers | undefined,
  smoke: boolean,
): Promise<void> {
  const sessions = accounts.reduce((sum, account) => sum + account.sessions.length, 0);
  const people = accounts.reduce((sum, account) => sum + account.people, 0);
  print(`\n-- ${name}`);
  figure(
    "accounts",
    `${count(accounts.length)}, ${count(people)} people, ${count(sessions)} sessions`,
  );
  print(`${"".padEnd(nameWidth)}${columns.map(([title]) => title.padStart(cellWidth)).join("")}`);
  await withDirectory(async (directory) => {
    const all = peers === undefined ? [] : accounts.flatMap((account) => asked(account));
    const theirs = peers === undefined ? [] : [scipySilhouette(peers, directory, all)];
    for (const method of [alwaysOne, ...theirs, ...ours]) {
      const summary = score(method, accounts);
      if (method === best) showBars(name, summary, smoke);
    }
  });
}

/** What a method is asked about an account: all sessions, and the first of them. */
function asked({ account, sessions }: KnownAccount): AccountSessions[] {
  const first = sessions.slice(0, countedOf(sessions.length));
  return [encodeAccount({ account, sessions }), encodeAccount({ account, sessions: first })];
}

function score(
  { assign, count: countPeople, name }: Method,
  accounts: readonly KnownAccount[],
): PeopleScore {
  let userMs = 0; // of counting alone: a part of it is over 80 % of the sessions
  const timed: CountPeople = (sessions) => {
    const begin = process.cpuUsage();
    const answer = countPeople(sessions);
    userMs += process.cpuUsage(begin).user / 1000;
    return answer;
  };
  const scores = accounts.map((account) => scorePeople(account, timed, assign));
  const summary = summarisePeople(scores);
  print(`${name.padEnd(nameWidth)}${columns.map(([, cell]) => cell(summary)).join("")}`);
  const perAccount = (userMs / accounts.length).toFixed(2);
  print(
    `${"".padEnd(nameWidth)}${usageOf(summary)}   ${perAccount} ms an account   checksum ${checksumOf(scores)}`,
  );
  return summary;
}

function showBars(set: string, score: PeopleScore, smoke: boolean): void {
  const { assignment, calibration, exact, falseAlarms } = score;
  const bars = barsByLevel[set];
  const shown = (value: PeopleScore["exact"]): string => value.mean.toFixed(3);
  if (bars !== undefined) {
    const { assignmentMin, exactMin, falseAlarmsMax } = bars;
    bar(`exact ${shown(exact)} >= ${exactMin}`, exact.mean >= exactMin, smoke);
    const areFew = falseAlarms.mean <= falseAlarmsMax;
    bar(`false alarms ${shown(falseAlarms)} <= ${falseAlarmsMax}`, areFew, smoke);
    const isRight = assignment.mean >= assignmentMin;
    bar(`later sessions ${shown(assignment)} >= ${assignmentMin}`, isRight, smoke);
  }
  if (set !== mixedName) return;
  const { error, sureShare } = calibration;
  const { errorMax, sureShareMin } = calibrationBars;
  bar(`calibration error ${shown(error)} <= ${errorMax}`, error.mean <= errorMax, smoke);
  bar(`sure of ${shown(sureShare)} >= ${sureShareMin}`, sureShare.mean >= sureShareMin, smoke);
}

const nameWidth = 28;
const cellWidth = 18;

const columns: readonly (readonly [string, (score: PeopleScore) => string])[] = [
  ["exact", ({ exact }) => cell(exact)],
  ["false alarms", ({ falseAlarms }) => cell(falseAlarms)],
  ["misses", ({ misses }) => cell(misses)],
  ["|error|", ({ absoluteError }) => cell(absoluteError)],
  ["ARI", ({ randIndex }) => cell(randIndex)],
  ["later sessions", ({ assignment }) => cell(assignment)],
  ["calibration", ({ calibration }) => cell(calibration.error)],
];

/** The mean, and its 95 % interval. */
function cell({ high, low, mean }: PeopleScore["exact"]): string {
  const short = (value: number): string => value.toFixed(2).replace(/^0/, "");
  return `${mean.toFixed(3)} ${short(low)}–${short(high)}`.padStart(cellWidth);
}

function usageOf({ calibration, pairF1, usage, withinOne }: PeopleScore): string {
  const { coverage, sureRight, sureShare } = calibration;
  const share = (value: PeopleScore["exact"]): string => value.mean.toFixed(3);
  return (
    `within 1 ${share(withinOne)}, pairs F1 ${share(pairF1)}, class ${share(usage)}, 90 % interval covers ${share(coverage)}, ` +
    `sure of ${share(sureShare)} and right in ${share(sureRight)}`
  );
}

function checksumOf(scores: readonly AccountScore[]): string {
  return createHash("sha256").update(JSON.stringify(scores)).digest("hex").slice(0, 12);
}
