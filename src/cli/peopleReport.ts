/** What `foldback people count` says of a service. */
import type { RefusalCount } from "../people/index.ts";
import { formatCount, formatSeconds, formatTable, print } from "./output.ts";

export interface CountReport {
  readonly accounts: number;
  readonly sessions: number;
  readonly refused: number;
  /** Accounts by how many people they have. */
  readonly distribution: ReadonlyMap<number, number>;
  readonly seconds: number;
  /** Accounts by class. */
  readonly classes: ReadonlyMap<string, number>;
  readonly refusals: readonly RefusalCount[];
  readonly notes: readonly string[];
  /** What no session has. */
  readonly lacking: readonly string[];
}

/** @param minCell figures of fewer accounts are not shown, as they could be traced to them. */
export function printCounts(report: CountReport, minCell: number): void {
  const { accounts, sessions, refused, seconds, lacking } = report;
  print(
    `${formatCount(accounts)} accounts with ${formatCount(sessions)} sessions, ${formatCount(refused)} rows refused, ` +
      `in ${formatSeconds(seconds)}`,
  );
  if (accounts > 0) {
    const people = [...report.distribution].sort(([a], [b]) => a - b);
    print("");
    print(cells("people", people, accounts, minCell));
    print("");
    print(cells("class", [...report.classes].sort(byName), accounts, minCell));
  }
  if (refused > 0) print("\nRefused:");
  for (const { reason, count, examples } of report.refusals) {
    print(
      `  ${formatCount(count)} ${reason}: ${examples.join(", ")}${count > examples.length ? ", …" : ""}`,
    );
  }
  if (lacking.length > 0)
    print(`\nWithout ${lacking.join(", ")}: counts are less sure than with them.`);
  for (const note of report.notes) print(`Note: ${note}`);
}

/** Order of entries by their keys. */
export function byName([a]: readonly [string, number], [b]: readonly [string, number]): number {
  return a < b ? -1 : 1;
}

function cells(
  title: string,
  counts: readonly (readonly [value: number | string, count: number])[],
  accounts: number,
  minCell: number,
): string {
  const small = counts.filter(([, count]) => count < minCell);
  // One figure alone that is left out follows from the sum: the next smallest is left out with it.
  const shownFrom =
    small.length === 1
      ? Math.min(...counts.map(([, count]) => count).filter((count) => count >= minCell)) + 1
      : minCell;
  const rows = counts.map(([value, count]) => {
    if (count < minCell) return [String(value), `<${minCell}`, ""];
    if (count < shownFrom) return [String(value), "–", ""];
    return [String(value), formatCount(count), `${((100 * count) / accounts).toFixed(1)} %`];
  });
  return formatTable([[title, "accounts", "share"], ...rows]);
}
