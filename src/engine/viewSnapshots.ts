/** The snapshots of a view that has a thread of its own: in a directory of their own. */
import { existsSync, rmSync } from "node:fs";
import type { View } from "../event/index.ts";
import { openSnapshotStore, type SnapshotStore } from "../storage/index.ts";
import type { Config } from "./configSchema.ts";
import {
  type Restored,
  restoreUnder,
  type SnapshotSettings,
  writeSettings,
} from "./snapshotSettings.ts";
import { offsetOf } from "./training.ts";

/** A view as the config describes it, and where it is kept. */
export interface KeptView<V extends View> {
  readonly directory: string;
  /** What it depends on: a snapshot made under others is of no use. */
  readonly settings: SnapshotSettings;
  readonly create: () => V;
}

/** A question waits for a turn at most. */
const turnMs = 2;

/** Whoever opens them holds the lock of the log. */
export function openViewSnapshots(
  { directory }: Pick<KeptView<View>, "directory">,
  config: Config,
): SnapshotStore {
  return openSnapshotStore({ directory, keep: config.training.snapshotsKept });
}

/** What was kept while the view was on: nobody wants it any more, and no erasure would reach it. */
export function removeViewSnapshots(directory: string): void {
  if (existsSync(directory)) rmSync(directory, { recursive: true });
}

export function restoreView<V extends View>(
  store: SnapshotStore,
  { settings, create }: KeptView<V>,
): Restored<V> {
  return restoreUnder(store, settings, create());
}

/** Saves the view as of this call, while it goes on. @returns its offset. @throws FoldbackError LOG_UNAVAILABLE. */
export async function saveView(
  store: SnapshotStore,
  { settings }: KeptView<View>,
  view: View,
): Promise<number> {
  const sequence = offsetOf(view);
  const save: Parameters<SnapshotStore["writeAlongside"]>[1] = (sink) => {
    writeSettings(sink, settings);
    view.save(sink);
  };
  await store.writeAlongside(sequence, save, { turnMs });
  return sequence;
}
