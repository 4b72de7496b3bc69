/** ½ ln 2π. */
const halfLnTwoPi = 0.918_938_533_204_672_8;

/**
 * ln Γ(x) for x > 0, within 1e-10: Stirling's series from 7 on, the recurrence Γ(x) = Γ(x + 1) / x below.
 *
 * Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 6.1.15 and 6.1.41.
 */
export function lnGamma(x: number): number {
  let product = 1;
  let at = x;
  while (at < 7) {
    product *= at;
    at++;
  }
  const inverse = 1 / at;
  const square = inverse * inverse;
  const series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)));
  return (at - 0.5) * Math.log(at) - at + halfLnTwoPi + series - Math.log(product);
}
