/** For tests: paths as text, random paths. */
import fc from "fast-check";
import { PathCounts, type PathTable } from "../attribution/index.ts";

export interface PathRow {
  readonly path: readonly string[];
  readonly conversions: number;
  readonly value: number;
  readonly nulls: number;
}

/** @param path as `A B A`. */
export function row(path: string, conversions: number, nulls = 0, value = conversions): PathRow {
  return { path: path === "" ? [] : path.split(" "), conversions, nulls, value };
}

export function countsOf(rows: readonly PathRow[]): PathCounts {
  const counts = new PathCounts();
  for (const { path, conversions, value, nulls } of rows) {
    const channels = Int32Array.from(path, (name) => counts.channel(name));
    counts.add(channels, channels.length, conversions, value, nulls);
  }
  return counts;
}

export function tableOf(rows: readonly PathRow[]): PathTable {
  return countsOf(rows).table();
}

/** Rows over few channels, so that paths come again; whole and fractional sums. What no journey was has no value. */
export function pathRows(channelMax = 4, lengthMax = 6): fc.Arbitrary<PathRow[]> {
  const names = ["A", "b", "Ç", "𝄞", "e", "f"].slice(0, channelMax);
  const amount = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom(0.5, 1.7, 0.1));
  const rows = fc.record({
    path: fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: lengthMax }),
    conversions: amount,
    value: amount,
    nulls: fc.integer({ min: 0, max: 9 }),
  });
  return fc.array(
    rows.map((one) => (one.conversions + one.nulls > 0 ? one : { ...one, value: 0 })),
    { minLength: 1, maxLength: 12 },
  );
}
