/** How many people are behind accounts, for a service as a whole. */
import { dayMs } from "../../core/index.ts";
import type { LiveAccount } from "./liveAccount.ts";
import type { PeopleView } from "./peopleView.ts";

/** A number of accounts; null: some, but too few to be told. */
type Cell = number | null;

export interface PeopleSummary {
  /** Accounts that are counted, by how many people are behind them: `{"1": 812, "2": 97, "3": null}`. */
  readonly people: Readonly<Record<string, Cell>>;
  /**
   * How many there are by the probabilities of each count, which know how sure they are, with the standard deviation of that: the true
   * number lies within two of them in 95 of 100 services. Only of cells that are told.
   */
  readonly expected: Readonly<Record<string, ExpectedAccounts>>;
  /** The same by usage class. */
  readonly classes: Readonly<Record<string, Cell>>;
  readonly counted: Cell;
  /** Those that have sessions, but were not counted yet. */
  readonly waiting: Cell;
  readonly optedOut: Cell;
  /** Those that will be counted again with their next session; and all the sessions that would go wrong if none were. */
  readonly due: Cell;
  readonly expectedWrong: number;
  /** What counting anew at some age would cost; null where too few are counted to tell. */
  readonly ageing: Ageing | null;
  /** How many were there each week, the oldest first; where it is asked for. */
  readonly weeks?: readonly PeopleWeek[];
  /** Smaller numbers than this are not told. */
  readonly suppressBelow: number;
  /** Log time of the newest record, epoch milliseconds; 0 before the first. */
  readonly logTime: number;
}

export interface ExpectedAccounts {
  readonly mean: number;
  readonly deviation: number;
}

/**
 * The cost of a day if every account is counted anew at the same age, in sessions that are given to the wrong person:
 *
 *     cost(age) = accounts · cost of a run / age + growth · age
 *
 * Each count is taken to be right at first and to go wrong evenly, as fast as sessions that fit nobody came since the last one.
 */
export interface Ageing {
  /** Of one account. */
  readonly runCost: number;
  readonly accounts: number;
  /** Wrong sessions a day, for each day of age. */
  readonly growth: number;
  /** The age at which it costs the least, days: √(accounts · cost of a run / growth); null where nothing goes wrong. */
  readonly bestDays: number | null;
  /** At which ages accounts are counted in any case, days. */
  readonly ageDaysMax: number;
}

export interface PeopleWeek {
  /** Its first moment, epoch milliseconds: weeks end with the newest record. */
  readonly start: number;
  /** Counted accounts with a session in it, by how many of their people had one; as `people`. */
  readonly people: Readonly<Record<string, Cell>>;
}

export interface SummaryOptions {
  readonly suppressBelow: number;
  /** Weeks before the newest record that are told one by one; 0: none. */
  readonly weeks: number;
}

/**
 * O(sessions).
 *
 * @param suppressBelow at least 1. Numbers from 1 to below it are not told. Where of the numbers of a table one alone is not told, the
 *   next larger one is not either, as the sum would give it away.
 */
export function peopleSummary(
  view: PeopleView,
  { suppressBelow, weeks }: SummaryOptions,
): PeopleSummary {
  const people: Record<string, number> = {};
  const classes: Record<string, number> = {};
  const means: number[] = [];
  const variances: number[] = [];
  let counted = 0;
  let waiting = 0;
  let due = 0;
  let expectedWrong = 0;
  let growth = 0;
  const byWeek = Array.from({ length: weeks }, (): Record<string, number> => ({}));
  for (const account of view.accounts()) {
    const { count } = account;
    if (view.recountReason(account) !== undefined) due++;
    if (count === undefined) {
      waiting++;
      continue;
    }
    counted++;
    const advice = view.staleness(account)?.advice;
    expectedWrong += advice?.expectedWrong ?? 0;
    growth += (advice?.wrongADay ?? 0) / Math.max(1, (view.logTime - count.countedAt) / dayMs);
    addWeeks(byWeek, account, view.logTime);
    for (const [at, probability] of count.probabilities.entries()) {
      means[at] = (means[at] ?? 0) + probability;
      variances[at] = (variances[at] ?? 0) + probability * (1 - probability);
    }
    people[count.people] = (people[count.people] ?? 0) + 1;
    classes[count.usage] = (classes[count.usage] ?? 0) + 1;
  }
  const told = suppressed(people, suppressBelow);
  const expected = Object.keys(told).flatMap((name): [string, ExpectedAccounts][] => {
    const at = Number(name) - 1;
    if (told[name] === null) return [];
    return [[name, { mean: means[at], deviation: Math.sqrt(variances[at]) }]];
  });
  return {
    people: told,
    expected: Object.fromEntries(expected),
    classes: suppressed(classes, suppressBelow),
    counted: cellOf(counted, suppressBelow),
    waiting: cellOf(waiting, suppressBelow),
    optedOut: cellOf(view.optedOutCount, suppressBelow),
    due: cellOf(due, suppressBelow),
    expectedWrong: Math.round(expectedWrong),
    ageing:
      counted < suppressBelow
        ? null
        : {
            runCost: view.runCost,
            accounts: counted,
            growth,
            bestDays: growth === 0 ? null : Math.sqrt((counted * view.runCost) / growth),
            ageDaysMax: view.ageDaysMax,
          },
    ...(weeks > 0 && {
      weeks: byWeek
        .map((cells, ago) => ({
          start: view.logTime - (ago + 1) * weekMs,
          people: suppressed(cells, suppressBelow),
        }))
        .reverse(),
    }),
    suppressBelow,
    logTime: view.logTime,
  };
}

const weekMs = 7 * dayMs;

/** Counts the account in each week, the newest first, by how many of its people had a session in it. */
function addWeeks(
  byWeek: readonly Record<string, number>[],
  { sessions }: LiveAccount,
  logTime: number,
): void {
  if (byWeek.length === 0) return;
  const persons = new Map<number, Set<number>>();
  for (const { start, person, isBeyond } of sessions) {
    const week = Math.floor((logTime - start) / weekMs);
    // One that began at the newest record is of the last week; what nobody is known to have done counts nobody.
    if (!(week >= 0 && week < byWeek.length) || person === 0 || isBeyond) continue;
    const of = persons.get(week) ?? new Set();
    persons.set(week, of.add(person));
  }
  for (const [week, { size }] of persons) byWeek[week][size] = (byWeek[week][size] ?? 0) + 1;
}

/** The cells of a table whose sum is told. */
export function suppressed(
  cells: Readonly<Record<string, number>>,
  suppressBelow: number,
): Record<string, Cell> {
  const entries = Object.entries(cells);
  const hidden = new Set(
    entries.filter(([, count]) => count > 0 && count < suppressBelow).map(([name]) => name),
  );
  if (hidden.size === 1) {
    const [next] = entries
      .filter(([name, count]) => count > 0 && !hidden.has(name))
      .sort(([, a], [, b]) => a - b);
    if (next !== undefined) hidden.add(next[0]);
  }
  return Object.fromEntries(
    entries.map(([name, count]) => [name, hidden.has(name) ? null : count]),
  );
}

function cellOf(count: number, suppressBelow: number): Cell {
  return count > 0 && count < suppressBelow ? null : count;
}
