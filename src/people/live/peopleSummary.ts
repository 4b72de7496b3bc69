/** How many people are behind accounts, for a service as a whole. */
import type { PeopleView } from "./peopleView.ts";

/** A number of accounts; null: some, but too few to be told. */
type Cell = number | null;

export interface PeopleSummary {
  /** Accounts that are counted, by how many people are behind them: `{"1": 812, "2": 97, "3": null}`. */
  readonly people: Readonly<Record<string, Cell>>;
  /** The same by usage class. */
  readonly classes: Readonly<Record<string, Cell>>;
  readonly counted: Cell;
  /** Those that have sessions, but were not counted yet. */
  readonly waiting: Cell;
  readonly optedOut: Cell;
  /** Those that will be counted again with their next session; and all the sessions that would go wrong if none were. */
  readonly due: Cell;
  readonly expectedWrong: number;
  /** Smaller numbers than this are not told. */
  readonly suppressBelow: number;
  /** Log time of the newest record, epoch milliseconds; 0 before the first. */
  readonly logTime: number;
}

/**
 * O(accounts).
 *
 * @param suppressBelow at least 1. Numbers from 1 to below it are not told. Where of the numbers of a table one alone is not told, the
 *   next larger one is not either, as the sum would give it away.
 */
export function peopleSummary(view: PeopleView, suppressBelow: number): PeopleSummary {
  const people: Record<string, number> = {};
  const classes: Record<string, number> = {};
  let counted = 0;
  let waiting = 0;
  let due = 0;
  let expectedWrong = 0;
  for (const account of view.accounts()) {
    const { count } = account;
    if (view.recountReason(account) !== undefined) due++;
    if (count === undefined) {
      waiting++;
      continue;
    }
    counted++;
    expectedWrong += view.staleness(account)?.advice.expectedWrong ?? 0;
    people[count.people] = (people[count.people] ?? 0) + 1;
    classes[count.usage] = (classes[count.usage] ?? 0) + 1;
  }
  return {
    people: suppressed(people, suppressBelow),
    classes: suppressed(classes, suppressBelow),
    counted: told(counted, suppressBelow),
    waiting: told(waiting, suppressBelow),
    optedOut: told(view.optedOutCount, suppressBelow),
    due: told(due, suppressBelow),
    expectedWrong: Math.round(expectedWrong),
    suppressBelow,
    logTime: view.logTime,
  };
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

function told(count: number, suppressBelow: number): Cell {
  return count > 0 && count < suppressBelow ? null : count;
}
