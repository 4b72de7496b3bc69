import type { RefusedSnapshot } from "../storage/index.ts";
import type { Notice } from "./foldbackTypes.ts";

/** Tells of snapshots that can't be used, and what of the log is read again for them. */
export function notifyRefused(
  refused: readonly RefusedSnapshot[],
  rebuilt: { readonly from: number; readonly to: number },
  onNotice: (notice: Notice) => void,
): void {
  for (const { path, reason } of refused) onNotice({ kind: "snapshotRefused", path, reason });
  if (refused.length > 0) onNotice({ kind: "rebuilding", ...rebuilt });
}
