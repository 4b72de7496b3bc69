/** What a thread does that follows the log with a view of its own: applies records, answers questions, takes snapshots. */
import { parentPort, workerData } from "node:worker_threads";
import { assert, FoldbackError } from "../core/index.ts";
import type { View } from "../event/index.ts";
import { attachLogReader } from "../log/index.ts";
import type { Config } from "./configSchema.ts";
import { Following } from "./following.ts";
import { Saving } from "./saving.ts";
import { letOthersFirst } from "./threadPriority.ts";
import type {
  QuestionOf,
  QuestionsLike,
  ViewWorkerData,
  ViewWorkerReport,
  ViewWorkerRequest,
} from "./viewProtocol.ts";
import { type KeptView, openViewSnapshots, restoreView, saveView } from "./viewSnapshots.ts";

export interface FollowedView<V extends View, Questions extends QuestionsLike<Questions>> {
  readonly keptView: (config: Config) => KeptView<V>;
  /** May throw a FoldbackError: the question is refused. Not for long: no record is applied meanwhile. */
  readonly answerTo: (question: QuestionOf<Questions>, view: V, config: Config) => unknown;
  /** What is to go into the log and is not there yet, as far as the view has read. */
  readonly unsaid?: (view: V) => readonly unknown[];
}

/** Between two looks at whether a snapshot is due. */
const lookMs = 1000;
/** Between two looks at whether something is to be said. */
const sayMs = 20;

/** Runs until the engine says `stop`. The whole of a thread that a `ViewThread` starts. */
export async function followView<V extends View, Questions extends QuestionsLike<Questions>>({
  keptView,
  answerTo,
  unsaid,
}: FollowedView<V, Questions>): Promise<void> {
  assert(parentPort !== null, "a thread of views is started by the engine");
  const port = parentPort;
  const report = (message: ViewWorkerReport): void => port.postMessage(message);
  const { config, log } = workerData as ViewWorkerData; // by `ViewThread`, its only starter
  letOthersFirst();
  const kept = keptView(config);
  const store = openViewSnapshots(kept, config);
  const { value: view, sequence, refused } = restoreView(store, kept);
  report({ kind: "restored", sequence, refused });

  /** What this thread said before is in the log below here; undefined while it must not say anything. */
  let saidBelow: number | undefined;
  const following = new Following(attachLogReader(log), view);
  const saving = new Saving({
    training: config.training,
    sequence,
    appliedOffset: () => following.appliedOffset,
    applied: (offset) => following.applied(offset),
    save: () => saveView(store, kept, view),
    keepOnly: (saved) => store.keepOnly(saved),
    onFailed: (tried, reason) => report({ kind: "saveFailed", sequence: tried, reason }),
  });
  port.on("message", (request: ViewWorkerRequest<QuestionOf<Questions>>) => {
    if (request.kind === "stop") following.stop();
    else if (request.kind === "keepOnlyFrom") void keepOnlyFrom(request.offset);
    else if (request.kind === "said") saidBelow = request.end;
    else if (request.kind === "applied") void tellApplied(request.id, request.offset);
    else answer(request.id, request.question);
  });
  const timers = [setInterval(() => saving.saveIfDue(), lookMs)];
  if (unsaid !== undefined) timers.push(setInterval(() => say(unsaid), sayMs));
  await following.ended;
  for (const timer of timers) clearInterval(timer);
  await saving.end();
  port.close();

  function answer(id: number, question: QuestionOf<Questions>): void {
    try {
      report({ kind: "answer", id, answer: answerTo(question, view, config) });
    } catch (error) {
      if (!(error instanceof FoldbackError)) throw error;
      const { code, message, details } = error;
      report({ kind: "refusal", id, failure: { code, message, details } });
    }
  }

  /** Once at a time, and not before it has read what it said itself, in this process or an earlier one: so nothing is said twice. */
  function say(sayingsOf: (view: V) => readonly unknown[]): void {
    if (saidBelow === undefined || following.appliedOffset < saidBelow) return;
    const sayings = sayingsOf(view);
    if (sayings.length === 0) return;
    saidBelow = undefined;
    report({ kind: "says", sayings });
  }

  async function tellApplied(id: number, offset: number): Promise<void> {
    await following.applied(offset);
    if (following.appliedOffset >= offset) report({ kind: "applied", id }); // else it has been stopped
  }

  /** Answers in any case; a thread that ends says nothing any more, which is an answer too. */
  async function keepOnlyFrom(offset: number): Promise<void> {
    const result = await saving.keepOnlyFrom(offset);
    if (result !== "stopped") report({ kind: "kept", offset, ...result });
  }
}
