import { setImmediate } from "node:timers/promises";
import type { LogRecord, View } from "../event/index.ts";
import type { LogReader } from "../log/index.ts";
import { offsetOf } from "./training.ts";

/** Records are applied for so long at a time, then requests and timers are let through. */
const sliceMs = 4;
/** So many records are applied between two looks at the clock: a few tenths of a millisecond. */
const sliceRecords = 16;

/** A view follows the log in a thread that has other things to do as well, and tells how far it is. */
export class Following {
  /** Settles when it has ended; fails with what ended it, if it was not told to. */
  readonly ended: Promise<void>;
  readonly #log: LogReader;
  readonly #view: View;
  readonly #stop = new AbortController();
  #appliedOffset: number;
  #waiting: { readonly offset: number; readonly resolve: () => void }[] = [];
  #isFollowing = true;

  constructor(log: LogReader, view: View) {
    this.#log = log;
    this.#view = view;
    this.#appliedOffset = offsetOf(view);
    this.ended = this.#follow();
  }

  /** The first offset that has not been applied. */
  get appliedOffset(): number {
    return this.#appliedOffset;
  }

  stop(): void {
    this.#stop.abort();
  }

  /** Until every record below the offset has been applied, or never will: it is on disk all the same. */
  applied(offset: number): Promise<void> {
    if (this.#appliedOffset >= offset || !this.#isFollowing) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push({ offset, resolve });
    });
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    try {
      const batches = this.#log.readBatches(this.#view.offsets, { follow: true, signal });
      for await (const records of batches) await this.#apply(records, signal);
    } finally {
      this.#isFollowing = false;
      this.#wake(Number.POSITIVE_INFINITY);
    }
  }

  async #apply(records: readonly LogRecord[], signal: AbortSignal): Promise<void> {
    let sliceBeganMs = performance.now();
    for (let i = 0; i < records.length; i++) {
      this.#view.apply(records[i]);
      this.#appliedOffset = records[i].offset + 1;
      if (i % sliceRecords !== 0 || performance.now() - sliceBeganMs < sliceMs) continue;
      this.#wake(this.#appliedOffset);
      await setImmediate();
      if (signal.aborted) return;
      sliceBeganMs = performance.now();
    }
    this.#wake(this.#appliedOffset);
  }

  #wake(appliedOffset: number): void {
    const done = this.#waiting.filter(({ offset }) => offset <= appliedOffset);
    if (done.length === 0) return;
    this.#waiting = this.#waiting.filter(({ offset }) => offset > appliedOffset);
    for (const { resolve } of done) resolve();
  }
}
