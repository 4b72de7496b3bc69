/** Logits as probabilities, which sum to 1; at least one is finite. */
export function softmax(logits: readonly number[] | Float64Array): number[] {
  const max = Math.max(...logits);
  const odds = Array.from(logits, (logit) => Math.exp(logit - max));
  const sum = odds.reduce((total, one) => total + one, 0);
  return odds.map((one) => one / sum);
}
