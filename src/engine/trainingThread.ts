import { FoldbackError } from "../core/index.ts";
import type { SharedLog } from "../log/index.ts";
import type { Config } from "./configSchema.ts";
import type { ExperimentOutcomes } from "./experiments/measuredExperiment.ts";
import {
  Progress,
  type TrainWorkerData,
  type TrainWorkerReport,
  type TrainWorkerRequest,
} from "./trainProtocol.ts";
import { WorkerThread } from "./workerThread.ts";

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
  readonly #thread: WorkerThread<TrainWorkerRequest, TrainWorkerReport>;
  #askedCount = 0;

  private constructor(
    thread: WorkerThread<TrainWorkerRequest, TrainWorkerReport>,
    progress: Progress,
    restored: RestoredReport,
  ) {
    this.#thread = thread;
    this.progress = progress;
    this.restored = restored;
    this.ended = thread.ended;
  }

  /** Resolves once the thread has restored its state; fails with what went wrong, the thread being gone. */
  static async start(
    config: Config,
    log: SharedLog,
    onReport: (report: TrainingReport) => void,
  ): Promise<TrainingThread> {
    const progress = new Progress();
    const workerData: TrainWorkerData = { config, log, progress: progress.buffer };
    const thread = new WorkerThread<TrainWorkerRequest, TrainWorkerReport>({
      name: "training",
      file: new URL("./trainWorker.js", import.meta.url),
      workerData,
      youngMegabytes,
    });
    thread.listen((report) => {
      const { kind } = report;
      if (kind !== "restored" && kind !== "kept" && kind !== "outcomes") onReport(report);
    });
    const restored = await thread.answer((report) =>
      report.kind === "restored" ? report : undefined,
    );
    return new TrainingThread(thread, progress, restored);
  }

  /** Ends training after the record at hand, with a snapshot; `ended` tells when that is done. */
  stop(): void {
    this.progress.stop();
    this.#thread.ask({ kind: "stop" }); // wakes it if it waits for records
  }

  /**
   * Resolves when there is a snapshot with every record below the offset, and none from before.
   *
   * @throws FoldbackError LOG_UNAVAILABLE; CLOSED where training ends before.
   */
  async keepOnlyFrom(offset: number): Promise<void> {
    const report = await this.#thread.answer(
      (answer) => (answer.kind === "kept" && answer.offset === offset ? answer : undefined),
      { kind: "keepOnlyFrom", offset },
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
    return this.#thread.answer(
      (answer) => (answer.kind === "outcomes" && answer.id === id ? answer.outcomes : undefined),
      { kind: "outcomes", id },
    );
  }
}
