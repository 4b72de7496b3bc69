import { FoldbackError } from "../core/index.ts";

/** What is read: its epoch is raised before removed rows are handed out again. */
export interface StableSource {
  readonly epoch: number;
}

/**
 * Rows are handed out again a thousand or more at a time; a reader that meets this many in a row has
 * no chance.
 */
const triesMax = 1000;

/**
 * Runs `read` again until no row of these tables was overwritten for another id while it ran.
 *
 * For threads other than the writer's, around the whole of: find rows, then use them. `read` must
 * be free of side effects, or overwrite them on its next run.
 *
 * @throws FoldbackError OVERLOADED after 1,000 tries.
 */
export function readStable<T>(tables: readonly StableSource[], read: () => T): T {
  const before = new Array<number>(tables.length);
  for (let attempt = 0; attempt < triesMax; attempt++) {
    for (let i = 0; i < tables.length; i++) before[i] = tables[i].epoch;
    const result = read();
    if (tables.every((table, i) => table.epoch === before[i])) return result;
  }
  throw new FoldbackError(
    "OVERLOADED",
    `rows changed hands during ${triesMax} reads in a row; retry`,
  );
}
