/** The view of people as the config describes it, and its snapshots: in a directory of their own, as it has a thread of its own. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { dayMs } from "../core/index.ts";
import { middleOf, placeAt, timeZoneAt } from "../event/index.ts";
import { PeopleView } from "../people/index.ts";
import { openSnapshotStore, type SnapshotStore } from "../storage/index.ts";
import type { Config } from "./configSchema.ts";
import {
  type Restored,
  restoreUnder,
  type SnapshotSettings,
  writeSettings,
} from "./snapshotSettings.ts";
import { offsetOf } from "./training.ts";

/** Raised when the bytes that a snapshot's sections hold change their meaning, or counting gives other answers. */
const formatVersion = 2;
/** A question waits for a turn at most. */
const turnMs = 2;

function createPeopleView({ log, limits, people }: Config): PeopleView {
  return new PeopleView({
    partitionCount: log.partitionCount,
    sessionsMax: people.sessionsMax,
    accountsMax: people.accountsMax,
    itemsMax: limits.itemsMax,
    retentionMs: people.retentionDays * dayMs,
    places: { placeAt, middleOf, timeZoneAt },
    recount: {
      sessionsMin: people.sessionsMin,
      ageMaxMs: people.ageDaysMax * dayMs,
      runCost: people.runCost,
    },
  });
}

export function peopleDirectory({ dataDirectory }: Config): string {
  return join(dataDirectory, "people");
}

/** Whoever opens them holds the lock of the log. */
export function openPeopleSnapshots(config: Config): SnapshotStore {
  return openSnapshotStore({
    directory: peopleDirectory(config),
    keep: config.training.snapshotsKept,
  });
}

/** What was kept while it was on: nobody wants it any more, and no erasure would reach it. */
export function removePeopleSnapshots(config: Config): void {
  const directory = peopleDirectory(config);
  if (existsSync(directory)) rmSync(directory, { recursive: true });
}

export function restorePeople(store: SnapshotStore, config: Config): Restored<PeopleView> {
  return restoreUnder(store, keptSettings(config), createPeopleView(config));
}

/** Saves the view as of this call, while it goes on. @returns its offset. @throws FoldbackError LOG_UNAVAILABLE. */
export async function savePeople(
  store: SnapshotStore,
  config: Config,
  view: PeopleView,
): Promise<number> {
  const sequence = offsetOf(view);
  const save: Parameters<SnapshotStore["writeAlongside"]>[1] = (sink) => {
    writeSettings(sink, keptSettings(config));
    view.save(sink);
  };
  await store.writeAlongside(sequence, save, { turnMs });
  return sequence;
}

/** What the view depends on. */
function keptSettings({ log, limits, people }: Config): SnapshotSettings {
  const { enabled: _, suppressBelow: _told, ...kept } = people;
  return {
    format: formatVersion,
    "log.partitionCount": log.partitionCount,
    "limits.itemsMax": limits.itemsMax,
    people: kept,
  };
}
