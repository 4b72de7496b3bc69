/** Makes an account's rows, in whatever order they come, into its `AccountSessions`. */
import { compareUtf8, withRoom } from "../../core/index.ts";
import { type AccountSessions, accessColumns } from "../accountSessions.ts";
import { AccountActions, type ActionRow } from "./accountActions.ts";
import type { Arena } from "./arena.ts";
import { type DayPart, hourOfWeek, partOfDay, weekdayIn, weekdayOf } from "./localTime.ts";
import { type CellColumn, HashSlots, Vocabulary } from "./vocabulary.ts";
import { type PlaceSource, Whereabouts } from "./whereabouts.ts";

/** A row of ACCESS. What is missing is null, numbers that are missing are NaN. */
export interface SessionRow {
  readonly token: string;
  /** A hash of it, 53 bits. */
  readonly key: number;
  /** Epoch milliseconds. */
  readonly start: number;
  /** Minutes east of UTC that the time was written with; NaN where it was not. */
  readonly offsetMinutes: number;
  readonly latitude: number;
  readonly longitude: number;
  readonly country: string | null;
  /** An IANA name. */
  readonly timeZone: string | null;
}

export interface AssemblerOptions {
  /** By hour, at least one. */
  readonly dayParts: readonly DayPart[];
  /** Undefined: coordinates are not turned into places, nor places into coordinates. */
  readonly places: PlaceSource | undefined;
}

const columnCount = accessColumns.length;
const [, city, state, zip, day, part] = accessColumns.map((_, at) => at);

/** A session without a known end lasts so long. */
const defaultLengthMs = 30 * 60_000;

/** For one account after the other; what it holds grows with the largest. */
export class AccountAssembler {
  /** Sessions of all accounts that were left out since their token was there already. */
  duplicates = 0;
  /** The first of them. */
  readonly duplicateExamples: { readonly account: string; readonly token: string }[] = [];
  readonly #found = new Set<string>();
  readonly #dayParts: readonly DayPart[];
  readonly #whereabouts: Whereabouts;
  readonly #vocabularies = accessColumns.map(
    (column) => new Vocabulary(column === "day" ? weekdayIn : undefined),
  );
  readonly #actions = new AccountActions();
  readonly #sessionOfKey = new HashSlots();
  readonly #tokens: string[] = [];
  #slots = new Int32Array(0);
  #starts = new Float64Array(0);
  #hours = new Int32Array(0);
  #latitudes = new Float64Array(0);
  #longitudes = new Float64Array(0);

  constructor({ dayParts, places }: AssemblerOptions) {
    this.#dayParts = dayParts;
    this.#whereabouts = new Whereabouts(places);
  }

  /** What no session of any account has had so far, neither said nor found out. */
  get lacking(): string[] {
    const found = this.#found;
    return [
      ...accessColumns.filter((column) => !found.has(column)),
      ...(["times", "hours", "coordinates"] as const).filter((what) => !found.has(what)),
      ...this.#actions.lacking,
    ];
  }

  /** @param columns by access column; undefined for one that no source has. @param row of the chunk that they are of. */
  addSession(session: SessionRow, columns: readonly (CellColumn | undefined)[], row: number): void {
    const index = this.#tokens.push(session.token) - 1;
    if (this.#sessionOfKey.find(session.key) < 0) this.#sessionOfKey.set(session.key, index);
    const first = index * columnCount;
    this.#slots = withRoom(this.#slots, first + columnCount);
    this.#starts = withRoom(this.#starts, index + 1);
    this.#hours = withRoom(this.#hours, index + 1);
    this.#latitudes = withRoom(this.#latitudes, index + 1);
    this.#longitudes = withRoom(this.#longitudes, index + 1);
    for (let column = 0; column < columnCount; column++) {
      const cells = columns[column];
      this.#slots[first + column] =
        cells === undefined ? -1 : this.#vocabularies[column].slotOfCell(cells, row);
    }
    this.#starts[index] = session.start;
    this.#locate(index, session);
    this.#fillTime(index, session);
  }

  /** @param key that of its session's token. @returns whether there is such a session. */
  addAction(key: number, action: ActionRow): boolean {
    const index = key < 0 ? -1 : this.#sessionOfKey.find(key);
    if (index >= 0) this.#actions.add(index, action);
    return index >= 0;
  }

  /** The account's sessions, their arrays in `arena`; and it begins anew. */
  finish(account: string, arena: Arena): AccountSessions {
    const order = this.#order(account);
    const count = order.length;
    const [columns, names] = this.#coded(order, arena);
    const starts = arena.float64(count);
    const hours = arena.int16(count);
    const latitudes = arena.float32(count);
    const longitudes = arena.float32(count);
    let [hasTimes, hasHours, hasCoordinates] = [false, false, false];
    for (let at = 0; at < count; at++) {
      const index = order[at];
      starts[at] = this.#starts[index];
      hours[at] = this.#hours[index];
      latitudes[at] = this.#latitudes[index];
      longitudes[at] = this.#longitudes[index];
      if (!Number.isNaN(starts[at])) hasTimes = true;
      if (hours[at] >= 0) hasHours = true;
      if (!Number.isNaN(latitudes[at])) hasCoordinates = true;
    }
    if (hasTimes) this.#found.add("times");
    if (hasHours) this.#found.add("hours");
    if (hasCoordinates) this.#found.add("coordinates");
    const actions = this.#actions.finish(this.#ranks(order), count, arena);
    const ends = arena.float64(count);
    for (let at = 0; at < count; at++) {
      const last = actions.lastTimes[at];
      ends[at] = Number.isNaN(last) ? starts[at] + defaultLengthMs : Math.max(last, starts[at]);
      if (Number.isNaN(starts[at])) ends[at] = last;
    }
    const tokens = Array.from(order, (index) => this.#tokens[index]);
    this.#clear();
    return {
      account,
      tokens,
      columns,
      names,
      starts,
      ends,
      hours,
      latitudes,
      longitudes,
      actionStarts: actions.starts,
      actions: actions.columns,
      actionNames: actions.actionNames,
      genreNames: actions.genreNames,
    };
  }

  /** Fills city, state and postal code from coordinates; else coordinates from those. */
  #locate(index: number, session: SessionRow): void {
    const first = index * columnCount;
    const slots = this.#slots;
    const text = (column: number): string | undefined =>
      this.#vocabularies[column].textOf(slots[first + column]);
    const fill = (column: number, value: string | undefined): void => {
      if (slots[first + column] >= 0 || value === undefined) return;
      slots[first + column] = this.#vocabularies[column].slotOfText(value);
    };
    const { latitude, longitude } = session;
    if (isSomewhere(latitude, longitude)) {
      this.#latitudes[index] = latitude;
      this.#longitudes[index] = longitude;
      if (slots[first + city] >= 0 && slots[first + state] >= 0 && slots[first + zip] >= 0) return;
      const place = this.#whereabouts.placeAt(latitude, longitude);
      fill(city, place?.city);
      fill(state, place?.state);
      fill(zip, place?.zip);
      return;
    }
    const middle =
      slots[first + zip] < 0 && slots[first + city] < 0
        ? undefined
        : this.#whereabouts.middleOf(text(city), text(state), text(zip), session.country);
    this.#latitudes[index] = middle?.lat ?? Number.NaN;
    this.#longitudes[index] = middle?.lon ?? Number.NaN;
  }

  /** The local hour, and from it weekday and part of day, where the table does not say them. */
  #fillTime(index: number, { start, offsetMinutes, timeZone }: SessionRow): void {
    this.#hours[index] = -1;
    if (Number.isNaN(start)) return;
    const offsetMs = this.#whereabouts.offsetMs(
      start,
      offsetMinutes * 60_000,
      timeZone,
      this.#latitudes[index],
      this.#longitudes[index],
    );
    if (Number.isNaN(offsetMs)) return;
    const hour = hourOfWeek(start + offsetMs);
    this.#hours[index] = hour;
    const first = index * columnCount;
    if (this.#slots[first + day] < 0) {
      this.#slots[first + day] = this.#vocabularies[day].slotOfText(weekdayOf(hour));
    }
    if (this.#slots[first + part] < 0) {
      const name = partOfDay(hour, this.#dayParts);
      this.#slots[first + part] = this.#vocabularies[part].slotOfText(name);
    }
  }

  /** The sessions that are kept, each token once, in canonical order. */
  #order(account: string): Int32Array {
    const keptByToken = new Map<string, number>();
    const duplicates: string[] = [];
    for (const [index, token] of this.#tokens.entries()) {
      const kept = keptByToken.get(token);
      if (kept === undefined || this.#compareRows(index, kept) < 0) keptByToken.set(token, index);
      if (kept !== undefined) duplicates.push(token);
    }
    this.duplicates += duplicates.length;
    for (const token of duplicates.sort(compareUtf8)) {
      if (this.duplicateExamples.length < 3) this.duplicateExamples.push({ account, token });
    }
    const order = Int32Array.from(keptByToken.values());
    return order.sort(
      (a, b) =>
        compareStarts(this.#starts[a], this.#starts[b]) ||
        compareUtf8(this.#tokens[a], this.#tokens[b]),
    );
  }

  /** The place of each session in `order`; of one that was left out, that of the kept one with its token. */
  #ranks(order: Int32Array): Int32Array {
    const ranks = new Int32Array(this.#tokens.length).fill(-1);
    for (let at = 0; at < order.length; at++) ranks[order[at]] = at;
    if (order.length === ranks.length) return ranks;
    const rankOfToken = new Map(Array.from(order, (index, at) => [this.#tokens[index], at]));
    return ranks.map((_, index) => rankOfToken.get(this.#tokens[index]) ?? -1);
  }

  /** Which of two rows with the same token is kept, whatever their order was: the earlier one, else by their values. */
  #compareRows(a: number, b: number): number {
    const byStart = compareStarts(this.#starts[a], this.#starts[b]);
    if (byStart !== 0) return byStart;
    for (let column = 0; column < columnCount; column++) {
      const vocabulary = this.#vocabularies[column];
      const left = vocabulary.textOf(this.#slots[a * columnCount + column]) ?? "";
      const right = vocabulary.textOf(this.#slots[b * columnCount + column]) ?? "";
      const byText = compareUtf8(left, right);
      if (byText !== 0) return byText;
    }
    return (
      compareStarts(this.#latitudes[a], this.#latitudes[b]) ||
      compareStarts(this.#longitudes[a], this.#longitudes[b]) ||
      this.#hours[a] - this.#hours[b]
    );
  }

  #coded(order: Int32Array, arena: Arena): [Int32Array, string[][]] {
    const columns = arena.int32(order.length * columnCount);
    const names: string[][] = [];
    for (let column = 0; column < columnCount; column++) {
      const vocabulary = this.#vocabularies[column];
      const isUsed = new Uint8Array(vocabulary.count);
      for (const index of order) {
        const slot = this.#slots[index * columnCount + column];
        if (slot >= 0) isUsed[slot] = 1;
      }
      const coded = vocabulary.coded(isUsed);
      for (let at = 0; at < order.length; at++) {
        const slot = this.#slots[order[at] * columnCount + column];
        columns[at * columnCount + column] = slot < 0 ? 0 : coded.codeOfSlot[slot];
      }
      names.push([...coded.names]);
      if (coded.names.length > 0) this.#found.add(accessColumns[column]);
    }
    return [columns, names];
  }

  #clear(): void {
    for (const vocabulary of this.#vocabularies) vocabulary.clear();
    this.#sessionOfKey.clear();
    this.#tokens.length = 0;
    this.#whereabouts.clear();
  }
}

/** (0, 0) is in the sea: it is what devices say that know nothing. */
function isSomewhere(latitude: number, longitude: number): boolean {
  const isThere = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180; // NaN is not
  return isThere && (latitude !== 0 || longitude !== 0);
}

/** Unknown ones last. */
function compareStarts(a: number, b: number): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
  return Number.isNaN(b) ? -1 : a - b;
}
