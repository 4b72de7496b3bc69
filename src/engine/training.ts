import { join } from "node:path";
import type { SnapshotSink } from "../event/index.ts";
import { openSnapshotStore, type RefusedSnapshot, type SnapshotStore } from "../log/index.ts";
import type { Config } from "./config.ts";
import { createLearner, type Learner } from "./learner.ts";

/** Settings that the trained state depends on: a snapshot made under others is of no use. */
function fingerprintOf({ feedback, log, limits, model, training }: Config): string {
  const { negativesPerPositive, uniformShare, expireEverySeconds } = training;
  const { partitionCount } = log;
  const settings = {
    feedback,
    partitionCount,
    limits,
    model,
    negativesPerPositive,
    uniformShare,
    expireEverySeconds,
  };
  return JSON.stringify({ format: 1, ...settings });
}

export function openSnapshots(config: Config): SnapshotStore {
  return openSnapshotStore({
    directory: join(config.dataDirectory, "snapshots"),
    keep: config.training.snapshotsKept,
  });
}

export function saveLearner(store: SnapshotStore, config: Config, learner: Learner): number {
  const sequence = Math.max(...learner.trainer.offsets);
  store.write(sequence, (sink: SnapshotSink) => {
    sink.write("settings", new TextEncoder().encode(fingerprintOf(config)));
    learner.trainer.save(sink);
  });
  return sequence;
}

export interface Restored<T> {
  readonly value: T;
  /** Offset that the snapshot stands at; 0 without one. */
  readonly sequence: number;
  readonly refused: readonly RefusedSnapshot[];
}

/**
 * A learner as the newest usable snapshot left it; a fresh one, to be rebuilt from the log, where there
 * is none or the settings are others.
 */
export function restoreLearner(store: SnapshotStore, config: Config): Restored<Learner> {
  const learner = createLearner(config);
  return withSnapshot(store, config, learner, (source) => learner.trainer.restore(source));
}

/** The same for what serving keeps of the stream. */
export function restoreState<
  T extends { restore(source: Parameters<Learner["state"]["restore"]>[0]): void },
>(store: SnapshotStore, config: Config, state: T): Restored<T> {
  return withSnapshot(store, config, state, (source) => state.restore(source));
}

function withSnapshot<T>(
  store: SnapshotStore,
  config: Config,
  value: T,
  restore: (source: Parameters<Learner["state"]["restore"]>[0]) => void,
): Restored<T> {
  const { snapshot, refused } = store.latest();
  if (snapshot === undefined) return { value, sequence: 0, refused };
  try {
    const settings = new TextDecoder().decode(snapshot.read("settings"));
    if (settings !== fingerprintOf(config)) return { value, sequence: 0, refused };
    restore(snapshot);
    return { value, sequence: snapshot.sequence, refused };
  } finally {
    snapshot.close();
  }
}
