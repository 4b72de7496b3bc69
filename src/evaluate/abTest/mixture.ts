/**
 * The mixture sequential probability ratio test, and its inversion, which may be looked at after every observation.
 *
 * An estimate of an effect has variance V. Under "no effect" the likelihood ratio of a normal mixture of effects,
 * N(0, R·V), against it is, with t = estimate / √V and ν degrees of freedom of the estimated V,
 *
 * ```
 *        1       ⎛   1 + t²/ν      ⎞ (ν+1)/2
 * Λ = ─────────  ⎜ ─────────────── ⎟          → exp(½ t² R/(1+R)) / √(1+R)   for ν → ∞, a known V
 *     √(1 + R)   ⎝ 1 + t²/(ν(1+R)) ⎠
 * ```
 *
 * Λ begins at 1 and is a martingale while there is no effect, if R grows as the information does (R ∝ 1/V). So the chance
 * that it *ever* reaches 1/α is at most α (Ville, 1939): min(1, 1/Λ) is a p-value at any moment, whyever that was chosen, and
 * the effects that Λ does not reject, an interval that holds the truth at all moments at once with chance 1 − α.
 *
 * Exact for normal observations: with known variance; or with an unknown one that is the same for all and estimated from
 * all (ν = n − 1, or n − 2 of two samples), of which t and Λ are free. For other observations, and variances that differ, it holds as the
 * central limit theorem does. It needs no minimum of observations by decree: while ν or R are small the interval is
 * wide, or without end.
 *
 * Sources: Robbins, "Statistical methods related to the law of the iterated logarithm", Annals of Mathematical
 * Statistics 41 (1970); Johari, Koomen, Pekelis and Walsh, "Always valid inference", Operations Research 70 (2022), and
 * KDD 2017; with ν: Lai, "On confidence sequences", Annals of Statistics 4 (1976), Gönen et al., "The Bayesian two-sample t
 * test", The American Statistician 59 (2005); for means of any distribution: Waudby-Smith, Arbour, Sinha, Kennedy and
 * Ramdas, "Time-uniform central limit theory and asymptotic confidence sequences", Annals of Statistics 52 (2024).
 */

/**
 * Natural logarithm of Λ.
 *
 * @param squared t²; from 0, may be infinite. @param spread R; from 0. @param freedom ν; above 0, may be infinite.
 */
export function logLikelihoodRatio(squared: number, spread: number, freedom: number): number {
  const width = Math.log1p(spread);
  if (freedom === Number.POSITIVE_INFINITY) {
    return ((squared * spread) / (1 + spread) - width) / 2;
  }
  // No variance at all, and a difference: the limit of the fraction.
  if (squared === Number.POSITIVE_INFINITY) return (freedom * width) / 2;
  const ratio = squared / freedom;
  return ((freedom + 1) * (Math.log1p(ratio) - Math.log1p(ratio / (1 + spread))) - width) / 2;
}

/** The |t| at which Λ is 1/α: Infinity where no t gets there. */
export function criticalT(alpha: number, spread: number, freedom: number): number {
  const needed = Math.log1p(spread) - 2 * Math.log(alpha);
  if (freedom === Number.POSITIVE_INFINITY) return Math.sqrt((needed * (1 + spread)) / spread);
  // (1 + u) / (1 + u/(1+R)) = 1 + k, solved for u = t²/ν.
  const k = Math.expm1(needed / (freedom + 1));
  return k >= spread
    ? Number.POSITIVE_INFINITY
    : Math.sqrt((freedom * k * (1 + spread)) / (spread - k));
}

/**
 * The R at which an interval is narrowest for its V: where R = 2 ln(1/α) + ln(1 + R). For α = 0.05 it is 8.21, and the
 * interval 3.03 standard errors to each side: 1.55 times that of one look.
 */
export function tightestSpread(alpha: number): number {
  let spread = -2 * Math.log(alpha);
  // Each step comes closer by the factor 1 / (1 + R): below a half for any α under 0.6.
  for (let step = 0; step < 60; step++) spread = -2 * Math.log(alpha) + Math.log1p(spread);
  return spread;
}
