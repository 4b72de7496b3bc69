import type { HealthReport } from "../train/index.ts";
import type { Notice, SnapshotStatus } from "./foldbackTypes.ts";
import type { TrainingReport } from "./trainingThread.ts";

/** What the training thread has said since it runs: kept for `status`, and told as notices. */
export class TrainingReports {
  readonly #onNotice: (notice: Notice) => void;
  #health: HealthReport | undefined;
  #snapshots: SnapshotStatus = { saved: 0, failed: 0 };

  constructor(onNotice: (notice: Notice) => void) {
    this.#onNotice = onNotice;
  }

  /** The latest; undefined before the first. */
  get health(): HealthReport | undefined {
    return this.#health;
  }

  get snapshots(): SnapshotStatus {
    return this.#snapshots;
  }

  take(report: TrainingReport): void {
    switch (report.kind) {
      case "health":
        this.#health = report.health;
        return;
      case "alarm":
        this.#onNotice(report.alarm);
        return;
      case "saveFailed":
        this.#snapshots = { ...this.#snapshots, failed: this.#snapshots.failed + 1 };
        this.#onNotice({
          kind: "snapshotFailed",
          offset: report.sequence,
          reason: report.reason,
        });
        return;
      case "saved": {
        const { sequence, stallMs, longestTurnMs } = report;
        const { saved, failed } = this.#snapshots;
        this.#snapshots = { saved: saved + 1, failed, stallMs, longestTurnMs };
        this.#onNotice({ kind: "snapshotSaved", offset: sequence, stallMs, longestTurnMs });
      }
    }
  }
}
