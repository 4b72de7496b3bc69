import { FoldbackError } from "../core/index.ts";
import type { Erasures } from "./erasures.ts";
import type { Notice } from "./foldbackTypes.ts";
import type { Retention } from "./retention.ts";

export interface UpkeepParts {
  readonly erasures: Erasures;
  readonly retention: Retention;
  readonly retentionEveryMs: number;
  readonly now: () => number;
  /** Resolves once all threads have applied what is in the log. */
  readonly settled: () => Promise<void>;
  readonly onNotice: (notice: Notice) => void;
}

/** What the engine does by itself: ends erasures that were begun, and takes out what is too old. */
export class Upkeep {
  readonly #parts: UpkeepParts;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
  }

  start(): void {
    void this.#begin();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async #begin(): Promise<void> {
    await this.#try("erasureFailed", () => this.#parts.erasures.resume());
    if (this.#parts.retention.isOn) await this.#retain();
  }

  async #retain(): Promise<void> {
    const { retention, retentionEveryMs, now, settled, onNotice } = this.#parts;
    await this.#try("retentionFailed", async () => {
      await settled();
      const events = await retention.run(now());
      if (events > 0) onNotice({ kind: "retained", events });
    });
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => void this.#retain(), retentionEveryMs).unref();
  }

  /** Where it fails the operator is told; closing is no failure. */
  async #try(kind: "erasureFailed" | "retentionFailed", run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      if (!(error instanceof FoldbackError)) throw error;
      if (!this.#isStopped) this.#parts.onNotice({ kind, reason: error.message });
    }
  }
}
