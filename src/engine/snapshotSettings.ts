/** Snapshots say which settings they were made under: under others they are of no use. */
import { canonicalJson } from "../core/index.ts";
import type {
  RefusedSnapshot,
  Snapshot,
  SnapshotSink,
  SnapshotSource,
  SnapshotStore,
} from "../storage/index.ts";

/** By name, with what they are. */
export type SnapshotSettings = Readonly<Record<string, unknown>>;

export interface Restored<T> {
  readonly value: T;
  /** Offset that the snapshot stands at; 0 without one. */
  readonly sequence: number;
  /** Snapshots that are newer and can't be used: damaged, or made under other settings. */
  readonly refused: readonly RefusedSnapshot[];
}

export function writeSettings(sink: SnapshotSink, settings: SnapshotSettings): void {
  sink.write("settings", new TextEncoder().encode(canonicalJson(settings)));
}

/** The value as the newest usable snapshot left it; as it is without one. */
export function restoreUnder<T extends { restore(source: SnapshotSource): void }>(
  store: SnapshotStore,
  settings: SnapshotSettings,
  value: T,
): Restored<T> {
  const { snapshot, refused } = store.latest((found) => otherSettings(found, settings));
  if (snapshot === undefined) return { value, sequence: 0, refused };
  try {
    value.restore(snapshot);
    return { value, sequence: snapshot.sequence, refused };
  } finally {
    snapshot.close();
  }
}

/** What the snapshot was made under and is different now, in words; undefined where nothing is. */
function otherSettings(snapshot: Snapshot, now: SnapshotSettings): string | undefined {
  const text = new TextDecoder().decode(snapshot.read("settings"));
  if (text === canonicalJson(now)) return undefined;
  const then = JSON.parse(text) as Record<string, unknown>; // written by `writeSettings`
  const names = Object.keys({ ...then, ...now }).filter(
    (name) => canonicalJson(then[name] ?? null) !== canonicalJson(now[name] ?? null),
  );
  return `it was made under other settings (${names.join(", ")})`;
}
