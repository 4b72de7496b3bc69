/**
 * Weighted Hamming distance between categorical rows, with a rule for what is missing.
 *
 * d(x, y) = Σ_j w_j m_j, Σ_j w_j = 1, where m_j is 0 for equal codes, 1 for different ones, and ½ where either is missing, also where
 * both are: nothing is known, so half of what it could be. Between clusters, as the mean over all pairs of their rows, that is
 *
 *   m_j(A, B) = ½ (1 − q_A q_B) + q_A q_B − Σ_v p_A(v) p_B(v),
 *
 * q being the share of rows whose column j is known and p(v) that of rows with code v, of all rows. Equal rows are one row
 * (rows.ts), at distance 0 from itself whatever it lacks.
 */
import type { DistinctRows } from "./rows.ts";

export class PairDistances {
  readonly #rowCount: number;
  readonly #width: number;
  /** Numbers of the codes in all columns from 0. Shape (columns, rows), column after column. */
  readonly #values: Int32Array;
  readonly #missing: Int32Array;
  readonly #weights: Float64Array;
  /** What each value adds to the distance from one row. Shape (values,). */
  readonly #terms: Float64Array;
  readonly #starts: Int32Array;

  constructor({ rowCount, codes, weights }: DistinctRows) {
    const width = weights.length;
    this.#rowCount = rowCount;
    this.#width = width;
    this.#weights = weights;
    this.#values = new Int32Array(codes.length);
    this.#missing = new Int32Array(width).fill(-1);
    this.#starts = new Int32Array(width + 1);
    let count = 0;
    for (let column = 0; column < width; column++) {
      const numberOf = new Map<number, number>();
      for (let row = 0; row < rowCount; row++) {
        const code = codes[row * width + column];
        let value = numberOf.get(code);
        if (value === undefined) {
          value = count++;
          numberOf.set(code, value);
        }
        this.#values[column * rowCount + row] = value;
      }
      this.#missing[column] = numberOf.get(0) ?? -1;
      this.#starts[column + 1] = count;
    }
    this.#terms = new Float64Array(count);
  }

  /**
   * Writes the distances from a row to the rows `from` to `rowCount - 1` into `out` at their indices, its own as 0.
   * O(columns · rows). The same pair gives the same bits from either side.
   */
  fillRow(row: number, out: Float64Array, from = 0): void {
    this.#setTerms(row, this.#weights, 0.5);
    this.#sum(out, from);
    if (row >= from) out[row] = 0;
  }

  /**
   * As `fillRow`, with the sums of other integer terms: `units[j]` for a column that is missing in either, twice as much where they differ.
   */
  fillUnits(row: number, units: Float64Array, out: Float64Array, from = 0): void {
    this.#setTerms(row, units, 1);
    this.#sum(out, from);
  }

  #setTerms(row: number, weights: Float64Array, half: number): void {
    const terms = this.#terms;
    for (let column = 0; column < this.#width; column++) {
      const from = this.#starts[column];
      const to = this.#starts[column + 1];
      const value = this.#values[column * this.#rowCount + row];
      const missing = this.#missing[column];
      const unknown = half * weights[column];
      if (value === missing) {
        terms.fill(unknown, from, to);
        continue;
      }
      terms.fill(2 * unknown, from, to);
      terms[value] = 0;
      if (missing >= 0) terms[missing] = unknown;
    }
  }

  #sum(out: Float64Array, from: number): void {
    const count = this.#rowCount;
    const values = this.#values;
    const terms = this.#terms;
    // Six columns at once are what the engine's own tables have; others go column by column.
    if (this.#width === 6) {
      const [b, c, d, e, f] = [count, 2 * count, 3 * count, 4 * count, 5 * count];
      for (let row = from; row < count; row++) {
        out[row] =
          terms[values[row]] +
          terms[values[b + row]] +
          terms[values[c + row]] +
          terms[values[d + row]] +
          terms[values[e + row]] +
          terms[values[f + row]];
      }
      return;
    }
    out.fill(0, from, count);
    for (let column = 0; column < this.#width; column++) {
      const at = column * count;
      for (let row = from; row < count; row++) out[row] += terms[values[at + row]];
    }
  }
}
