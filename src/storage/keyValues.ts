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
  #write: Promise<void> | undefined;
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
    this.#write ??= this.#writeAll();
  }

  async flush(): Promise<void> {
    while (this.#write !== undefined) await this.#write;
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
    await Promise.resolve(); // so that puts of one turn go together
    try {
      while (this.#waiting.size > 0 && this.#failure === undefined) {
        this.#writing = this.#waiting;
        this.#waiting = new Map();
        const puts = Array.from(
          this.#writing,
          ([key, value]) => ({ type: "put", key, value }) as const,
        );
        await this.#level.batch(puts, { sync: true });
        this.#writing = new Map();
      }
    } catch (error) {
      this.#failure = error;
    }
    this.#write = undefined;
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
