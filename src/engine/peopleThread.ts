import { FoldbackError } from "../core/index.ts";
import type { SharedLog } from "../log/index.ts";
import type { SessionPerson } from "../people/index.ts";
import type { Config } from "./configSchema.ts";
import type {
  PeopleQuestion,
  PeopleQuestionKind,
  PeopleQuestions,
  PeopleWorkerData,
  PeopleWorkerReport,
  PeopleWorkerRequest,
} from "./peopleProtocol.ts";
import { WorkerThread } from "./workerThread.ts";

type RestoredReport = Extract<PeopleWorkerReport, { kind: "restored" }>;
type FailedReport = Extract<PeopleWorkerReport, { kind: "saveFailed" }>;

/** The people thread as the engine sees it. */
export class PeopleThread {
  readonly restored: RestoredReport;
  /** Settles when the thread is gone; fails with what ended it, if it was not told to stop. */
  readonly ended: Promise<void>;
  readonly #thread: WorkerThread<PeopleWorkerRequest, PeopleWorkerReport>;
  #askedCount = 0;

  private constructor(
    thread: WorkerThread<PeopleWorkerRequest, PeopleWorkerReport>,
    restored: RestoredReport,
  ) {
    this.#thread = thread;
    this.restored = restored;
    this.ended = thread.ended;
  }

  /** Resolves once the thread has restored its state; fails with what went wrong, the thread being gone. */
  static async start(
    config: Config,
    log: SharedLog,
    onSaveFailed: (report: FailedReport) => void,
  ): Promise<PeopleThread> {
    const workerData: PeopleWorkerData = { config, log };
    const thread = new WorkerThread<PeopleWorkerRequest, PeopleWorkerReport>({
      name: "people",
      file: new URL("./peopleWorker.js", import.meta.url),
      workerData,
    });
    thread.listen((report) => {
      if (report.kind === "saveFailed") onSaveFailed(report);
    });
    const restored = await thread.answer((report) =>
      report.kind === "restored" ? report : undefined,
    );
    return new PeopleThread(thread, restored);
  }

  /**
   * Has whose sessions are go into the log.
   *
   * @param head the end of the log now. @param append resolves to the offset after what it has written.
   */
  say(head: number, append: (sessions: readonly SessionPerson[]) => Promise<number>): void {
    const allow = (end: number): void => this.#thread.ask({ kind: "said", end });
    this.#thread.listen((report) => {
      if (report.kind !== "assigned") return;
      // Where it can't be written the log takes nothing any more, and there is nothing to say.
      append(report.sessions).then(allow, () => {});
    });
    allow(head);
  }

  /** Ends it after the record at hand, with a snapshot; `ended` tells when that is done. */
  stop(): void {
    this.#thread.ask({ kind: "stop" });
  }

  /**
   * Resolves when there is a snapshot with every record below the offset, and none from before.
   *
   * @throws FoldbackError LOG_UNAVAILABLE; CLOSED where the thread ends before.
   */
  async keepOnlyFrom(offset: number): Promise<void> {
    const report = await this.#thread.answer(
      (answer) => (answer.kind === "kept" && answer.offset === offset ? answer : undefined),
      { kind: "keepOnlyFrom", offset },
    );
    if (report.failure !== undefined) throw new FoldbackError("LOG_UNAVAILABLE", report.failure);
  }

  /** Resolves when every record below the offset has been applied. @throws FoldbackError CLOSED where the thread ends before. */
  async applied(offset: number): Promise<void> {
    const id = this.#askedCount++;
    await this.#thread.answer(
      (report) => (report.kind === "applied" && report.id === id ? report : undefined),
      { kind: "applied", id, offset },
    );
  }

  /** Answered by the records that the thread has come to. @throws FoldbackError CLOSED where the thread ends before. */
  async ask<Kind extends PeopleQuestionKind>(
    question: PeopleQuestion & { readonly kind: Kind },
  ): Promise<PeopleQuestions[Kind]["answer"]> {
    const id = this.#askedCount++;
    const report = await this.#thread.answer(
      (answer) => (answer.kind === "answer" && answer.id === id ? answer : undefined),
      { kind: "question", id, question },
    );
    return report.answer as PeopleQuestions[Kind]["answer"]; // of the question's kind, by the worker
  }
}
