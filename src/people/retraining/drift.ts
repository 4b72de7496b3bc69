/**
 * How far the sessions since a count have drifted from those that it was made of, by column: the population stability index.
 *
 *     PSI = Σ_v (q_v − p_v) ln(q_v / p_v)
 *
 * p and q are the shares of the values before and since, each with half a session added, so that a value that is new is finite. Below 0.1
 * nothing to speak of has changed, above 0.25 much has: the usual reading, which supposes hundreds of sessions. Of a few, chance alone
 * gives about (values − 1) (1 / before + 1 / since), which is subtracted; never below 0.
 *
 * Source: Siddiqi, Credit Risk Scorecards, 2006, for the index and its reading; Yurdakul and Naranjo, "Statistical properties of
 * the population stability index", Journal of Risk Model Validation 14(4), 2020, for its expectation.
 */
import { assert } from "../../core/index.ts";
import { type AccessColumn, type AccountSessions, accessColumns } from "../accountSessions.ts";

/** From here on much has changed. */
export const driftMuch = 0.25;

export type ColumnDrift = Readonly<Record<AccessColumn, number>>;

/** @param isCounted whether the count was made of that session. */
export function driftSince(
  sessions: AccountSessions,
  isCounted: (session: number) => boolean,
): ColumnDrift {
  const count = sessions.tokens.length;
  const width = accessColumns.length;
  const drift = accessColumns.map((_, column) => {
    const size = sessions.names[column].length + 1; // and missing, a state of its own
    const before = new Float64Array(size);
    const since = new Float64Array(size);
    for (let session = 0; session < count; session++) {
      (isCounted(session) ? before : since)[sessions.columns[session * width + column]]++;
    }
    return stabilityIndex(before, since);
  });
  // One for each column, in their order.
  return Object.fromEntries(accessColumns.map((column, at) => [column, drift[at]])) as ColumnDrift;
}

/** @param before,since counts by value, of one length; 0 where either is empty. */
export function stabilityIndex(before: Float64Array, since: Float64Array): number {
  assert(before.length === since.length, "the same values are counted before and since");
  const beforeSum = before.reduce((sum, one) => sum + one, 0);
  const sinceSum = since.reduce((sum, one) => sum + one, 0);
  if (beforeSum === 0 || sinceSum === 0) return 0;
  let values = 0;
  for (let value = 0; value < before.length; value++) {
    if (before[value] + since[value] > 0) values++;
  }
  let index = 0;
  for (let value = 0; value < before.length; value++) {
    if (before[value] + since[value] === 0) continue;
    const p = (before[value] + 0.5) / (beforeSum + 0.5 * values);
    const q = (since[value] + 0.5) / (sinceSum + 0.5 * values);
    index += (q - p) * Math.log(q / p);
  }
  return Math.max(0, index - (values - 1) * (1 / beforeSum + 1 / sinceSum));
}
