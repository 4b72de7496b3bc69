import { Worker } from "node:worker_threads";
import { errorCodes, FoldbackError } from "../core/index.ts";
import type { SharedLog } from "../log/index.ts";
import type { Config } from "./configSchema.ts";
import {
  Progress,
  type TrainWorkerData,
  type TrainWorkerReport,
  type TrainWorkerRequest,
} from "./trainProtocol.ts";

type RestoredReport = Extract<TrainWorkerReport, { kind: "restored" }>;
type KeptReport = Extract<TrainWorkerReport, { kind: "kept" }>;
export type TrainingReport = Exclude<TrainWorkerReport, RestoredReport | KeptReport>;

/**
 * Room for young objects of the training thread. By default it is 48 MB, whose collection takes 5 to 10 ms
 * each time, as what waits in the joiner survives it; of this size it takes under 1 ms, and no more in all.
 */
const youngMegabytes = 6;

/** The training thread as the engine sees it. */
export class TrainingThread {
  readonly progress: Progress;
  readonly restored: RestoredReport;
  /** Settles when the thread is gone; fails with what ended it, if it was not told to stop. */
  readonly ended: Promise<void>;
  readonly #worker: Worker;
  readonly #onKept: Set<(report: KeptReport) => void>;

  private constructor(parts: {
    worker: Worker;
    progress: Progress;
    restored: RestoredReport;
    ended: Promise<void>;
    onKept: Set<(report: KeptReport) => void>;
  }) {
    this.#worker = parts.worker;
    this.#onKept = parts.onKept;
    this.progress = parts.progress;
    this.restored = parts.restored;
    this.ended = parts.ended;
  }

  /** Resolves once the thread has restored its state; fails with what went wrong, the thread being gone. */
  static async start(
    config: Config,
    log: SharedLog,
    onReport: (report: TrainingReport) => void,
  ): Promise<TrainingThread> {
    const progress = new Progress();
    const data: TrainWorkerData = { config, log, progress: progress.buffer };
    const worker = new Worker(new URL("./trainWorker.js", import.meta.url), {
      workerData: data,
      resourceLimits: { maxYoungGenerationSizeMb: youngMegabytes },
      ...threadFlags(),
    });
    let failure: Error | undefined;
    worker.once("error", (error) => {
      failure = asThrown(error);
    });
    // Not before "exit": until then the thread may still write into the data directory.
    const ended = new Promise<void>((resolve, reject) => {
      worker.once("exit", (code) => {
        if (code === 0) resolve();
        else reject(failure ?? new Error(`the training thread ended with code ${code}`));
      });
    });
    const onKept = new Set<(report: KeptReport) => void>();
    const restored = new Promise<RestoredReport>((resolve) => {
      worker.on("message", (report: TrainWorkerReport) => {
        if (report.kind === "restored") resolve(report);
        else if (report.kind === "kept") for (const take of onKept) take(report);
        else onReport(report);
      });
    });
    const first = await Promise.race([restored, ended]);
    if (first === undefined) throw new FoldbackError("CLOSED", "the training thread ended at once");
    return new TrainingThread({ worker, progress, restored: first, ended, onKept });
  }

  /** Ends training after the record at hand, with a snapshot; `ended` tells when that is done. */
  stop(): void {
    this.progress.stop();
    this.#ask({ kind: "stop" }); // wakes it if it waits for records
  }

  /**
   * Resolves when there is a snapshot with every record below the offset, and none from before.
   *
   * @throws FoldbackError LOG_UNAVAILABLE; CLOSED where training ends before.
   */
  async keepOnlyFrom(offset: number): Promise<void> {
    let take: ((report: KeptReport) => void) | undefined;
    const kept = new Promise<KeptReport>((resolve) => {
      take = (report) => {
        if (report.offset === offset) resolve(report);
      };
      this.#onKept.add(take);
    });
    this.#ask({ kind: "keepOnlyFrom", offset });
    const report = await Promise.race([kept, this.ended]);
    if (take !== undefined) this.#onKept.delete(take);
    if (report === undefined) throw new FoldbackError("CLOSED", "training has ended");
    if (report.failure !== undefined) throw new FoldbackError("LOG_UNAVAILABLE", report.failure);
  }

  #ask(request: TrainWorkerRequest): void {
    this.#worker.postMessage(request);
  }
}

/**
 * A thread has the flags of its process, unless it is given others. A program that was given as text says what kind of
 * text, which a thread with a file may not; but nor may it be given those of V8 (`--max-old-space-size`), which it has anyway.
 */
function threadFlags(): { readonly execArgv?: string[] } {
  const { execArgv } = process;
  if (!execArgv.some((flag) => flag.startsWith("--input-type"))) return {};
  return { execArgv: execArgv.filter((flag) => flag === "--enable-source-maps") };
}

/** An error that crosses a thread arrives as a plain `Error` with its properties. */
function asThrown(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(`the training thread threw ${String(error)}`);
  const code = errorCodes.find((known) => "code" in error && error.code === known);
  if (code === undefined) return error;
  return new FoldbackError(code, `training stopped: ${error.message}`, { cause: error });
}
