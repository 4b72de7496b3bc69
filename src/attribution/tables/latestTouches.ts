/** The latest touches of one identity after the other: a look through rows that are sorted by identity and time. */
import { withRoom } from "../../core/index.ts";
import type { ChunkRows } from "../../event/index.ts";
import { type Tier, tiers } from "../rules.ts";

/** Touches of one tier at one millisecond, of which the last in their order counts: ids decide that, which are read for these alone. */
export interface Tie {
  /** Numbers of rows of the table `touch`. */
  readonly numbers: number[];
  /** Of the touch among those that are named. */
  place: number;
  /** Conversions that its click could earn, and the hashes of their sessions. */
  readonly rows: number[];
  readonly sessions: number[];
}

/** Places of columns in the rows that are taken; then the codes of dimensions. */
const [keyAt, timeAt, kindAt, numberAt, sessionAt, codesAt] = [0, 1, 2, 3, 4, 5];

export class LatestTouches {
  readonly touchOf: Readonly<Record<Tier, Int32Array>>;
  readonly sameSession: Uint8Array;
  /** Those that conversions name: times, numbers of rows, and by dimension the codes. */
  count = 0;
  times = new Float64Array(0);
  numbers = new Int32Array(0);
  readonly codes: Int32Array[];
  readonly ties: Tie[] = [];
  readonly #byTier: readonly Int32Array[];
  #key = -1;
  /** Of each tier the latest touch: its time (NaN: there is none), row, session, codes, place among the named, and tie (−1: none). */
  readonly #time = new Float64Array(tiers.length).fill(Number.NaN);
  readonly #number = new Int32Array(tiers.length);
  readonly #session = new Float64Array(tiers.length);
  readonly #codes: Int32Array;
  readonly #place = new Int32Array(tiers.length);
  readonly #tie = new Int32Array(tiers.length);

  constructor(conversionCount: number, dimensionCount: number) {
    this.#byTier = tiers.map(() => new Int32Array(conversionCount).fill(-1));
    this.touchOf = Object.fromEntries(tiers.map((tier, at) => [tier, this.#byTier[at]])) as Record<
      Tier,
      Int32Array
    >;
    this.sameSession = new Uint8Array(conversionCount);
    this.codes = Array.from({ length: dimensionCount }, () => new Int32Array(0));
    this.#codes = new Int32Array(tiers.length * dimensionCount);
  }

  take(rows: ChunkRows): void {
    const key = rows.number(keyAt);
    if (key !== this.#key) {
      this.#key = key;
      this.#time.fill(Number.NaN);
    }
    const kind = rows.number(kindAt);
    if (kind < tiers.length) this.#takeTouch(rows, kind);
    else this.#takeConversion(rows.number(numberAt), rows.number(sessionAt));
  }

  #takeTouch(rows: ChunkRows, tier: number): void {
    const time = rows.number(timeAt);
    const number = rows.number(numberAt);
    if (time === this.#time[tier]) {
      if (this.#tie[tier] < 0) {
        const tie = { numbers: [this.#number[tier]], place: -1, rows: [], sessions: [] };
        this.#tie[tier] = this.ties.push(tie) - 1;
      }
      this.ties[this.#tie[tier]].numbers.push(number);
      return;
    }
    this.#time[tier] = time;
    this.#number[tier] = number;
    this.#session[tier] = rows.number(sessionAt);
    this.#place[tier] = -1;
    this.#tie[tier] = -1;
    const width = this.codes.length;
    for (let at = 0; at < width; at++) this.#codes[tier * width + at] = rows.number(codesAt + at);
  }

  #takeConversion(row: number, session: number): void {
    for (let tier = 0; tier < tiers.length; tier++) {
      if (Number.isNaN(this.#time[tier])) continue;
      if (this.#place[tier] < 0) this.#name(tier);
      this.#byTier[tier][row] = this.#place[tier];
    }
    if (Number.isNaN(this.#time[0])) return;
    if (this.#tie[0] < 0) {
      this.sameSession[row] = session >= 0 && session === this.#session[0] ? 1 : 0;
    } else {
      const tie = this.ties[this.#tie[0]];
      tie.rows.push(row);
      tie.sessions.push(session);
    }
  }

  /** Gives the latest touch of a tier its place among those that are named. */
  #name(tier: number): void {
    const place = this.count++;
    this.times = withRoom(this.times, this.count);
    this.numbers = withRoom(this.numbers, this.count);
    this.times[place] = this.#time[tier];
    this.numbers[place] = this.#number[tier];
    const width = this.codes.length;
    for (let at = 0; at < width; at++) {
      this.codes[at] = withRoom(this.codes[at], this.count);
      this.codes[at][place] = this.#codes[tier * width + at];
    }
    this.#place[tier] = place;
    if (this.#tie[tier] >= 0) this.ties[this.#tie[tier]].place = place;
  }

  /** Says which touch of a tie it is. */
  settle(tie: Tie, number: number, session: number, codes: readonly number[]): void {
    this.numbers[tie.place] = number;
    for (const [at, code] of codes.entries()) this.codes[at][tie.place] = code;
    for (const [at, row] of tie.rows.entries()) {
      this.sameSession[row] = session >= 0 && tie.sessions[at] === session ? 1 : 0;
    }
  }
}
