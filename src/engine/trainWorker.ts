/** The training thread: follows the log, learns from each record, and takes snapshots. */
import { setTimeout as delay } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../core/index.ts";
import { attachLogReader } from "../log/index.ts";
import { Saving } from "./saving.ts";
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
const { snapshotsKept } = config.training;
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
/** Alarms that the engine knows of; those before the snapshot were told when they came. */
let toldAlarms = trainer.health.alarmCount;
/** Between two reports of health; the last one comes also when there is nothing to learn any more. */
const healthEveryMs = 250;
/** Between two looks at whether training has come far enough. */
const turnMs = 2;
let healthAtMs = Number.NEGATIVE_INFINITY;
let healthTimer: NodeJS.Timeout | undefined;
const saving = new Saving({
  training: config.training,
  sequence,
  appliedOffset: () => progress.nextOffset,
  applied,
  save,
  keepOnly: (saved) => store.keepOnly(saved),
  onFailed: (tried, reason) => report({ kind: "saveFailed", sequence: tried, reason }),
});
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
  saving.saveIfDue();
}
await saving.end();
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

/** Takes what was learned up to now, and writes it between the batches that follow. */
async function save(): Promise<number> {
  const at = logTime;
  // What the snapshot looks for among the impressions on disk must be there before it.
  const saved = await saveLearnerAlongside(store, config, learner, shownStore.flush());
  report({ kind: "saved", ...saved });
  await forgetShown(at);
  return saved.sequence;
}

async function applied(offset: number): Promise<void> {
  while (progress.nextOffset < offset && !progress.isStopping) await delay(turnMs);
}

/** Answers in any case; a thread that ends says nothing any more, which is an answer too. */
async function keepOnlyFrom(offset: number): Promise<void> {
  const result = await saving.keepOnlyFrom(offset);
  if (result !== "stopped") report({ kind: "kept", offset, ...result });
}

/** What even the oldest snapshot that is kept will not look for. */
async function forgetShown(logTime: number): Promise<void> {
  savedLogTimes.push(logTime);
  if (savedLogTimes.length <= snapshotsKept) return;
  savedLogTimes.shift();
  await shownStore.removeBelow(trainer.shownStoreKeyAt(savedLogTimes[0]));
}
