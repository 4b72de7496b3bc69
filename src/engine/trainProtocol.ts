import type { SharedArena } from "../embedding/index.ts";
import type { RefusedSnapshot, SharedLog } from "../log/index.ts";
import type { SharedRankingModel } from "../model/index.ts";
import type { TrainerStats } from "../train/index.ts";
import type { Config } from "./config.ts";

/** What the engine gives the training thread. Any message to it afterwards means: stop. */
export interface TrainWorkerData {
  readonly config: Config;
  readonly log: SharedLog;
  readonly progress: SharedArrayBuffer;
}

/** What the training thread says. */
export type TrainWorkerReport =
  | {
      readonly kind: "restored";
      readonly arena: SharedArena;
      readonly model: SharedRankingModel;
      /** Offset it goes on from; 0: it has no snapshot, and learns the whole log again. */
      readonly sequence: number;
      readonly refused: readonly RefusedSnapshot[];
    }
  | { readonly kind: "saved"; readonly sequence: number; readonly stallMs: number };

/** How far training is, in shared memory: written by the training thread, read by any. */
export class Progress {
  readonly buffer: SharedArrayBuffer;
  readonly #words: BigInt64Array;

  constructor(buffer = new SharedArrayBuffer(2 * 8)) {
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

  advance(nextOffset: number, { exampleCount }: Pick<TrainerStats, "exampleCount">): void {
    Atomics.store(this.#words, 1, BigInt(exampleCount));
    Atomics.store(this.#words, 0, BigInt(nextOffset));
  }
}
