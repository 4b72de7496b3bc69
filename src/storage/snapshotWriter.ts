import { setImmediate } from "node:timers/promises";
import { assert } from "../core/index.ts";
import type { StorageFile } from "./files.ts";
import type { SnapshotSink } from "./snapshot.ts";
import type { SnapshotEncoder } from "./snapshotFormat.ts";

/**
 * Writes a snapshot while `save` runs: parts are pulled at once. What makes it durable is the
 * caller's.
 */
export class SnapshotWriter implements SnapshotSink {
  readonly #file: StorageFile;
  readonly #encoder: SnapshotEncoder;

  constructor(file: StorageFile, encoder: SnapshotEncoder) {
    this.#file = file;
    this.#encoder = encoder;
    file.writeSync(encoder.header, 0);
  }

  write(section: string, bytes: Uint8Array): void {
    this.writeParts(section, [bytes]);
  }

  writeParts(section: string, parts: Iterable<Uint8Array>): void {
    this.#encoder.begin(section);
    for (const part of parts) this.#file.writeSync(part, this.#encoder.add(part));
  }

  /** Returns the size of the file. */
  finish(): number {
    const { footer, position } = this.#encoder.finish();
    this.#file.writeSync(footer, position);
    return position + footer.length;
  }
}

interface PendingSection {
  readonly name: string;
  readonly parts: Iterator<Uint8Array>;
  isBegun: boolean;
}

/** Whole sections are taken in pieces of this: checksum and copy of one take about 50 µs. */
const pieceBytes = 256 * 1024;

/** Takes sections while `save` runs, and gives their bytes piece by piece afterwards. */
export class PendingSections implements SnapshotSink {
  readonly #encoder: SnapshotEncoder;
  readonly #names = new Set<string>();
  readonly #left: PendingSection[] = [];
  #isSaving = true;

  constructor(encoder: SnapshotEncoder) {
    this.#encoder = encoder;
  }

  write(section: string, bytes: Uint8Array): void {
    this.writeParts(section, piecesOf(bytes));
  }

  writeParts(section: string, parts: Iterable<Uint8Array>): void {
    assert(this.#isSaving, `section ${section} is written while save runs, not later`);
    assert(!this.#names.has(section), `section ${section} is written once`);
    this.#names.add(section);
    this.#left.push({ name: section, parts: parts[Symbol.iterator](), isBegun: false });
  }

  saved(): void {
    this.#isSaving = false;
  }

  /**
   * The next part, entered in the encoder; undefined after the last. What an iterator throws is
   * thrown on.
   */
  next(): Uint8Array | undefined {
    for (let section = this.#left.at(0); section !== undefined; section = this.#left.at(0)) {
      if (!section.isBegun) this.#encoder.begin(section.name);
      section.isBegun = true;
      this.#left.shift(); // should it throw, it is at its end
      const next = section.parts.next();
      if (next.done === true) continue;
      this.#left.unshift(section);
      this.#encoder.add(next.value);
      return next.value;
    }
    return undefined;
  }

  /** Tells the owners of what is left that nothing more of it will be asked for. */
  release(): void {
    for (const { parts } of this.#left.splice(0)) parts.return?.();
  }
}

/** Measures how long the thread is taken at once. */
export class TurnTimer {
  readonly #nowMs: () => number;
  readonly #turnMs: number;
  #beganMs = 0;
  #longestMs = 0;

  /** @param nowMs milliseconds that never go back. */
  constructor(nowMs: () => number, turnMs: number) {
    this.#nowMs = nowMs;
    this.#turnMs = turnMs;
  }

  get longestMs(): number {
    return this.#longestMs;
  }

  /** Whether the turn that is running has taken its time. */
  get isOver(): boolean {
    return this.#nowMs() - this.#beganMs >= this.#turnMs;
  }

  run<T>(turn: () => T): T {
    this.#beganMs = this.#nowMs();
    const value = turn();
    this.#longestMs = Math.max(this.#longestMs, this.#nowMs() - this.#beganMs);
    return value;
  }
}

/**
 * What goes to the disk in one write, and about what is held of a snapshot at any moment: as much
 * as a turn of 4 ms can take, so that a busy thread, which comes back here only so often, is done
 * in time.
 */
const flushBytes = 4 * 1024 * 1024;

/**
 * What may wait for the disk in the system's memory: where gigabytes pile up, the system writes them
 * all at once, and takes the processor from this thread for tens of milliseconds.
 */
const syncBytes = 64 * 1024 * 1024;

/**
 * Writes everything that was saved, between other work of this thread: each turn of the event loop
 * takes parts until its time is over, at least one, and the disk is left to the thread pool. The
 * file is synced at the end.
 *
 * @returns the size of the file.
 * @throws LOG_UNAVAILABLE; what a part's iterator throws; the signal's reason. The caller then
 *   releases the sections.
 */
export async function writeInTurns(parts: {
  readonly file: StorageFile;
  readonly encoder: SnapshotEncoder;
  readonly sections: PendingSections;
  readonly timer: TurnTimer;
  readonly signal: AbortSignal | undefined;
}): Promise<number> {
  const { file, encoder, sections, timer, signal } = parts;
  const held = new HeldBytes();
  held.add(encoder.header);
  /** Returns whether that was all. */
  const takeTurn = (): boolean => {
    do {
      const part = sections.next();
      held.add(part ?? encoder.finish().footer);
      if (part === undefined) return true;
    } while (held.sizeBytes < flushBytes && !timer.isOver);
    return false;
  };
  let sizeBytes = 0;
  let unsyncedBytes = 0;
  for (let isDone = false; !isDone; ) {
    await setImmediate();
    signal?.throwIfAborted();
    isDone = timer.run(takeTurn);
    if (isDone || held.sizeBytes >= flushBytes) {
      await file.write(held.bytes(), sizeBytes);
      sizeBytes += held.sizeBytes;
      unsyncedBytes += held.sizeBytes;
      held.clear();
      if (unsyncedBytes < syncBytes) continue;
      await file.sync();
      unsyncedBytes = 0;
    }
  }
  await file.sync();
  signal?.throwIfAborted();
  return sizeBytes;
}

/** Bytes on their way to the disk, copied; in one buffer, used again after each write. */
class HeldBytes {
  #buffer = new Uint8Array(flushBytes + pieceBytes);
  sizeBytes = 0;

  add(bytes: Uint8Array): void {
    const neededBytes = this.sizeBytes + bytes.length;
    if (neededBytes > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(neededBytes, 2 * this.#buffer.length));
      larger.set(this.bytes());
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.sizeBytes);
    this.sizeBytes = neededBytes;
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.sizeBytes);
  }

  clear(): void {
    this.sizeBytes = 0;
  }
}

function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}
