import { assert } from "../core/index.ts";

/** Of what tables are given as the time; the last number of 32 bits is not one. */
export function assertTime(nowSeconds: number): void {
  const isTime = Number.isInteger(nowSeconds) && nowSeconds >= 0 && nowSeconds < 2 ** 32 - 1;
  assert(isTime, "a time is whole epoch seconds, 0 to 4,294,967,294");
}
