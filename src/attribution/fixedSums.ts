/** Sums that do not depend on the order of what is added, and that can be taken back exactly. */

/** The unit of fractions: 2^-40. */
export const fractionUnits = 2 ** 40;

/**
 * A list of sums in fixed point: whole numbers and 2^-40ths of one, each in a float64 of its own. What is added is rounded to that unit
 * once, by itself; the sums are exact, up to 2^53. So they are the same in any order, partial sums add up, and what was added can be
 * subtracted without a trace.
 */
export class FixedSums {
  #whole: Float64Array;
  #fraction: Float64Array;
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
    const whole = Math.floor(value);
    this.#whole[at] += whole;
    if (whole !== value) this.#carry(at, Math.round((value - whole) * fractionUnits));
  }

  subtract(at: number, value: number): void {
    if (at >= this.#length) this.#grow(at + 1);
    const whole = Math.floor(value);
    this.#whole[at] -= whole;
    if (whole !== value) this.#carry(at, -Math.round((value - whole) * fractionUnits));
  }

  /** Adds this many 2^-40ths: a whole number below 2^53. */
  addUnits(at: number, units: number): void {
    if (at >= this.#length) this.#grow(at + 1);
    const whole = Math.floor(units / fractionUnits);
    this.#whole[at] += whole;
    this.#carry(at, units - whole * fractionUnits);
  }

  /** The sum, rounded to the nearest float64. 0 beyond the length. */
  at(at: number): number {
    return at < this.#length ? this.#whole[at] + this.#fraction[at] / fractionUnits : 0;
  }

  isZero(at: number): boolean {
    return at >= this.#length || (this.#whole[at] === 0 && this.#fraction[at] === 0);
  }

  /** Adds to the places from `to` on those of the first `times` runs of `count` places. */
  addRange(to: number, count: number, times: number): void {
    for (let from = 0; from < times * count; from++) {
      const at = to + (from % count);
      this.#whole[at] += this.#whole[from];
      this.#carry(at, this.#fraction[from]);
    }
  }

  addAll(other: FixedSums): void {
    if (other.#length > this.#length) this.#grow(other.#length);
    for (let at = 0; at < other.#length; at++) {
      this.#whole[at] += other.#whole[at];
      this.#carry(at, other.#fraction[at]);
    }
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

  #grow(length: number): void {
    if (length > this.#whole.length) {
      const room = Math.max(length, this.#whole.length * 2, 16);
      const whole = new Float64Array(room);
      whole.set(this.#whole);
      this.#whole = whole;
      const fraction = new Float64Array(room);
      fraction.set(this.#fraction);
      this.#fraction = fraction;
    }
    this.#length = length;
  }
}
