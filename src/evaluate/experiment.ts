/** What the experiments over seeds have in common. */
import type { OnlineModel } from "../model/index.ts";
import type { Cut, ExampleStream } from "./exampleStream.ts";
import { type Interval, meanInterval } from "./interval.ts";

/** Where the examples and the models of a seed come from. */
export interface ExperimentSource {
  /** The seed's stream: the same for all where there is one file, its own where each has a file. */
  streamOf(seed: number): Promise<ExampleStream>;
  /** A new model, the same for the same seed, in memory of its own. */
  makeModel(seed: number): OnlineModel;
}

export interface ExperimentOptions {
  readonly source: ExperimentSource;
  /** 2 to 20. */
  readonly seeds: readonly number[];
  /** Where the first part of the stream ends. */
  readonly cut: Cut;
  readonly onProgress?: (progress: ExperimentProgress) => void;
}

export interface ExperimentProgress {
  /** What is run. */
  readonly what: string;
  readonly done: number;
  readonly total: number;
}

/** The interval of one figure over the seeds' results. */
export function over<T>(results: readonly T[], figure: (result: T) => number): Interval {
  return meanInterval(results.map(figure));
}

export function meanOf<T>(results: readonly T[], figure: (result: T) => number): number {
  return results.reduce((sum, result) => sum + figure(result), 0) / results.length;
}
