/** What `foldback people count` says of a service. */
import { type RefusalCount, suppressedPair } from "../people/index.ts";
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

/** @param minCell figures of fewer accounts are not told, as they could be traced to them, nor those that would give them away. */
export function printCounts(report: CountReport, minCell: number): void {
  const { accounts, sessions, refused, seconds, lacking } = report;
  print(
    `${formatCount(accounts)} accounts with ${formatCount(sessions)} sessions, ${formatCount(refused)} rows refused, ` +
      `in ${formatSeconds(seconds)}`,
  );
  if (accounts > 0) {
    const tables = [report.distribution, report.classes].map((of) => Object.fromEntries(of));
    const [people, classes] = suppressedPair([tables[0], tables[1]], ["1", "single"], minCell);
    print("");
    print(cells("people", people, accounts, (a, b) => Number(a) - Number(b)));
    print("");
    print(cells("class", classes, accounts, (a, b) => (a < b ? -1 : 1)));
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
  counts: Readonly<Record<string, number | null>>,
  accounts: number,
  order: (a: string, b: string) => number,
): string {
  const rows = Object.entries(counts)
    .sort(([a], [b]) => order(a, b))
    .map(([name, count]) => {
      if (count === null) return [name, "not told", ""];
      return [name, formatCount(count), `${((100 * count) / accounts).toFixed(1)} %`];
    });
  return formatTable([[title, "accounts", "share"], ...rows]);
}
