import { ClassicLevel } from "classic-level";
import { FoldbackError } from "../core/index.ts";

/**
 * What does not fit in memory, by key, on disk: read synchronously, as a view must, and written in the
 * background.
 *
 * It may be ahead of the snapshot that a view goes on from, as it is not part of it. So what is put under
 * a key never changes, and says at which offset it was put: a view ignores what is from its future.
 */
export interface KeyValues {
  /** Sees every put before it. */
  get(key: string): Uint8Array | undefined;
  /** Returns at once; the value may not be changed any more. */
  put(key: string, value: Uint8Array): void;
  /** Puts that are not yet on disk, which are kept in memory: a caller waits for `flush` at times. */
  readonly waitingCount: number;
  /** Resolves when everything put so far is on disk. @throws FoldbackError LOG_UNAVAILABLE. */
  flush(): Promise<void>;
  /** Forgets every key below this one, in the order of UTF-8 bytes. */
  removeBelow(key: string): Promise<void>;
  /** After a flush; the keys and values stay. */
  close(): Promise<void>;
}

/**
 * Opens, or makes, the directory's key-value store. One process at a time.
 *
 * @throws FoldbackError LOG_UNAVAILABLE where the directory can't be read or written, or another has it open.
 */
export async function openKeyValues(directory: string): Promise<KeyValues> {
  const level = new ClassicLevel<string, Uint8Array>(directory, { valueEncoding: "view" });
  try {
    await level.open();
  } catch (error) {
    throw unavailable(`can't open the key-value store ${directory}`, error);
  }
  return new LevelKeyValues(level);
}

class LevelKeyValues implements KeyValues {
  readonly #level: ClassicLevel<string, Uint8Array>;
  #waiting = new Map<string, Uint8Array>();
  /** Those that are being written now. */
  #writing = new Map<string, Uint8Array>();
  #isWriting = false;
  #begunCount = 0;
  #writtenCount = 0;
  /** Resolves with the batch that is being written, or about to be. */
  #batch: Promise<void> = Promise.resolve();
  #failure: unknown;

  constructor(level: ClassicLevel<string, Uint8Array>) {
    this.#level = level;
  }

  get waitingCount(): number {
    return this.#waiting.size + this.#writing.size;
  }

  get(key: string): Uint8Array | undefined {
    const waiting = this.#waiting.get(key) ?? this.#writing.get(key);
    if (waiting !== undefined) return waiting;
    const value = this.#level.getSync(key);
    // It gives a Buffer, whose `slice` shares its memory, unlike that of a plain array.
    return value && new Uint8Array(value.buffer, value.byteOffset, value.length);
  }

  put(key: string, value: Uint8Array): void {
    this.#waiting.set(key, value);
    if (!this.#isWriting) void this.#writeAll();
  }

  async flush(): Promise<void> {
    // What is being written, and what waits now; what is put later is of a later batch.
    const last = this.#begunCount + (this.#waiting.size > 0 ? 1 : 0);
    while (this.#writtenCount < last && this.#failure === undefined) await this.#batch;
    if (this.#failure !== undefined) {
      throw unavailable("can't write to the key-value store", this.#failure);
    }
  }

  async removeBelow(key: string): Promise<void> {
    await this.flush();
    await this.#level.clear({ lt: key });
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#level.close();
  }

  /** What comes while a batch is being written is the next batch. Never rejects: `flush` tells. */
  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.size > 0 && this.#failure === undefined) {
      this.#batch = this.#writeBatch();
      await this.#batch;
    }
    this.#isWriting = false;
  }

  async #writeBatch(): Promise<void> {
    await Promise.resolve(); // so that puts of one turn go together
    this.#begunCount++;
    this.#writing = this.#waiting;
    this.#waiting = new Map();
    const puts = Array.from(
      this.#writing,
      ([key, value]) => ({ type: "put", key, value }) as const,
    );
    try {
      await this.#level.batch(puts, { sync: true });
      this.#writing = new Map();
      this.#writtenCount++;
    } catch (error) {
      this.#failure = error;
    }
  }
}

function unavailable(what: string, cause: unknown): FoldbackError {
  const reason = cause instanceof Error ? causeOf(cause).message : String(cause);
  return new FoldbackError("LOG_UNAVAILABLE", `${what}: ${reason}`, { cause });
}

/** The store wraps what the disk said. */
function causeOf(error: Error): Error {
  return error.cause instanceof Error ? error.cause : error;
}
