/** Sorted events on disk: the runs of an external merge sort. */
import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeEvent, encodeEvent } from "./codec.ts";
import type { Event } from "./event.ts";
import { maxBatchEvents, unreadable } from "./eventFile.ts";
import { readLines } from "./lines.ts";

/** Files that are open at once while they are merged. */
const runsMax = 256;

/**
 * Runs of events, each sorted by time, in files of a directory of their own (under `TMPDIR`), an event a line.
 * Failing to write them is `FILE_UNREADABLE`.
 */
export class SortedRuns {
  #directory: string | undefined;
  readonly #paths: string[] = [];

  /** Writes a run: later ones come after it where times are equal. */
  async add(events: readonly Event[]): Promise<void> {
    const directory = this.#directory ?? tmpdir();
    try {
      this.#directory ??= await mkdtemp(join(directory, "foldback-sort-"));
      const path = join(this.#directory, `${this.#paths.length}.ndjson`);
      await writeRun(path, events);
      this.#paths.push(path);
    } catch (cause) {
      const allowed = "a directory with room for all events; TMPDIR names another";
      throw unreadable(directory, String(cause), allowed, cause);
    }
    if (this.#paths.length <= runsMax) return;
    const allowed = `${runsMax} times the events of one; sort the file and read it in its own order`;
    throw unreadable(directory, `more than ${runsMax} runs to be merged`, allowed);
  }

  /** All events by time, in batches of at most `maxBatchEvents`. O(events × runs) comparisons. */
  async *merged(): AsyncGenerator<Event[]> {
    const cursors = this.#paths.map((path) => new RunCursor(path));
    for (const cursor of cursors) await cursor.fill();
    let batch: Event[] = [];
    for (;;) {
      let next: RunCursor | undefined;
      for (const cursor of cursors) {
        // Less, not equal: of equal times the earlier run goes first.
        if (cursor.time < (next?.time ?? Number.POSITIVE_INFINITY)) next = cursor;
      }
      if (next === undefined) break;
      batch.push(next.take());
      if (next.isDrained) await next.fill();
      if (batch.length < maxBatchEvents) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }

  async remove(): Promise<void> {
    if (this.#directory !== undefined) await rm(this.#directory, { recursive: true, force: true });
  }
}

async function writeRun(path: string, events: readonly Event[]): Promise<void> {
  const file: FileHandle = await open(path, "w");
  try {
    for (let at = 0; at < events.length; at += maxBatchEvents) {
      const lines = events.slice(at, at + maxBatchEvents).map((event) => `${encodeEvent(event)}\n`);
      await file.writeFile(lines.join(""));
    }
  } finally {
    await file.close();
  }
}

/** Reads a run forward, a block of lines at a time. */
class RunCursor {
  readonly #blocks: AsyncIterator<{ readonly lines: readonly (string | undefined)[] }>;
  #events: readonly Event[] = [];
  #at = 0;

  constructor(path: string) {
    this.#blocks = readLines(path)[Symbol.asyncIterator]();
  }

  /** Of the next event; Infinity at the end. */
  get time(): number {
    return this.#at < this.#events.length ? this.#events[this.#at].time : Number.POSITIVE_INFINITY;
  }

  /** Whether `fill` has to read on before the next event is known. */
  get isDrained(): boolean {
    return this.#at === this.#events.length;
  }

  take(): Event {
    return this.#events[this.#at++];
  }

  async fill(): Promise<void> {
    while (this.isDrained) {
      const block = await this.#blocks.next();
      if (block.done === true) return;
      // Our own lines: each is whole, and the last block is what follows the last line end.
      this.#events = block.value.lines.flatMap((line) =>
        line === undefined || line === "" ? [] : [decodeEvent(line)],
      );
      this.#at = 0;
    }
  }
}
