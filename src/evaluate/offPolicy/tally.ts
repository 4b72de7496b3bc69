import { Moments } from "../moments.ts";

/** What of a round is added up over its cluster, and then observed: the columns of the moments. */
export const column = {
  rounds: 0,
  reward: 1,
  weight: 2,
  clipped: 3,
  /** clipped weight × reward */
  weighted: 4,
  /** The model's reward under the target policy. */
  expected: 5,
  /** clipped weight × (reward − the model's): what the model has missed. */
  missed: 6,
  /** The same, and 0 where the weight is above the switch. */
  missedBelow: 7,
} as const;

const columnsWithoutModel = column.weighted + 1;
const columnsWithModel = column.missedBelow + 1;

export interface Weighing {
  /** Weights above it count as it. */
  readonly weightMax: number;
  /** Of rounds with a weight above it the model alone is asked. */
  readonly switchAbove: number;
}

/** Sums over rounds, by cluster. Of parts they add up. */
export class Tally {
  readonly moments: Moments;
  roundCount = 0;
  clippedCount = 0;
  weightLargest = 0;
  /** Of clipped weights. Terms of one sign: its relative error is below rounds · 2^-53. */
  squares = 0;
  readonly #cluster: Float64Array;

  constructor(hasModel: boolean) {
    const dim = hasModel ? columnsWithModel : columnsWithoutModel;
    this.moments = new Moments(dim);
    this.#cluster = new Float64Array(dim);
  }

  addRound(reward: number, weight: number, { weightMax }: Weighing): void {
    const cluster = this.#cluster;
    const clipped = Math.min(weight, weightMax);
    cluster[column.rounds] += 1;
    cluster[column.reward] += reward;
    cluster[column.weight] += weight;
    cluster[column.clipped] += clipped;
    cluster[column.weighted] += clipped * reward;
    this.roundCount++;
    if (weight > weightMax) this.clippedCount++;
    this.weightLargest = Math.max(this.weightLargest, weight);
    this.squares += clipped * clipped;
  }

  /** What a model says of the round that was added last. */
  addModel(
    expected: number,
    error: number,
    weight: number,
    { weightMax, switchAbove }: Weighing,
  ): void {
    const cluster = this.#cluster;
    const missed = Math.min(weight, weightMax) * error;
    cluster[column.expected] += expected;
    cluster[column.missed] += missed;
    if (weight <= switchAbove) cluster[column.missedBelow] += missed;
  }

  /** The rounds since the last end are one observation, if there are any. */
  endCluster(): void {
    if (this.#cluster[column.rounds] === 0) return;
    this.moments.add(this.#cluster);
    this.#cluster.fill(0);
  }

  merge(other: Tally): void {
    this.moments.merge(other.moments);
    this.roundCount += other.roundCount;
    this.clippedCount += other.clippedCount;
    this.weightLargest = Math.max(this.weightLargest, other.weightLargest);
    this.squares += other.squares;
  }
}
