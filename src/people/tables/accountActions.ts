/** The actions of one account: gathered in any order, then sorted by session and time. */
import { withRoom } from "../../core/index.ts";
import { actionColumns } from "../accountSessions.ts";
import type { Arena } from "./arena.ts";
import { type CellColumn, type Coded, HashSlots, Vocabulary } from "./vocabulary.ts";

/** A row of ACTION in a chunk. */
export interface ActionRow {
  /** Epoch milliseconds; NaN where unknown. */
  readonly time: number;
  /** By action column; undefined for one that no source has. */
  readonly columns: readonly (CellColumn | undefined)[];
  readonly row: number;
}

export interface SortedActions {
  /** Shape (sessions + 1,). */
  readonly starts: Int32Array;
  /** By action column, each of shape (actions,). */
  readonly columns: readonly Int32Array[];
  /** By action column; empty for those whose texts are not kept. */
  readonly names: readonly (readonly string[])[];
  /** Of each session; NaN where it has no action with a time. Shape (sessions,). */
  readonly lastTimes: Float64Array;
}

const columnCount = actionColumns.length;
/** Of songs, artists and playlists only which are equal is kept, and no text is read. */
const isNamed = actionColumns.map((column) => column === "action" || column === "genre");

export class AccountActions {
  readonly #vocabularies = actionColumns.map((_, at) =>
    isNamed[at] ? new Vocabulary() : undefined,
  );
  readonly #hashes = actionColumns.map((_, at) => (isNamed[at] ? undefined : new HashSlots()));
  /** By action column: whether any row of any account had something in it. */
  readonly isPresent = actionColumns.map(() => false);
  #count = 0;
  #sessions = new Int32Array(0);
  #times = new Float64Array(0);
  #slots = new Int32Array(0);

  /** @param session in the order in which sessions were added. */
  add(session: number, { time, columns, row }: ActionRow): void {
    const at = this.#count++;
    this.#sessions = withRoom(this.#sessions, at + 1);
    this.#times = withRoom(this.#times, at + 1);
    this.#slots = withRoom(this.#slots, (at + 1) * columnCount);
    this.#sessions[at] = session;
    this.#times[at] = time;
    for (let column = 0; column < columnCount; column++) {
      const cells = columns[column];
      const hash = cells === undefined ? null : cells.hashes.getItem(row);
      let slot = -1;
      if (hash !== null && cells !== undefined) {
        this.isPresent[column] = true;
        slot =
          this.#vocabularies[column]?.slotOfCell(hash, cells.texts, row) ??
          this.#hashes[column]?.take(hash as number) ?? // DuckDB's doubles are numbers
          -1;
      }
      this.#slots[at * columnCount + column] = slot;
    }
  }

  /**
   * Sorts by session, then by time (unknown ones last), then by codes; and it begins anew.
   *
   * @param order the sessions that are kept. @param sessionCount how many were added.
   */
  finish(order: Int32Array, sessionCount: number, arena: Arena): SortedActions {
    const rank = new Int32Array(sessionCount).fill(-1);
    for (let at = 0; at < order.length; at++) rank[order[at]] = at;
    const starts = arena.int32(order.length + 1);
    let kept = 0;
    for (let at = 0; at < this.#count; at++) {
      const session = rank[this.#sessions[at]];
      if (session < 0) continue;
      starts[session + 1]++;
      kept++;
    }
    for (let session = 0; session < order.length; session++) starts[session + 1] += starts[session];
    const coded = this.#coded(rank);
    for (let at = 0; at < this.#count; at++) {
      for (let column = 0; column < columnCount; column++) {
        const place = at * columnCount + column;
        const slot = this.#slots[place];
        this.#slots[place] = slot < 0 ? 0 : coded[column].codeOfSlot[slot];
      }
    }
    const sorted = new Int32Array(kept);
    const next = starts.slice(0, order.length);
    for (let at = 0; at < this.#count; at++) {
      const session = rank[this.#sessions[at]];
      if (session >= 0) this.#insert(sorted, starts[session], next[session]++, at);
    }
    const columns = actionColumns.map(() => arena.int32(kept));
    const lastTimes = new Float64Array(order.length).fill(Number.NaN);
    for (let session = 0; session < order.length; session++) {
      for (let at = starts[session]; at < starts[session + 1]; at++) {
        const row = sorted[at];
        for (let column = 0; column < columnCount; column++) {
          columns[column][at] = this.#slots[row * columnCount + column];
        }
        const time = this.#times[row];
        if (!Number.isNaN(time)) lastTimes[session] = time;
      }
    }
    this.#clear();
    return { starts, columns, names: coded.map(({ names }) => names), lastTimes };
  }

  /** Into `sorted` from `first` to `end`, which is in order. A session has few actions, and they mostly come in order. */
  #insert(sorted: Int32Array, first: number, end: number, row: number): void {
    let at = end;
    while (at > first && this.#compare(row, sorted[at - 1]) < 0) {
      sorted[at] = sorted[at - 1];
      at--;
    }
    sorted[at] = row;
  }

  #compare(a: number, b: number): number {
    const [left, right] = [this.#times[a], this.#times[b]];
    if (left !== right && !(Number.isNaN(left) && Number.isNaN(right))) {
      if (Number.isNaN(left)) return 1;
      return Number.isNaN(right) ? -1 : left - right;
    }
    for (let column = 0; column < columnCount; column++) {
      const difference =
        this.#slots[a * columnCount + column] - this.#slots[b * columnCount + column];
      if (difference !== 0) return difference;
    }
    return 0;
  }

  #coded(rank: Int32Array): Coded[] {
    return actionColumns.map((_, column) => {
      const vocabulary = this.#vocabularies[column];
      if (vocabulary !== undefined) {
        const isUsed = new Uint8Array(vocabulary.count);
        for (let at = 0; at < this.#count; at++) {
          const slot = this.#slots[at * columnCount + column];
          if (slot >= 0 && rank[this.#sessions[at]] >= 0) isUsed[slot] = 1;
        }
        return vocabulary.coded(isUsed);
      }
      const hashes = this.#hashes[column] ?? new HashSlots();
      const codeOfSlot = new Int32Array(hashes.count);
      for (const [index, hash] of hashes.sorted().entries()) {
        codeOfSlot[hashes.find(hash)] = index + 1;
      }
      return { codeOfSlot, names: [] };
    });
  }

  #clear(): void {
    for (const vocabulary of this.#vocabularies) vocabulary?.clear();
    for (const hashes of this.#hashes) if (hashes !== undefined && hashes.count > 0) hashes.clear();
    this.#count = 0;
  }
}
