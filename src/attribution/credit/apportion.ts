/** The unit of what is apportioned, where the amount is below 2^10. */
const unitMin = 2 ** -40;

/**
 * Divides an amount by weights into whole 2^-40ths, so that the parts add up to it exactly: each is rounded down, and what is left
 * goes to the largest remainders, a unit each; of equal ones to the earlier.
 *
 * The unit grows with amounts from 2^10 on, so that no number of units is above 2^50. Of an amount that is no whole number of units
 * the last part that is rounded up gets what is left.
 *
 * @param weights not negative, one of them above 0; the first `length` count.
 * @returns (length)
 */
export function apportion(amount: number, weights: Float64Array, length: number): Float64Array {
  const parts = new Float64Array(length);
  if (amount === 0) return parts;
  const size = Math.abs(amount);
  const unit = Math.max(unitMin, 2 ** (Math.floor(Math.log2(size)) - 49));
  let sum = 0;
  for (let at = 0; at < length; at++) sum += weights[at];
  const remainders = new Float64Array(length);
  let left = size;
  for (let at = 0; at < length; at++) {
    const units = (size / unit) * (weights[at] / sum);
    const whole = Math.floor(units);
    remainders[at] = units - whole;
    parts[at] = whole * unit;
    left -= parts[at];
  }
  const order = Int32Array.from(parts, (_, at) => at);
  order.sort((one, other) => remainders[other] - remainders[one] || one - other);
  // Rounding of the shares can leave a unit more than there are parts, or take one too many.
  for (let turn = 0; left > 0; turn++) {
    const more = Math.min(unit, left);
    parts[order[turn % length]] += more;
    left -= more;
  }
  if (left < 0) parts[order[0]] += left;
  return amount < 0 ? parts.map((part) => -part) : parts;
}
