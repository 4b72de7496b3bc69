/** The shortest run of counts that holds at least `mass` of the probability; the one of fewer people where two are as short. */
export function shortestInterval(
  probabilities: readonly number[],
  mass: number,
): { low: number; high: number } {
  for (let length = 1; length < probabilities.length; length++) {
    let best = -1;
    let bestSum = mass - 1e-12; // sums of ten probabilities are no more exact
    for (let low = 0; low + length <= probabilities.length; low++) {
      let sum = 0;
      for (let at = low; at < low + length; at++) sum += probabilities[at];
      if (sum > bestSum) {
        best = low;
        bestSum = sum;
      }
    }
    if (best >= 0) return { low: best + 1, high: best + length };
  }
  return { low: 1, high: probabilities.length };
}
