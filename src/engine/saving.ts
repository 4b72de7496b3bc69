import { FoldbackError } from "../core/index.ts";
import type { Offset } from "../event/index.ts";
import type { Config } from "./configSchema.ts";

export interface SavingParts {
  readonly training: Pick<Config["training"], "snapshotEveryRecords" | "snapshotEverySeconds">;
  /** What the state was restored from; 0 where there was nothing. */
  readonly sequence: Offset;
  /** The first offset that has not been applied. */
  readonly appliedOffset: () => Offset;
  /** Resolves once every record below the offset has been applied, or never will, as the thread has been told to stop. */
  readonly applied: (offset: Offset) => Promise<unknown>;
  /** Takes a snapshot of this moment, and writes it. @returns its offset. */
  readonly save: () => Promise<Offset>;
  /** Removes the snapshots from before. */
  readonly keepOnly: (sequence: Offset) => Promise<void>;
  readonly onFailed: (sequence: Offset, reason: string) => void;
}

/** The snapshots of a thread, one at a time: when they are due, at its end, and where none from before may stay. */
export class Saving {
  readonly #parts: SavingParts;
  #savedOffset: Offset;
  #triedOffset: Offset;
  #triedAtMs = performance.now();
  /** While a snapshot is being written. */
  #saving: Promise<void> | undefined;
  #isEnding = false;

  constructor(parts: SavingParts) {
    this.#parts = parts;
    this.#savedOffset = parts.sequence;
    this.#triedOffset = parts.sequence;
  }

  /** One that is due while another is being written waits for it, and then is of its own moment. */
  saveIfDue(): void {
    const { appliedOffset, training } = this.#parts;
    const applied = appliedOffset();
    const isDue =
      applied - this.#triedOffset >= training.snapshotEveryRecords ||
      (performance.now() - this.#triedAtMs >= training.snapshotEverySeconds * 1000 &&
        applied > this.#savedOffset);
    if (isDue && this.#saving === undefined) void this.#alone(() => this.#save());
  }

  /** The last one: nothing is applied any more. */
  async end(): Promise<void> {
    this.#isEnding = true;
    while (this.#saving !== undefined) await this.#saving;
    if (this.#parts.appliedOffset() > this.#savedOffset) await this.#alone(() => this.#save());
  }

  /**
   * A snapshot with every record below the offset, and then none from before.
   *
   * @returns why it could not be done, if it could not; `stopped` where the thread has been told to stop, and nobody waits.
   */
  async keepOnlyFrom(offset: Offset): Promise<{ readonly failure?: string } | "stopped"> {
    await this.#parts.applied(offset);
    while (this.#saving !== undefined) await this.#saving;
    if (this.#isEnding || this.#parts.appliedOffset() < offset) return "stopped";
    try {
      await this.#alone(async () => {
        await this.#save();
        if (this.#savedOffset < offset) {
          throw new FoldbackError("LOG_UNAVAILABLE", "the snapshot could not be written");
        }
        await this.#parts.keepOnly(this.#savedOffset);
      });
      return {};
    } catch (error) {
      if (!(error instanceof FoldbackError)) throw error;
      return { failure: error.message };
    }
  }

  async #alone(write: () => Promise<void>): Promise<void> {
    const writing = write();
    this.#saving = writing.catch(() => undefined); // whoever began it learns why
    try {
      await writing;
    } finally {
      this.#saving = undefined;
    }
  }

  /** One that can't be written costs time at the next start, and nothing else: the engine says so, and the next one is tried when it is due. */
  async #save(): Promise<void> {
    this.#triedOffset = this.#parts.appliedOffset();
    try {
      this.#savedOffset = await this.#parts.save();
    } catch (error) {
      // The disk failed, or the arena had no memory for what changed while it was written.
      const isExpected =
        error instanceof FoldbackError &&
        (error.code === "LOG_UNAVAILABLE" || error.code === "TABLE_FULL");
      if (!isExpected) throw error;
      this.#parts.onFailed(this.#triedOffset, error.message);
    }
    this.#triedAtMs = performance.now();
  }
}
