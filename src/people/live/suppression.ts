/** Numbers of accounts that are too small to be told, and those that would give them away. */

/** A number of accounts; null: it is not told. */
export type Cell = number | null;

type Counts = Readonly<Record<string, number>>;

export function cellOf(count: number, suppressBelow: number): Cell {
  return count > 0 && count < suppressBelow ? null : count;
}

/**
 * A table whose sum is told, or can be guessed.
 *
 * What is hidden follows from the sum: so at least two cells are, which together are no small number either. Where the small ones alone
 * are not that, the smallest of the others are hidden with them.
 */
export function suppressed(cells: Counts, suppressBelow: number): Record<string, Cell> {
  return shown(cells, hiddenIn(cells, suppressBelow));
}

/**
 * Two tables of the same accounts, of which one cell of each has the same ones: it is told in both, or in neither.
 *
 * @param same the names of that cell.
 */
export function suppressedPair(
  tables: readonly [Counts, Counts],
  same: readonly [string, string],
  suppressBelow: number,
): [Record<string, Cell>, Record<string, Cell>] {
  const [one, other] = tables;
  let hidden = tables.map((cells) => hiddenIn(cells, suppressBelow));
  if (hidden.some((names, at) => names.has(same[at]))) {
    hidden = tables.map((cells, at) => hiddenIn(cells, suppressBelow, same[at]));
  }
  return [shown(one, hidden[0]), shown(other, hidden[1])];
}

/** @param also a cell that is hidden in any case. */
function hiddenIn(cells: Counts, suppressBelow: number, also?: string): Set<string> {
  const ascending = Object.entries(cells)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => a - b);
  const hidden = new Map(
    ascending.filter(([name, count]) => count < suppressBelow || name === also),
  );
  const sum = () => [...hidden.values()].reduce((all, count) => all + count, 0);
  for (const [name, count] of ascending) {
    if (hidden.size === 0 || (hidden.size > 1 && sum() >= suppressBelow)) break;
    hidden.set(name, count);
  }
  return new Set(hidden.keys());
}

function shown(cells: Counts, hidden: ReadonlySet<string>): Record<string, Cell> {
  return Object.fromEntries(
    Object.entries(cells).map(([name, count]) => [name, hidden.has(name) ? null : count]),
  );
}
