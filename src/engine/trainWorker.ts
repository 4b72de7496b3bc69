/** The training thread: follows the log, learns from each record, and takes snapshots. */
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../core/index.ts";
import { attachLogReader } from "../log/index.ts";
import { openSnapshots, restoreLearner, saveLearner } from "./training.ts";
import { Progress, type TrainWorkerData, type TrainWorkerReport } from "./trainProtocol.ts";

assert(parentPort !== null, "the training thread is started by the engine");
const port = parentPort;
const data = workerData as TrainWorkerData; // by `TrainingThread`, its only starter
const report = (message: TrainWorkerReport): void => port.postMessage(message);

const { config } = data;
const progress = new Progress(data.progress);
const store = openSnapshots(config);
const { value: learner, sequence, refused } = restoreLearner(store, config);
const { trainer } = learner;
let savedRecords = sequence;
let savedAtMs = performance.now();
progress.advance(sequence, trainer.stats());
report({
  kind: "restored",
  arena: learner.arena.share(),
  model: learner.model.share(),
  sequence,
  refused,
});

const stop = new AbortController();
port.once("message", () => stop.abort()); // the only message there is
const reader = attachLogReader(data.log);
for await (const records of reader.readBatches(trainer.offsets, {
  follow: true,
  signal: stop.signal,
})) {
  for (const record of records) {
    trainer.apply(record);
    progress.advance(record.offset + 1, trainer.stats());
  }
  const applied = progress.nextOffset;
  const { snapshotEveryRecords, snapshotEverySeconds } = config.training;
  const isDue =
    applied - savedRecords >= snapshotEveryRecords ||
    performance.now() - savedAtMs >= snapshotEverySeconds * 1000;
  if (isDue) save();
  if (stop.signal.aborted) break;
}
if (progress.nextOffset > savedRecords) save();
port.close();

function save(): void {
  const beganMs = performance.now();
  savedRecords = saveLearner(store, config, learner);
  savedAtMs = performance.now();
  report({ kind: "saved", sequence: savedRecords, stallMs: savedAtMs - beganMs });
}
