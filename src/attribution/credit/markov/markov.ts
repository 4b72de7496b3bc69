import type { Credit } from "../credit.ts";
import type { PathTable } from "../pathCounts.ts";
import { chainOf } from "./chain.ts";
import { visitedShares } from "./visits.ts";

export interface MarkovCredit extends Credit {
  readonly order: number;
  readonly stateCount: number;
  /** (channels): 1 − P(without the channel)/P, of the conversions, and of their value. They do not add up to 1. */
  readonly removalEffects: Float64Array;
  readonly valueRemovalEffects: Float64Array;
  /** P: conversions ÷ (conversions + nulls). */
  readonly conversionProbability: number;
  /** The largest relative error that a removal effect can have, but for rounding. */
  readonly errorBound: number;
}

/**
 * Credit by removal effect in the Markov chain of the paths, solved exactly: RE(x)/Σ RE of all conversions; of the value by the effects on value.
 *
 * P and P(without x) are those of ChannelAttribution (Anderl et al., "Mapping the customer journey", IJRM 33, 2016), which simulates them.
 * Where there are no conversions all is 0.
 */
export function markovCredit(table: PathTable, order: number): MarkovCredit {
  const chain = chainOf(table, order);
  const shares = visitedShares(chain);
  const converted = sum(chain.conversions);
  const valued = sum(chain.values);
  const removalEffects = shares.conversions.map((share) => (converted > 0 ? share / converted : 0));
  const valueRemovalEffects = shares.values.map((share) => (valued === 0 ? 0 : share / valued));
  return {
    order,
    stateCount: chain.stateCount,
    removalEffects,
    valueRemovalEffects,
    conversions: scaledTo(removalEffects, converted),
    values: scaledTo(valueRemovalEffects, valued),
    conversionProbability: converted > 0 ? converted / (converted + sum(chain.nulls)) : 0,
    errorBound: shares.errorBound,
  };
}

/** Parts of a total, as these are of their sum. */
function scaledTo(parts: Float64Array, total: number): Float64Array {
  const whole = sum(parts);
  return parts.map((part) => (whole === 0 ? 0 : (part / whole) * total));
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
