/** The people thread: follows the log, counts who is behind accounts, answers about them, and takes snapshots. */
import { parentPort, workerData } from "node:worker_threads";
import { assert, FoldbackError } from "../core/index.ts";
import { attachLogReader } from "../log/index.ts";
import { accountReport, assignReply, peopleSummary } from "../people/index.ts";
import { Following } from "./following.ts";
import type {
  PeopleQuestion,
  PeopleWorkerData,
  PeopleWorkerReport,
  PeopleWorkerRequest,
} from "./peopleProtocol.ts";
import { openPeopleSnapshots, restorePeople, savePeople } from "./peopleSnapshots.ts";
import { letOthersFirst } from "./threadPriority.ts";

assert(parentPort !== null, "the people thread is started by the engine");
const port = parentPort;
const data = workerData as PeopleWorkerData; // by `PeopleThread`, its only starter
const report = (message: PeopleWorkerReport): void => port.postMessage(message);

/** Between two looks at whether a snapshot is due. */
const lookMs = 1000;
/** Between two looks at whether sessions have another person than the log says. */
const sayMs = 20;
/** So many sessions are said at a time, or those of one account. */
const saidAtOnce = 500;

letOthersFirst();
const { config } = data;
const { snapshotEveryRecords, snapshotEverySeconds } = config.training;
const store = openPeopleSnapshots(config);
const { value: view, sequence, refused } = restorePeople(store, config);
let savedOffset = sequence;
let triedOffset = sequence;
let triedAtMs = performance.now();
let saving: Promise<void> | undefined; // while a snapshot is being written
report({ kind: "restored", sequence, refused });

/** What this thread said before is in the log below here; undefined while it must not say anything. */
let saidBelow: number | undefined;
const following = new Following(attachLogReader(data.log), view);
port.on("message", (request: PeopleWorkerRequest) => {
  if (request.kind === "stop") following.stop();
  else if (request.kind === "keepOnlyFrom") void keepOnlyFrom(request.offset);
  else if (request.kind === "said") saidBelow = request.end;
  else if (request.kind === "applied") void tellApplied(request.id, request.offset);
  else report({ kind: "answer", id: request.id, answer: answerTo(request.question) });
});
const timers = [setInterval(saveIfDue, lookMs), setInterval(sayAssigned, sayMs)];
await following.ended;
for (const timer of timers) clearInterval(timer);
await saving;
if (following.appliedOffset > savedOffset) await save();
port.close();

function answerTo(question: PeopleQuestion): unknown {
  switch (question.kind) {
    case "account":
      return accountReport(view, question.account, { withSessions: question.withSessions });
    case "summary":
      return peopleSummary(view, config.people.suppressBelow);
    case "assign":
      return assignReply(view, question.request);
  }
}

async function tellApplied(id: number, offset: number): Promise<void> {
  await following.applied(offset);
  if (following.appliedOffset >= offset) report({ kind: "applied", id }); // else it has been stopped
}

/** Once at a time, and not before it has read what it said itself, in this process or an earlier one: so nothing is said twice. */
function sayAssigned(): void {
  if (saidBelow === undefined || following.appliedOffset < saidBelow) return;
  const sessions = view.unsaid(saidAtOnce);
  if (sessions.length === 0) return;
  saidBelow = undefined;
  report({ kind: "assigned", sessions });
}

function saveIfDue(): void {
  const isDue =
    following.appliedOffset - triedOffset >= snapshotEveryRecords ||
    (performance.now() - triedAtMs >= snapshotEverySeconds * 1000 &&
      following.appliedOffset > savedOffset);
  if (!isDue || saving !== undefined) return;
  saving = save().finally(() => {
    saving = undefined;
  });
}

/** One that can't be written costs time at the next start, and nothing else: the engine says so, and the next one is tried when it is due. */
async function save(): Promise<void> {
  triedOffset = following.appliedOffset;
  try {
    savedOffset = await savePeople(store, config, view);
  } catch (error) {
    if (!(error instanceof FoldbackError && error.code === "LOG_UNAVAILABLE")) throw error;
    report({ kind: "saveFailed", sequence: triedOffset, reason: error.message });
  }
  triedAtMs = performance.now();
}

/** Answers in any case; a thread that ends says nothing any more, which is an answer too. */
async function keepOnlyFrom(offset: number): Promise<void> {
  await following.applied(offset);
  while (saving !== undefined) await saving;
  if (following.appliedOffset < offset) return; // it has been stopped
  let failure: string | undefined;
  saving = saveAlone(offset)
    .catch((error: unknown) => {
      if (!(error instanceof FoldbackError)) throw error;
      failure = error.message;
    })
    .finally(() => {
      saving = undefined;
    });
  await saving;
  report({ kind: "kept", offset, ...(failure !== undefined && { failure }) });
}

async function saveAlone(offset: number): Promise<void> {
  await save();
  if (savedOffset < offset) {
    throw new FoldbackError("LOG_UNAVAILABLE", "the snapshot could not be written");
  }
  await store.keepOnly(savedOffset);
}
