/**
 * Parameters of the prior together. A share of ½ strays by √(¼ / 1000) = 1.6 percentage points under it: broken assignments
 * lose a few percent of a variant, seldom more, and a wider prior needs more accounts to see that.
 */
const concentration = 1000;

/**
 * A p-value, valid at any moment, of the variants' counts being drawn with their shares (a *sample ratio mismatch* otherwise).
 *
 * The likelihood ratio of shares around the ones that were meant (Dirichlet, a_i = 1000 p_i), against these themselves:
 *
 * ```
 *        Γ(Σ a)         Γ(a_i + n_i)
 * Λ = ───────────  Π ─────────────────
 *      Γ(Σ a + n)     Γ(a_i) p_i^n_i
 * ```
 *
 * Exact: no approximation by a distribution. Source: Lindon and Malek, "Anytime-valid inference for multinomial count
 * data", NeurIPS 2022.
 *
 * @param counts (k,). @param shares (k,): above 0, adding up to 1.
 */
export function assignmentPValue(counts: readonly number[], shares: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let logRatio = logGamma(concentration) - logGamma(concentration + total);
  for (const [i, count] of counts.entries()) {
    const prior = concentration * shares[i];
    logRatio += logGamma(prior + count) - logGamma(prior) - count * Math.log(shares[i]);
  }
  return Math.min(1, Math.exp(-logRatio));
}

/** ln Γ(x) of x above 0: Stirling's series with three terms from 20 on, below by Γ(x) = Γ(x + 1) / x. */
export function logGamma(x: number): number {
  let [at, product] = [x, 1];
  for (; at < 20; at++) product *= at;
  const square = at * at;
  // The next term is below 1/(1680 x^7): 5e-13 from 20 on.
  const series = (1 / 12 - (1 / 360 - 1 / (1260 * square)) / square) / at;
  return (at - 0.5) * Math.log(at) - at + Math.log(2 * Math.PI) / 2 + series - Math.log(product);
}
