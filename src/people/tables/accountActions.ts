/** The actions of one account: gathered in any order, then sorted by session and time. */
import { withRoom } from "../../core/index.ts";
import { type ActionColumn, actionColumns } from "../accountSessions.ts";
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
  readonly actionNames: readonly string[];
  readonly genreNames: readonly string[];
  /** Of each session; NaN where it has no action with a time. Shape (sessions,). */
  readonly lastTimes: Float64Array;
}

const columnCount = actionColumns.length;
const [actionAt, , , , genreAt] = actionColumns.map((_, at) => at);
/** Of these columns only which cells are equal is kept, and no text is read. */
const unnamed = actionColumns.flatMap((_, at) => (at === actionAt || at === genreAt ? [] : [at]));

export class AccountActions {
  readonly #actions = new Vocabulary();
  readonly #genres = new Vocabulary();
  readonly #slotsOfHash = new HashSlots();
  readonly #isPresent = actionColumns.map(() => false);
  #count = 0;
  #sessions = new Int32Array(0);
  #times = new Float64Array(0);
  /** Row by row: slots of named columns, which become codes, and hashes of the others. -1 is missing. */
  #cells = new Float64Array(0);

  /** Columns in which no row of any account had anything so far. */
  get lacking(): ActionColumn[] {
    return actionColumns.filter((_, at) => !this.#isPresent[at]);
  }

  /** @param session in the order in which sessions were added. */
  add(session: number, { time, columns, row }: ActionRow): void {
    const at = this.#count++;
    this.#sessions = withRoom(this.#sessions, at + 1);
    this.#times = withRoom(this.#times, at + 1);
    this.#cells = withRoom(this.#cells, (at + 1) * columnCount);
    this.#sessions[at] = session;
    this.#times[at] = time;
    for (let column = 0; column < columnCount; column++) {
      const source = columns[column];
      let cell = -1;
      if (source === undefined) cell = -1;
      else if (column === actionAt) cell = this.#actions.slotOfCell(source, row);
      else if (column === genreAt) cell = this.#genres.slotOfCell(source, row);
      else cell = source.hashes.getItem(row) as number; // a DOUBLE that is never NULL
      if (cell >= 0) this.#isPresent[column] = true;
      this.#cells[at * columnCount + column] = cell;
    }
  }

  /**
   * Sorts by session, then by time (unknown ones last), then by what was done; and it begins anew. Songs, artists and playlists have
   * codes in the order of first mention then: any order of rows gives the same.
   *
   * @param rank the place of each session that was added. @param sessionCount how many places there are.
   */
  finish(rank: Int32Array, sessionCount: number, arena: Arena): SortedActions {
    const starts = arena.int32(sessionCount + 1);
    for (let at = 0; at < this.#count; at++) {
      const session = rank[this.#sessions[at]];
      if (session >= 0) starts[session + 1]++;
    }
    for (let session = 0; session < sessionCount; session++) starts[session + 1] += starts[session];
    const kept = starts[sessionCount];
    const actionNames = this.#encode(this.#actions, actionAt, rank);
    const genreNames = this.#encode(this.#genres, genreAt, rank);
    const sorted = new Int32Array(kept);
    const next = starts.slice(0, sessionCount);
    for (let at = 0; at < this.#count; at++) {
      const session = rank[this.#sessions[at]];
      if (session >= 0) this.#insert(sorted, starts[session], next[session]++, at);
    }
    const columns = this.#columns(sorted, arena);
    const lastTimes = new Float64Array(sessionCount).fill(Number.NaN);
    for (let session = 0; session < sessionCount; session++) {
      for (let at = starts[session]; at < starts[session + 1]; at++) {
        const time = this.#times[sorted[at]];
        if (!Number.isNaN(time)) lastTimes[session] = time;
      }
    }
    this.#actions.clear();
    this.#genres.clear();
    this.#count = 0;
    return { starts, columns, actionNames, genreNames, lastTimes };
  }

  /** Slots of a named column become codes. @returns what these stand for. */
  #encode(vocabulary: Vocabulary, column: number, rank: Int32Array): readonly string[] {
    const isUsed = new Uint8Array(vocabulary.count);
    for (let at = 0; at < this.#count; at++) {
      const slot = this.#cells[at * columnCount + column];
      if (slot >= 0 && rank[this.#sessions[at]] >= 0) isUsed[slot] = 1;
    }
    const { codeOfSlot, names }: Coded = vocabulary.coded(isUsed);
    for (let at = 0; at < this.#count; at++) {
      const place = at * columnCount + column;
      const slot = this.#cells[place];
      this.#cells[place] = slot < 0 ? 0 : codeOfSlot[slot];
    }
    return names;
  }

  #columns(sorted: Int32Array, arena: Arena): Int32Array[] {
    const columns = actionColumns.map(() => arena.int32(sorted.length));
    for (const column of [actionAt, genreAt]) {
      const codes = columns[column];
      for (let at = 0; at < sorted.length; at++) {
        codes[at] = this.#cells[sorted[at] * columnCount + column];
      }
    }
    for (const column of unnamed) {
      const codes = columns[column];
      const slots = this.#slotsOfHash;
      for (let at = 0; at < sorted.length; at++) {
        const hash = this.#cells[sorted[at] * columnCount + column];
        codes[at] = hash < 0 ? 0 : slots.take(hash) + 1;
      }
      slots.clear();
    }
    return columns;
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
        this.#cells[a * columnCount + column] - this.#cells[b * columnCount + column];
      if (difference !== 0) return difference;
    }
    return 0;
  }
}
