import { FoldbackError, hash64 } from "../../core/index.ts";

/** What is compared. The first variant is the control. */
export interface Experiment {
  /** Decides, with the account, who is assigned to what: another name shuffles the accounts anew. */
  readonly name: string;
  readonly variants: readonly Variant[];
}

export interface Variant {
  readonly name: string;
  /** Its share of the accounts is weight / Σ weights; from 0. */
  readonly weight: number;
}

/**
 * The name of the variant that an account is assigned to: always the same, on every machine, without a table.
 *
 * A 64-bit hash of the account, seeded by that of the experiment's name, is a point between 0 and 1; the variants are
 * stretches beside each other, as long as their shares. So experiments of different names know nothing of one another, and
 * where only the boundary between two neighbours is moved, accounts move from the one to the other and no others do.
 *
 * Changing weights while an experiment runs mixes accounts that saw both variants into its result: begin a new one.
 *
 * @throws FoldbackError CONFIG_INVALID for a weight that is not a number from 0, or if all are 0.
 */
export function variantOf(account: string, { name, variants }: Experiment): string {
  const total = totalWeight(name, variants);
  // The upper 53 bits: as many as a float64 between 0 and 1 holds.
  const point = Number(hash64(account, hash64(name)) >> 11n) / 2 ** 53;
  let end = 0;
  let last = "";
  for (const variant of variants) {
    if (variant.weight === 0) continue;
    last = variant.name;
    end += variant.weight;
    if (point * total < end) return last;
  }
  return last; // where the sums round below what the product rounds up to
}

/** Above 0. @throws FoldbackError CONFIG_INVALID. */
export function totalWeight(experiment: string, variants: readonly Variant[]): number {
  let total = 0;
  for (const { name, weight } of variants) {
    if (!(weight >= 0)) throw invalid(experiment, `the weight of ${name} is ${String(weight)}`);
    total += weight;
  }
  if (!(total > 0 && total < Number.POSITIVE_INFINITY)) {
    throw invalid(experiment, `the weights add up to ${total}`);
  }
  return total;
}

function invalid(experiment: string, what: string): FoldbackError {
  return new FoldbackError(
    "CONFIG_INVALID",
    `experiment ${experiment}: ${what}; allowed: numbers from 0, one of them above`,
    { details: { field: "weight" } },
  );
}
