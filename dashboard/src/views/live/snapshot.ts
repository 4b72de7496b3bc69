import type { LiveSnapshot } from "foldback/client";

/** What a panel is given: undefined before the first snapshot, when it shows that there is nothing yet in the same room. */
export interface SnapshotProps {
  readonly snapshot: LiveSnapshot | undefined;
}
