/** Sums that do not depend on the order of what is added, and that can be taken back exactly. */

/** The unit of fractions: 2^-40. */
export const fractionUnits = 2 ** 40;

/** Values as whole numbers and 2^-40ths below 1, rounded as `FixedSums.add` does. */
export function partsOf(values: Float64Array): {
  readonly wholes: Float64Array;
  readonly units: Float64Array;
} {
  const wholes = values.map(Math.floor);
  const units = values.map((value, at) => Math.round((value - wholes[at]) * fractionUnits));
  for (let at = 0; at < units.length; at++) {
    if (units[at] < fractionUnits) continue;
    units[at] = 0;
    wholes[at]++;
  }
  return { wholes, units };
}

/**
 * A list of sums in fixed point: whole numbers, 2^-40ths of one, and 2^-80ths, each in a float64 of its own. What is added is rounded to
 * 2^-80 once, by itself, so that every float64 from 2^-28 on is kept as it came: 0.1 is added as 0.1, and read as 0.1. The sums are
 * exact, up to 2^53. So they are the same in any order, partial sums add up, and what was added can be subtracted without a trace.
 */
export class FixedSums {
  #whole: Float64Array;
  #fraction: Float64Array;
  /** Only where anything was added that is no whole number of 2^-40ths; as long as the others then. */
  #low: Float64Array | undefined;
  #length = 0;

  constructor(length = 0) {
    this.#whole = new Float64Array(length);
    this.#fraction = new Float64Array(length);
    this.#length = length;
  }

  get length(): number {
    return this.#length;
  }

  /** @param value any finite number below 2^53. Places beyond the length are made, at 0. */
  add(at: number, value: number): void {
    if (at >= this.#length) this.#grow(at + 1);
    const whole = Math.trunc(value);
    this.#whole[at] += whole;
    if (whole !== value) this.#addRest(at, (value - whole) * fractionUnits);
  }

  /** As `add` of what `partsOf` gave, for what is added many times. The place is there. */
  addParts(at: number, whole: number, units: number): void {
    this.#whole[at] += whole;
    if (units !== 0) this.#carry(at, units);
  }

  subtract(at: number, value: number): void {
    this.add(at, -value);
  }

  /** Adds this many 2^-40ths: a whole number below 2^53. */
  addUnits(at: number, units: number): void {
    if (at >= this.#length) this.#grow(at + 1);
    const whole = Math.floor(units / fractionUnits);
    this.#whole[at] += whole;
    this.#carry(at, units - whole * fractionUnits);
  }

  /** The sum, rounded to float64. 0 beyond the length. */
  at(at: number): number {
    if (at >= this.#length) return 0;
    const whole = this.#whole[at];
    const fraction = this.#fraction[at];
    const low = this.#low === undefined ? 0 : this.#low[at];
    if (whole >= 0) return whole + (fraction + low / fractionUnits) / fractionUnits;
    if (fraction === 0 && low === 0) return whole;
    // Of a negative sum, what is read is the size: −1 + 0.7 would round where 0.3 does not.
    const rest = fractionUnits - 1 - fraction + (fractionUnits - low) / fractionUnits;
    return -(-1 - whole + rest / fractionUnits);
  }

  isZero(at: number): boolean {
    if (at >= this.#length) return true;
    const hasLow = this.#low !== undefined && this.#low[at] !== 0;
    return this.#whole[at] === 0 && this.#fraction[at] === 0 && !hasLow;
  }

  /** Adds to the places from `to` on those of the first `times` runs of `count` places. */
  addRange(to: number, count: number, times: number): void {
    for (let from = 0; from < times * count; from++) this.addFrom(to + (from % count), this, from);
  }

  addAll(other: FixedSums): void {
    for (let at = 0; at < other.#length; at++) this.addFrom(at, other, at);
  }

  /** Adds a sum of others, without rounding it. */
  addFrom(at: number, other: FixedSums, from: number): void {
    if (at >= this.#length) this.#grow(at + 1);
    if (from >= other.#length) return;
    this.#whole[at] += other.#whole[from];
    this.#carry(at, other.#fraction[from]);
    if (other.#low !== undefined && other.#low[from] !== 0) this.#carryLow(at, other.#low[from]);
  }

  /** @param units of 2^-40, between −1 of one and 1 whole, not rounded. */
  #addRest(at: number, units: number): void {
    const coarse = Math.trunc(units);
    this.#carry(at, coarse);
    if (coarse === units) return;
    const fine = (units - coarse) * fractionUnits;
    // Away from 0 at halves on both sides, which Math.round is not: what is subtracted is what was added.
    this.#carryLow(at, fine < 0 ? -Math.round(-fine) : Math.round(fine));
  }

  /** The fraction stays in [0, 1), so that equal sums are equal bits. */
  #carry(at: number, units: number): void {
    let fraction = this.#fraction[at] + units;
    if (fraction >= fractionUnits) {
      fraction -= fractionUnits;
      this.#whole[at]++;
    } else if (fraction < 0) {
      fraction += fractionUnits;
      this.#whole[at]--;
    }
    this.#fraction[at] = fraction;
  }

  #carryLow(at: number, units: number): void {
    this.#low ??= new Float64Array(this.#whole.length);
    let low = this.#low[at] + units;
    if (low >= fractionUnits) {
      low -= fractionUnits;
      this.#carry(at, 1);
    } else if (low < 0) {
      low += fractionUnits;
      this.#carry(at, -1);
    }
    this.#low[at] = low;
  }

  #grow(length: number): void {
    if (length > this.#whole.length) {
      const room = Math.max(length, this.#whole.length * 2, 16);
      this.#whole = copied(this.#whole, room);
      this.#fraction = copied(this.#fraction, room);
      if (this.#low !== undefined) this.#low = copied(this.#low, room);
    }
    this.#length = length;
  }
}

function copied(values: Float64Array, room: number): Float64Array {
  const larger = new Float64Array(room);
  larger.set(values);
  return larger;
}
