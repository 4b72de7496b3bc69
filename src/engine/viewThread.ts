import { FoldbackError } from "../core/index.ts";
import type {
  QuestionOf,
  QuestionsLike,
  ViewWorkerData,
  ViewWorkerReport,
  ViewWorkerRequest,
} from "./viewProtocol.ts";
import { WorkerThread } from "./workerThread.ts";

type RestoredReport = Extract<ViewWorkerReport, { kind: "restored" }>;
type FailedReport = Extract<ViewWorkerReport, { kind: "saveFailed" }>;

export interface ViewThreadOptions {
  /** Of the thread: `people`. */
  readonly name: string;
  /** What runs in it: it calls `followView`. */
  readonly file: URL;
  readonly workerData: ViewWorkerData;
  readonly onSaveFailed: (report: FailedReport) => void;
}

/** A thread that follows the log with a view of its own, as the engine sees it; it may say things that go into the log. */
export class ViewThread<Questions extends QuestionsLike<Questions>, Saying = never> {
  readonly restored: RestoredReport;
  /** Settles when the thread is gone; fails with what ended it, if it was not told to stop. */
  readonly ended: Promise<void>;
  readonly #thread: WorkerThread<ViewWorkerRequest<QuestionOf<Questions>>, ViewWorkerReport>;
  #askedCount = 0;

  private constructor(
    thread: WorkerThread<ViewWorkerRequest<QuestionOf<Questions>>, ViewWorkerReport>,
    restored: RestoredReport,
  ) {
    this.#thread = thread;
    this.restored = restored;
    this.ended = thread.ended;
  }

  /** Resolves once the thread has restored its state; fails with what went wrong, the thread being gone. */
  static async start<Questions extends QuestionsLike<Questions>, Saying = never>({
    onSaveFailed,
    ...options
  }: ViewThreadOptions): Promise<ViewThread<Questions, Saying>> {
    const thread = new WorkerThread<ViewWorkerRequest<QuestionOf<Questions>>, ViewWorkerReport>(
      options,
    );
    thread.listen((report) => {
      if (report.kind === "saveFailed") onSaveFailed(report);
    });
    const restored = await thread.answer((report) =>
      report.kind === "restored" ? report : undefined,
    );
    return new ViewThread(thread, restored);
  }

  /**
   * Has what it says go into the log.
   *
   * @param head the end of the log now. @param append resolves to the offset after what it has written.
   */
  say(head: number, append: (sayings: readonly Saying[]) => Promise<number>): void {
    const allow = (end: number): void => this.#thread.ask({ kind: "said", end });
    this.#thread.listen((report) => {
      if (report.kind !== "says") return;
      // What its worker says. Where it can't be written the log takes nothing any more, and there is nothing to say.
      append(report.sayings as readonly Saying[]).then(allow, () => {});
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

  /** Answered by the records that the thread has come to. @throws FoldbackError what the answer is refused for; CLOSED where the thread ends before. */
  async ask<Kind extends keyof Questions>(
    question: QuestionOf<Questions> & { readonly kind: Kind },
  ): Promise<Questions[Kind]["answer"]> {
    const id = this.#askedCount++;
    const report = await this.#thread.answer(
      (said) =>
        (said.kind === "answer" || said.kind === "refusal") && said.id === id ? said : undefined,
      { kind: "question", id, question },
    );
    if (report.kind === "answer") return report.answer; // of the question's kind, by the worker
    const { code, message, details } = report.failure;
    throw new FoldbackError(code, message, { details });
  }
}
