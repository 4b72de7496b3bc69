import { assert } from "../core/index.ts";

/** Some rows that changed, as they are when they are read. */
export interface ChangedRows {
  /** Each id once, (n,). */
  readonly keys: BigUint64Array;
  /** float32 (n, dim). */
  readonly vectors: Float32Array;
  /** float32 (n,). */
  readonly weights: Float32Array;
}

/** What changed since the follower last had everything. First drop `removed`, then take `rows`. */
export interface Drain {
  /** Ids that are gone, or came anew; may have some twice. */
  readonly removed: BigUint64Array;
  /** All rows that changed, up to 4,096 at a time; from the first on each time it is called. */
  rows(): Generator<ChangedRows>;
  /** The follower has all of it: it is not told again. */
  acknowledge(): void;
  /** It has not, or may not have: all of it comes again with the next drain. */
  giveBack(): void;
}

/** What the follower asks of its table. */
export interface FollowedTable {
  begin(): void;
  /** From here on `next` begins with the first. */
  rewind(): void;
  /** The next live rows that are draining; none: that was all. */
  next(countMax: number): Uint32Array;
  acknowledge(): void;
  read(rows: Uint32Array): ChangedRows;
}

const rowsAtOnce = 4096;

/**
 * One who keeps a copy of a table up to date: told of every row that changed and every id that was
 * removed, until it has acknowledged them. A row notes when it changed, so none is ever forgotten
 * however many there are; removed ids are kept as 8 bytes each.
 *
 * At least once: after a restart from a snapshot everything that was not acknowledged when it was
 * written comes again. A follower that takes what comes, in order, ends as a copy of the table.
 *
 * @example
 * const drain = table.follow().drain();
 * for (const key of drain.removed) copy.remove(key);
 * for (const { keys, vectors, weights } of drain.rows()) copy.assign(keys, vectors, weights, now);
 * drain.acknowledge();
 */
export class TableFollower {
  readonly #table: FollowedTable;
  #removed: BigUint64Array;
  #removedCount: number;
  #isDraining = false;

  /** @param removed ids that it is still to be told of. */
  constructor(table: FollowedTable, removed: BigUint64Array) {
    this.#table = table;
    this.#removed = removed;
    this.#removedCount = removed.length;
  }

  /** For the table: these ids are gone. */
  noteRemoved(keys: BigUint64Array): void {
    const count = this.#removedCount + keys.length;
    if (count > this.#removed.length) {
      const larger = new BigUint64Array(Math.max(count, 2 * this.#removed.length, 64));
      larger.set(this.#removed.subarray(0, this.#removedCount));
      this.#removed = larger;
    }
    this.#removed.set(keys, this.#removedCount);
    this.#removedCount = count;
  }

  /** Ids that it is still to be told of, or was, and has not acknowledged. */
  get removed(): BigUint64Array {
    return this.#removed.slice(0, this.#removedCount);
  }

  /**
   * Everything that changed; end it, with `acknowledge` or `giveBack`, before the next. The table may
   * change meanwhile: what changes after this call is in the next drain as well. `rows` looks at every
   * row of the table.
   */
  drain(): Drain {
    assert(!this.#isDraining, "one drain is ended before the next is begun");
    this.#isDraining = true;
    this.#table.begin();
    const removed = this.removed;
    const end = (isDone: boolean): void => {
      assert(this.#isDraining, "a drain is ended once");
      this.#isDraining = false;
      if (!isDone) return;
      this.#table.acknowledge();
      this.#removed = this.#removed.slice(removed.length, this.#removedCount);
      this.#removedCount = this.#removed.length;
    };
    const table = this.#table;
    return {
      removed,
      *rows() {
        table.rewind();
        for (let rows = table.next(rowsAtOnce); rows.length > 0; rows = table.next(rowsAtOnce)) {
          yield table.read(rows);
        }
      },
      acknowledge: () => end(true),
      giveBack: () => end(false),
    };
  }
}
