import { assert } from "./assert.ts";
import { ByteWriter } from "./bytes.ts";

/** A tenth of a millisecond of encoding, or a few: what the owner's thread is taken for at a time. */
const partBytes = 65_536;

export interface RecordsToSave<T> {
  /** What stands before the records; it tells a reader how many there are. */
  readonly head: ByteWriter;
  /** By ascending number. May grow while it is walked: a record numbered `end` or more ends the walk. */
  readonly records: Iterator<T>;
  /** One more than the largest number to save. */
  readonly end: number;
  readonly numberOf: (record: T) => number;
  readonly encode: (writer: ByteWriter, record: T) => void;
}

/**
 * Saves numbered records as they are at one moment, while their owner goes on changing them: copy before
 * change.
 *
 * ```
 * number   0 … next − 1   written        changes freely
 *          next … end − 1 not yet        before its first change, `keep` writes it as it is, aside
 *          end …          came later     not part of it
 * ```
 *
 * `parts` walks the records by number when it is asked for a part; what was kept goes first, so records
 * may come out of order if the owner went on meanwhile, each once. One saving at a time.
 */
export class RecordSaver {
  /** The first number that is not written yet; Infinity while nothing is being saved. */
  #next = Number.POSITIVE_INFINITY;
  #end = 0;
  readonly #keptNumbers = new Set<number>();
  #kept = new ByteWriter();
  #written = new ByteWriter();

  get isSaving(): boolean {
    return this.#next !== Number.POSITIVE_INFINITY;
  }

  /**
   * Before a record changes, moves or goes. The writer that takes it as it is now, the same way as `encode`
   * would; undefined where it needs no keeping.
   */
  keep(number: number): ByteWriter | undefined {
    if (number < this.#next || number >= this.#end || this.#keptNumbers.has(number))
      return undefined;
    this.#keptNumbers.add(number);
    return this.#kept;
  }

  /** The bytes of the moment of this call, for a snapshot's `writeParts`. */
  parts<T>(save: RecordsToSave<T>): Iterable<Uint8Array> {
    assert(!this.isSaving, "one saving of a view at a time");
    this.#next = 0;
    this.#end = save.end;
    this.#written = save.head;
    let isHead = true;
    let isWalked = false;
    const done = (): IteratorResult<Uint8Array> => {
      this.#next = Number.POSITIVE_INFINITY;
      this.#end = 0;
      this.#keptNumbers.clear();
      this.#kept = new ByteWriter();
      this.#written = new ByteWriter();
      return { done: true, value: undefined };
    };
    return {
      [Symbol.iterator]: () => ({
        next: () => {
          if (!this.isSaving) return done();
          if (isHead) isHead = false;
          else {
            [this.#written, this.#kept] = [this.#kept, this.#written];
            this.#kept.clear();
          }
          if (!isWalked) isWalked = this.#walk(save);
          return this.#written.length === 0
            ? done()
            : { done: false, value: this.#written.bytes() };
        },
        return: done,
      }),
    };
  }

  /** Fills the part; returns whether every record is written. */
  #walk<T>({ records, end, numberOf, encode }: RecordsToSave<T>): boolean {
    while (this.#written.length < partBytes) {
      const next = records.next();
      const number = next.done === true ? end : numberOf(next.value);
      if (next.done === true || number >= end) {
        this.#next = end;
        return true;
      }
      this.#next = number + 1;
      if (!this.#keptNumbers.has(number)) encode(this.#written, next.value);
    }
    return false;
  }
}
