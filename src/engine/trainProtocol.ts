import type { SharedArena } from "../embedding/index.ts";
import type { SharedLog } from "../log/index.ts";
import type { SharedOnlineModel, SharedRankingModel } from "../model/index.ts";
import type { RefusedSnapshot } from "../storage/index.ts";
import type { Alarm, HealthReport, TrainerStats } from "../train/index.ts";
import type { Config } from "./configSchema.ts";
import type { ExperimentOutcomes } from "./experiments/measuredExperiment.ts";
import type { SavedAlongside } from "./training.ts";

/** What the engine gives the training thread. */
export interface TrainWorkerData {
  readonly config: Config;
  readonly log: SharedLog;
  readonly progress: SharedArrayBuffer;
}

/** The model of responses, in its arena. */
export interface SharedResponse {
  readonly arena: SharedArena;
  readonly model: SharedOnlineModel;
}

/** What the engine asks of the training thread. */
export type TrainWorkerRequest =
  | { readonly kind: "stop" }
  /** A snapshot with every record below the offset, and then none from before; answered by `kept`. */
  | { readonly kind: "keepOnlyFrom"; readonly offset: number }
  /** What came of experiments; answered by `outcomes` with the id, between two batches. */
  | { readonly kind: "outcomes"; readonly id: number };

/** What the training thread says. */
export type TrainWorkerReport =
  | {
      readonly kind: "restored";
      readonly arena: SharedArena;
      readonly model: SharedRankingModel;
      /** Undefined where the config has it off. */
      readonly response: SharedResponse | undefined;
      /** Offset it goes on from; 0: it has no snapshot, and learns the whole log again. */
      readonly sequence: number;
      readonly refused: readonly RefusedSnapshot[];
      readonly health: HealthReport;
    }
  | ({ readonly kind: "saved" } & SavedAlongside)
  | { readonly kind: "saveFailed"; readonly sequence: number; readonly reason: string }
  /** Of a `keepOnlyFrom`; with why it could not be done. */
  | { readonly kind: "kept"; readonly offset: number; readonly failure?: string }
  | {
      readonly kind: "outcomes";
      readonly id: number;
      readonly outcomes: Readonly<Record<string, ExperimentOutcomes>>;
    }
  /** A few times a second at most. */
  | { readonly kind: "health"; readonly health: HealthReport }
  | { readonly kind: "alarm"; readonly alarm: Alarm };

/**
 * How far training is, and whether it should stop, in shared memory: the first written by the training
 * thread and read by any, the second the other way round.
 */
export class Progress {
  readonly buffer: SharedArrayBuffer;
  readonly #words: BigInt64Array;

  constructor(buffer = new SharedArrayBuffer(4 * 8)) {
    this.buffer = buffer;
    this.#words = new BigInt64Array(buffer);
  }

  /** Every record below it has been learned from. */
  get nextOffset(): number {
    return Number(Atomics.load(this.#words, 0));
  }

  get exampleCount(): number {
    return Number(Atomics.load(this.#words, 1));
  }

  /** Asked between two records: a message would wait for the end of the batch. */
  get isStopping(): boolean {
    return Atomics.load(this.#words, 2) !== 0n;
  }

  /** Log time of the newest record that was learned from, epoch milliseconds; 0 before the first. */
  get logTime(): number {
    return Number(Atomics.load(this.#words, 3));
  }

  advance(
    nextOffset: number,
    { exampleCount }: Pick<TrainerStats, "exampleCount">,
    logTime: number,
  ): void {
    Atomics.store(this.#words, 1, BigInt(exampleCount));
    Atomics.store(this.#words, 3, BigInt(logTime));
    Atomics.store(this.#words, 0, BigInt(nextOffset));
  }

  stop(): void {
    Atomics.store(this.#words, 2, 1n);
  }
}
