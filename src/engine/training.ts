import { join } from "node:path";
import { FoldbackError } from "../core/index.ts";
import {
  type KeyValues,
  openKeyValues,
  openSnapshotStore,
  type SnapshotSink,
  type SnapshotSource,
  type SnapshotStore,
} from "../storage/index.ts";
import type { Config } from "./configSchema.ts";
import { createLearner, type Learner } from "./learner.ts";
import {
  type Restored,
  restoreUnder,
  type SnapshotSettings,
  writeSettings,
} from "./snapshotSettings.ts";

/** Raised when the bytes that a snapshot's sections hold change their meaning. */
const formatVersion = 9;

/**
 * The settings that the trained state depends on, by name: a snapshot made under others is of no use.
 *
 * Not among them: how much memory the model may take. A model that has filled it stops training with
 * TABLE_FULL, so no state depends on it, and raising it must not cost what was learned.
 */
export function trainedSettings(config: Config): SnapshotSettings {
  const { sizeBytesMax: _, ...model } = config.model;
  const { sizeBytesMax: _response, ...response } = config.response;
  const { negativesPerPositive, uniformShare, expireEverySeconds, impressions } = config.training;
  return {
    format: formatVersion,
    feedback: config.feedback,
    limits: config.limits,
    "log.partitionCount": config.log.partitionCount,
    model,
    response,
    "training.negativesPerPositive": negativesPerPositive,
    "training.uniformShare": uniformShare,
    "training.expireEverySeconds": expireEverySeconds,
    "training.impressions": impressions,
  };
}

export function snapshotDirectory({ dataDirectory }: Config): string {
  return join(dataDirectory, "snapshots");
}

/**
 * The snapshots of a data directory. Whoever opens them holds the lock of its log; removes what an
 * interrupted write left, so it may not be opened while another thread writes one.
 */
export function openSnapshots(config: Config): SnapshotStore {
  return openSnapshotStore({
    directory: snapshotDirectory(config),
    keep: config.training.snapshotsKept,
  });
}

/** What memory has no room for of the impressions that wait; the training thread's alone. */
export function openShownStore(config: Config): Promise<KeyValues> {
  return openKeyValues(join(config.dataDirectory, "shown"));
}

/**
 * Saves all that was learned, at once.
 *
 * @throws FoldbackError LOG_UNAVAILABLE; the earlier snapshots are as they were.
 */
export function saveLearner(store: SnapshotStore, config: Config, learner: Learner): void {
  store.write(offsetOf(learner.trainer), saverOf(config, learner));
}

/** An event that comes while a snapshot is being written waits for a turn or two. */
const turnMs = 2;

/** What a snapshot that was written while training went on cost it. */
export interface SavedAlongside {
  readonly sequence: number;
  /** How long training stood still, in ms, for its state of one moment to be saved. */
  readonly stallMs: number;
  /** How long at most it stood still at once afterwards, in ms, while that was written. */
  readonly longestTurnMs: number;
}

/**
 * The same while training goes on: what is saved is what was learned up to this call.
 *
 * @param before what must be on disk before the snapshot is there.
 * @throws FoldbackError LOG_UNAVAILABLE; the earlier snapshots are as they were.
 */
export async function saveLearnerAlongside(
  store: SnapshotStore,
  config: Config,
  learner: Learner,
  before?: Promise<void>,
): Promise<SavedAlongside> {
  const beganMs = performance.now();
  const sequence = offsetOf(learner.trainer);
  const writing = store.writeAlongside(sequence, saverOf(config, learner), {
    turnMs,
    ...(before && { before }),
  });
  const stallMs = performance.now() - beganMs; // what is saved synchronously ends where the promise is given
  const { longestTurnMs } = await writing;
  return { sequence, stallMs, longestTurnMs };
}

function saverOf(config: Config, learner: Learner): (sink: SnapshotSink) => void {
  return (sink) => {
    writeSettings(sink, trainedSettings(config));
    learner.trainer.save(sink);
    learner.outcomes.save(sink);
  };
}

/** Every record below it has been applied to the view. */
export function offsetOf(view: { readonly offsets: readonly number[] }): number {
  return view.offsets.reduce((a, b) => Math.max(a, b), 0);
}

/** A learner as the newest usable snapshot left it; a fresh one, to be rebuilt from the log, without one. */
export function restoreLearner(
  store: SnapshotStore,
  config: Config,
  shownStore?: KeyValues,
): Restored<Learner> {
  const learner = createLearner(config, { ...(shownStore && { shownStore }) });
  const { trainer, outcomes } = learner;
  const restored = restoreUnder(store, trainedSettings(config), {
    restore(source) {
      trainer.restore(source);
      outcomes.restore(source);
    },
  });
  return { ...restored, value: learner };
}

/** The same for what serving keeps of the stream. */
export function restoreState<T extends { restore(source: SnapshotSource): void }>(
  store: SnapshotStore,
  config: Config,
  state: T,
): Restored<T> {
  return restoreUnder(store, trainedSettings(config), state);
}

/**
 * Refuses a log that ends before the snapshot: no crash can explain it, so acknowledged events are gone,
 * and offsets would be given a second time, to other events.
 *
 * @param directory of the snapshot.
 * @throws FoldbackError DATA_CORRUPT.
 */
export function checkLogReaches(sequence: number, logEnd: number, directory: string): void {
  if (sequence <= logEnd) return;
  throw new FoldbackError(
    "DATA_CORRUPT",
    `the newest snapshot in ${directory} has ${sequence} records in it, but the log ends at ${logEnd}: ` +
      `records are missing. Put the log back; or, to go on without them, remove ${directory}`,
    { details: { sequence, logEnd } },
  );
}
