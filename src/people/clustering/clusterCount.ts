import { FoldbackError } from "../../core/index.ts";

/** @throws FoldbackError REQUEST_INVALID where k is below 1 or above the number of distinct rows, since equal rows are never parted. */
export function requireClusterCount(k: number, distinctCount: number): void {
  if (Number.isInteger(k) && k >= 1 && k <= distinctCount) return;
  throw new FoldbackError(
    "REQUEST_INVALID",
    `k is ${k}; allowed: 1 to ${distinctCount}, the number of distinct rows, as equal rows are never parted`,
    { details: { k, distinctCount } },
  );
}
