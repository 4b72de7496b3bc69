import { Worker } from "node:worker_threads";
import { errorCodes, FoldbackError } from "../core/index.ts";
import type { SharedLog } from "../log/index.ts";
import type { Config } from "./configSchema.ts";
import type { ExperimentOutcomes } from "./experiments/measuredExperiment.ts";
import {
  Progress,
  type TrainWorkerData,
  type TrainWorkerReport,
  type TrainWorkerRequest,
} from "./trainProtocol.ts";

type RestoredReport = Extract<TrainWorkerReport, { kind: "restored" }>;
/** What the thread says when it is asked. */
type Answer = Extract<TrainWorkerReport, { kind: "kept" | "outcomes" }>;
export type TrainingReport = Exclude<TrainWorkerReport, RestoredReport | Answer>;

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
  readonly #onAnswer: Set<(answer: Answer) => void>;
  #askedCount = 0;

  private constructor(parts: {
    worker: Worker;
    progress: Progress;
    restored: RestoredReport;
    ended: Promise<void>;
    onAnswer: Set<(answer: Answer) => void>;
  }) {
    this.#worker = parts.worker;
    this.#onAnswer = parts.onAnswer;
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
    const onAnswer = new Set<(answer: Answer) => void>();
    const restored = new Promise<RestoredReport>((resolve) => {
      worker.on("message", (report: TrainWorkerReport) => {
        if (report.kind === "restored") resolve(report);
        else if (report.kind === "kept" || report.kind === "outcomes") {
          for (const take of onAnswer) take(report);
        } else onReport(report);
      });
    });
    const first = await Promise.race([restored, ended]);
    if (first === undefined) throw new FoldbackError("CLOSED", "the training thread ended at once");
    return new TrainingThread({ worker, progress, restored: first, ended, onAnswer });
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
    const report = await this.#answerTo({ kind: "keepOnlyFrom", offset }, (answer) =>
      answer.kind === "kept" && answer.offset === offset ? answer : undefined,
    );
    if (report.failure !== undefined) throw new FoldbackError("LOG_UNAVAILABLE", report.failure);
  }

  /**
   * What came of experiments, by the records that were learned from.
   *
   * @throws FoldbackError CLOSED where training ends before.
   */
  async outcomes(): Promise<Readonly<Record<string, ExperimentOutcomes>>> {
    const id = this.#askedCount++;
    return this.#answerTo({ kind: "outcomes", id }, (answer) =>
      answer.kind === "outcomes" && answer.id === id ? answer.outcomes : undefined,
    );
  }

  /** @param pick what answers the request, of an answer to it. @throws FoldbackError CLOSED. */
  async #answerTo<T>(
    request: TrainWorkerRequest,
    pick: (answer: Answer) => T | undefined,
  ): Promise<T> {
    let take: ((answer: Answer) => void) | undefined;
    const answered = new Promise<T>((resolve) => {
      take = (answer) => {
        const picked = pick(answer);
        if (picked !== undefined) resolve(picked);
      };
      this.#onAnswer.add(take);
    });
    this.#ask(request);
    try {
      const answer = await Promise.race([answered, this.ended]);
      if (answer === undefined) throw new FoldbackError("CLOSED", "training has ended");
      return answer;
    } finally {
      if (take !== undefined) this.#onAnswer.delete(take);
    }
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
