/** The training thread: follows the log, learns from each record, and takes snapshots. */
import { setTimeout as delay } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { assert, FoldbackError } from "../core/index.ts";
import { attachLogReader } from "../log/index.ts";
import { letOthersFirst } from "./threadPriority.ts";
import { openShownStore, openSnapshots, restoreLearner, saveLearnerAlongside } from "./training.ts";
import {
  Progress,
  type TrainWorkerData,
  type TrainWorkerReport,
  type TrainWorkerRequest,
} from "./trainProtocol.ts";

assert(parentPort !== null, "the training thread is started by the engine");
const port = parentPort;
const data = workerData as TrainWorkerData; // by `TrainingThread`, its only starter
const report = (message: TrainWorkerReport): void => port.postMessage(message);

letOthersFirst();
const { config } = data;
const { snapshotEveryRecords, snapshotEverySeconds, snapshotsKept } = config.training;
/** Blocks of 32 KiB that may wait for the disk before training does. */
const shownWaitingMax = 64;
const progress = new Progress(data.progress);
const store = openSnapshots(config);
const shownStore = await openShownStore(config);
const { value: learner, sequence, refused } = restoreLearner(store, config, shownStore);
const { trainer, outcomes } = learner;
// What another life of this log left there would be of other settings.
if (sequence === 0) await shownStore.removeBelow("~");
let logTime = 0;
/** Of the snapshots of this run, oldest first, as many as are kept. */
const savedLogTimes: number[] = [];
let savedRecords = sequence;
let triedRecords = sequence;
let triedAtMs = performance.now();
let saving: Promise<void> | undefined; // while a snapshot is being written
/** Alarms that the engine knows of; those before the snapshot were told when they came. */
let toldAlarms = trainer.health.alarmCount;
/** Between two reports of health; the last one comes also when there is nothing to learn any more. */
const healthEveryMs = 250;
/** Between two looks at whether training has come far enough. */
const turnMs = 2;
let healthAtMs = Number.NEGATIVE_INFINITY;
let healthTimer: NodeJS.Timeout | undefined;
progress.advance(sequence, trainer.stats(), 0);
report({
  kind: "restored",
  arena: learner.arena.share(),
  model: learner.model.share(),
  response: learner.response && {
    arena: learner.response.arena.share(),
    model: learner.response.share(),
  },
  sequence,
  refused,
  health: trainer.health.report(),
});

const stop = new AbortController();
port.on("message", (request: TrainWorkerRequest) => {
  if (request.kind === "stop") stop.abort();
  else if (request.kind === "outcomes") {
    report({ kind: "outcomes", id: request.id, outcomes: outcomes.of() });
  } else void keepOnlyFrom(request.offset);
});
const reader = attachLogReader(data.log);
const following = { follow: true, signal: stop.signal };
for await (const records of reader.readBatches(trainer.offsets, following)) {
  for (const record of records) {
    if (progress.isStopping) break;
    trainer.apply(record);
    outcomes.apply(record);
    progress.advance(record.offset + 1, trainer.stats(), record.logTime);
    if (trainer.health.alarmCount !== toldAlarms) reportAlarms();
  }
  if (progress.isStopping) break;
  if (shownStore.waitingCount > shownWaitingMax) await shownStore.flush();
  logTime = records.at(-1)?.logTime ?? logTime;
  healthIsDue();
  const isDue =
    progress.nextOffset - triedRecords >= snapshotEveryRecords ||
    performance.now() - triedAtMs >= snapshotEverySeconds * 1000;
  // One that is due while another is being written waits for it, and then is of its own moment.
  if (isDue && saving === undefined) {
    saving = save().finally(() => {
      saving = undefined;
    });
  }
}
await saving;
if (progress.nextOffset > savedRecords) await save();
await shownStore.close();
clearTimeout(healthTimer);
reportHealth();
port.close();

function reportAlarms(): void {
  const { health } = trainer;
  for (const alarm of health.latestAlarms(health.alarmCount - toldAlarms)) {
    report({ kind: "alarm", alarm });
  }
  toldAlarms = health.alarmCount;
}

/** Reports at once, if the last report is long enough ago; else when it will be. */
function healthIsDue(): void {
  const leftMs = healthAtMs + healthEveryMs - performance.now();
  if (leftMs <= 0) reportHealth();
  else healthTimer ??= setTimeout(reportHealth, leftMs).unref();
}

function reportHealth(): void {
  clearTimeout(healthTimer);
  healthTimer = undefined;
  healthAtMs = performance.now();
  report({ kind: "health", health: trainer.health.report() });
}

/**
 * Takes what was learned up to now, and writes it between the batches that follow.
 *
 * A snapshot that can't be written costs time at the next start, and nothing else: training goes on,
 * the engine says so, and the next one is tried when it is due.
 */
async function save(): Promise<void> {
  const records = progress.nextOffset;
  triedRecords = records;
  try {
    const at = logTime;
    // What the snapshot looks for among the impressions on disk must be there before it.
    const saved = await saveLearnerAlongside(store, config, learner, shownStore.flush());
    savedRecords = saved.sequence;
    report({ kind: "saved", ...saved });
    await forgetShown(at);
  } catch (error) {
    // The disk failed, or the arena had no memory for what changed while it was written.
    const isExpected =
      error instanceof FoldbackError &&
      (error.code === "LOG_UNAVAILABLE" || error.code === "TABLE_FULL");
    if (!isExpected) throw error;
    report({ kind: "saveFailed", sequence: records, reason: error.message });
  }
  triedAtMs = performance.now();
}

/** Answers in any case; a thread that ends says nothing any more, which is an answer too. */
async function keepOnlyFrom(offset: number): Promise<void> {
  while (progress.nextOffset < offset || saving !== undefined) {
    if (progress.isStopping) return;
    await (saving ?? delay(turnMs));
  }
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
  if (savedRecords < offset)
    throw new FoldbackError("LOG_UNAVAILABLE", "the snapshot could not be written");
  await store.keepOnly(savedRecords);
}

/** What even the oldest snapshot that is kept will not look for. */
async function forgetShown(logTime: number): Promise<void> {
  savedLogTimes.push(logTime);
  if (savedLogTimes.length <= snapshotsKept) return;
  savedLogTimes.shift();
  await shownStore.removeBelow(trainer.shownStoreKeyAt(savedLogTimes[0]));
}
