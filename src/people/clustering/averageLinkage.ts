/**
 * Average linkage (UPGMA) without a matrix: clusters are as far apart as their rows are on average.
 *
 * Under Hamming distance that is exact from how often each value occurs in either (distance.ts):
 *
 *   d(A, B) = 1 − h(A) − h(B) − Σ_v s(v) p_A(v) p_B(v),
 *
 * v over the values of all columns, p(v) the share of a cluster's rows that have it, s(v) = w_j; *missing* is a value as any other but for
 * s = −½ w_j, and h = Σ_j ½ w_j p(missing in j). A cluster is its list of values and counts, and all lists are kept by value as well:
 * the distances from a cluster to all others come from the occurrences of its values alone. Each join makes the lists shorter or
 * leaves them; no distance is ever stored, so none is ever rounded twice.
 *
 * The nearest-neighbour chain (completeLinkage.ts). O(columns · rows²) time at most, O(columns · rows) memory.
 */
import type { LeafMerge } from "./dendrogram.ts";
import type { DistinctRows } from "./rows.ts";

/** A neighbour is nearer only by more than this: sums of float64 of one pair from its two sides differ by less. */
const tolerance = 1e-12;
/** The lists are packed when so few places are still clusters, or so few occurrences are left. */
const packedShare = 0.75;

export function averageLinkage(rows: DistinctRows): LeafMerge[] {
  return new AverageChain(rows).run();
}

/** Occurrences of values in clusters, grouped by value. */
interface Occurrences {
  /** Where each value's begin. Shape (values + 1,). */
  readonly starts: Int32Array;
  /** The place of the cluster that has the value; an occurrence that is gone has a count of 0. */
  readonly places: Int32Array;
  readonly counts: Float64Array;
  readonly values: Int32Array;
  /** The next occurrence of the same cluster; -1: none. */
  readonly nexts: Int32Array;
}

class AverageChain {
  readonly #merges: LeafMerge[] = [];
  readonly #chain: Int32Array;
  #chainLength = 0;
  readonly #valueCount: number;
  /** s(v). */
  readonly #strengths: Float64Array;
  #occurrences: Occurrences;
  #live: number;
  /** Places of clusters, in canonical order of their first rows, each a cluster or gone. */
  #places: number;
  #clusters: number;
  /** By place: the smallest leaf (-1: gone), first and last occurrence, rows, their inverse, h (−Infinity: gone), height of the join. */
  readonly #leaves: Int32Array;
  readonly #heads: Int32Array;
  readonly #tails: Int32Array;
  readonly #sizes: Float64Array;
  readonly #inverses: Float64Array;
  readonly #halves: Float64Array;
  readonly #heights: Float64Array;
  /** Scratch: what each place shares with the cluster at hand; the occurrence by value. */
  readonly #shared: Float64Array;
  readonly #occurrenceOf: Int32Array;

  constructor(rows: DistinctRows) {
    const count = rows.rowCount;
    const width = rows.weights.length;
    this.#chain = new Int32Array(count);
    this.#places = count;
    this.#clusters = count;
    this.#leaves = Int32Array.from({ length: count }, (_, leaf) => leaf);
    this.#heads = new Int32Array(count).fill(-1);
    this.#tails = new Int32Array(count).fill(-1);
    this.#sizes = rows.multiplicities.slice();
    this.#inverses = this.#sizes.map((size) => 1 / size);
    this.#halves = new Float64Array(count);
    this.#heights = new Float64Array(count);
    this.#shared = new Float64Array(count);
    const strengths: number[] = [];
    const values = new Int32Array(rows.codes.length);
    for (let column = 0; column < width; column++) {
      const weight = rows.weights[column];
      const valueOf = new Map<number, number>();
      for (let row = 0; row < count; row++) {
        const code = rows.codes[row * width + column];
        let value = valueOf.get(code);
        if (value === undefined) {
          value = strengths.length;
          valueOf.set(code, value);
          strengths.push(code === 0 ? -weight / 2 : weight);
        }
        values[row * width + column] = value;
        if (code === 0) this.#halves[row] += weight / 2;
      }
    }
    this.#valueCount = strengths.length;
    this.#strengths = Float64Array.from(strengths);
    this.#occurrenceOf = new Int32Array(strengths.length).fill(-1);
    const places = Int32Array.from(values, (_, at) => Math.floor(at / width));
    const counts = Float64Array.from(places, (place) => this.#sizes[place]);
    this.#live = values.length;
    this.#occurrences = this.#group(values, places, counts);
  }

  run(): LeafMerge[] {
    const chain = this.#chain;
    while (this.#clusters > 1) {
      if (this.#chainLength === 0) chain[this.#chainLength++] = this.#firstCluster();
      for (;;) {
        const top = chain[this.#chainLength - 1];
        const before = this.#chainLength > 1 ? chain[this.#chainLength - 2] : -1;
        this.#share(top);
        const nearest = this.#nearest(top, before);
        if (nearest === before) {
          this.#chainLength -= 2;
          this.#join(Math.min(top, before), Math.max(top, before), this.#distance(top, before));
          break;
        }
        chain[this.#chainLength++] = nearest;
      }
      const isSparse = this.#live < packedShare * this.#occurrences.values.length;
      if (isSparse || this.#clusters < packedShare * this.#places) this.#pack();
    }
    return this.#merges;
  }

  #firstCluster(): number {
    let place = 0;
    while (this.#leaves[place] < 0) place++;
    return place;
  }

  /** Σ_v s(v) p_top(v) n(v) of each place, into `shared`. */
  #share(top: number): void {
    const shared = this.#shared;
    const { starts, places, counts, values, nexts } = this.#occurrences;
    shared.fill(0, 0, this.#places);
    const inverse = this.#inverses[top];
    for (let own = this.#heads[top]; own >= 0; own = nexts[own]) {
      const value = values[own];
      const strength = this.#strengths[value] * counts[own] * inverse;
      const end = starts[value + 1];
      for (let at = starts[value]; at < end; at++) shared[places[at]] += strength * counts[at];
    }
  }

  /** By what `share` found. */
  #distance(top: number, place: number): number {
    const own = 1 - this.#halves[top];
    return own - (this.#halves[place] + this.#shared[place] * this.#inverses[place]);
  }

  /** The nearest place: `preferred` where none is nearer, else the first. */
  #nearest(top: number, preferred: number): number {
    const shared = this.#shared;
    const halves = this.#halves;
    const inverses = this.#inverses;
    let nearest = preferred;
    // The largest h + shared / n, which is the least distance.
    let most = preferred < 0 ? -1 : halves[preferred] + shared[preferred] * inverses[preferred];
    most += tolerance;
    const places = this.#places;
    const half = halves[top];
    halves[top] = Number.NEGATIVE_INFINITY;
    for (let place = 0; place < places; place++) {
      const closeness = halves[place] + shared[place] * inverses[place];
      if (closeness > most) {
        most = closeness + tolerance;
        nearest = place;
      }
    }
    halves[top] = half;
    return nearest;
  }

  #join(keep: number, gone: number, distance: number): void {
    // Rounding may leave it a last bit below what it builds on.
    const height = Math.max(distance, this.#heights[keep], this.#heights[gone]);
    this.#merges.push({ one: this.#leaves[keep], other: this.#leaves[gone], height });
    this.#heights[keep] = height;
    this.#joinOccurrences(keep, gone);
    const size = this.#sizes[keep] + this.#sizes[gone];
    this.#halves[keep] =
      (this.#halves[keep] * this.#sizes[keep] + this.#halves[gone] * this.#sizes[gone]) / size;
    this.#sizes[keep] = size;
    this.#inverses[keep] = 1 / size;
    this.#leaves[gone] = -1;
    this.#halves[gone] = Number.NEGATIVE_INFINITY;
    this.#clusters--;
  }

  /** Counts of values that both have are added up; the others change their place. */
  #joinOccurrences(keep: number, gone: number): void {
    const { places, counts, values, nexts } = this.#occurrences;
    const occurrenceOf = this.#occurrenceOf;
    for (let at = this.#heads[keep]; at >= 0; at = nexts[at]) occurrenceOf[values[at]] = at;
    let next = -1;
    for (let at = this.#heads[gone]; at >= 0; at = next) {
      next = nexts[at];
      const same = occurrenceOf[values[at]];
      if (same >= 0) {
        counts[same] += counts[at];
        counts[at] = 0;
        this.#live--;
        continue;
      }
      places[at] = keep;
      nexts[at] = -1;
      nexts[this.#tails[keep]] = at;
      this.#tails[keep] = at;
    }
    for (let at = this.#heads[keep]; at >= 0; at = nexts[at]) occurrenceOf[values[at]] = -1;
  }

  /** Takes out what is gone, places and occurrences; the order of both stays. */
  #pack(): void {
    const movedTo = new Int32Array(this.#places);
    let places = 0;
    for (let place = 0; place < this.#places; place++) {
      if (this.#leaves[place] < 0) continue;
      movedTo[place] = places;
      this.#leaves[places] = this.#leaves[place];
      this.#sizes[places] = this.#sizes[place];
      this.#inverses[places] = this.#inverses[place];
      this.#halves[places] = this.#halves[place];
      this.#heights[places] = this.#heights[place];
      places++;
    }
    this.#places = places;
    for (let at = 0; at < this.#chainLength; at++) this.#chain[at] = movedTo[this.#chain[at]];
    const before = this.#occurrences;
    const values = new Int32Array(this.#live);
    const placesOf = new Int32Array(this.#live);
    const counts = new Float64Array(this.#live);
    let to = 0;
    for (const [at, count] of before.counts.entries()) {
      if (count === 0) continue;
      values[to] = before.values[at];
      placesOf[to] = movedTo[before.places[at]];
      counts[to++] = count;
    }
    this.#occurrences = this.#group(values, placesOf, counts);
  }

  /** Groups occurrences by value, in order of place, and links those of each place in order of value. */
  #group(values: Int32Array, places: Int32Array, counts: Float64Array): Occurrences {
    const starts = new Int32Array(this.#valueCount + 1);
    for (const value of values) starts[value + 1]++;
    for (let value = 0; value < this.#valueCount; value++) starts[value + 1] += starts[value];
    const free = starts.slice();
    const grouped: Occurrences = {
      starts,
      places: new Int32Array(values.length),
      counts: new Float64Array(values.length),
      values: new Int32Array(values.length),
      nexts: new Int32Array(values.length).fill(-1),
    };
    for (const [at, value] of values.entries()) {
      const to = free[value]++;
      grouped.places[to] = places[at];
      grouped.counts[to] = counts[at];
      grouped.values[to] = value;
    }
    this.#heads.fill(-1);
    for (const [at, place] of grouped.places.entries()) {
      if (this.#heads[place] < 0) this.#heads[place] = at;
      else grouped.nexts[this.#tails[place]] = at;
      this.#tails[place] = at;
    }
    return grouped;
  }
}
