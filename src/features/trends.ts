import { ByteReader, ByteWriter, dayMs, withRoom } from "../core/index.ts";
import {
  type LogRecord,
  type Offsets,
  ReadOffsets,
  type SnapshotSink,
  type SnapshotSource,
  type View,
} from "../event/index.ts";
import { type FeedbackRules, feedbackOf } from "./feedback.ts";
import type { ItemIndex } from "./itemIndex.ts";

export interface TrendsOptions {
  readonly partitionCount: number;
  readonly rules: FeedbackRules;
  /** An event counts half after so long; Infinity counts all alike. */
  readonly halfLivesMs: readonly number[];
  /** How many of the leading items are kept in order, for each half-life. */
  readonly leadersMax: number;
}

/**
 * How much each item is wanted now: counts of positive events that decay by event time, for several
 * half-lives at once.
 *
 * A decayed count v(t) = Σ w · 2^((s − t)/h), over events at s, only ever *compares*: so what is kept is
 * its logarithm moved to the time origin, r = log2 Σ w · 2^(s/h), which changes only when the item has
 * an event, and then grows. log2 v(t) = r − t/h. Three things follow: no decay pass; late events give the
 * same numbers as events in order (up to rounding); and since no r ever falls, the leaders list is exact
 * with one comparison an event.
 *
 * Memory: 8 bytes an item and half-life, 4 more for the place among the leaders.
 */
export class Trends implements View {
  readonly halfLivesMs: readonly number[];
  readonly #options: TrendsOptions;
  readonly #items: ItemIndex;
  readonly #read: ReadOffsets;
  readonly #boards: Board[];
  #time = 0;

  /** @param items gets every record before this view does. */
  constructor(items: ItemIndex, options: TrendsOptions) {
    this.#items = items;
    this.#options = options;
    this.halfLivesMs = options.halfLivesMs;
    this.#read = new ReadOffsets(options.partitionCount);
    this.#boards = options.halfLivesMs.map((halfLife) => new Board(halfLife, options.leadersMax));
  }

  get offsets(): Offsets {
    return this.#read.next;
  }

  /** The time of the stream: the latest event time that came, epoch milliseconds; 0 before any. */
  get time(): number {
    return this.#time;
  }

  /**
   * log2 of the item's share of all that is wanted now: 0 is everything, -1 half of it; -Infinity if it
   * had no event. The share does not change with the volume of the stream, nor with pauses in it.
   */
  shareLog2(halfLifeIndex: number, item: number): number {
    return this.#boards[halfLifeIndex].shareLog2(item);
  }

  /** The leading items at this half-life, best first; at most `leadersMax`. Not to be changed. */
  leaders(halfLifeIndex: number): readonly number[] {
    return this.#boards[halfLifeIndex].leaders;
  }

  apply(record: LogRecord): void {
    const { event } = record;
    if (!this.#read.take(record)) return;
    const { weight } = feedbackOf(event, this.#options.rules);
    if (event.time > this.#time) this.#time = event.time;
    if (weight <= 0 || event.item === undefined) return;
    const item = this.#items.indexOf(event.item);
    if (item < 0) return; // past the limit of items
    for (const board of this.#boards) board.count(item, event.time, weight);
  }

  save(sink: SnapshotSink): void {
    const writer = new ByteWriter();
    this.#read.save(writer);
    writer.f64(this.#time);
    for (const board of this.#boards) board.save(writer);
    sink.write("trends", writer.bytes());
  }

  restore(source: SnapshotSource): void {
    const reader = new ByteReader(source.read("trends"), "trends");
    this.#read.restore(reader);
    this.#time = reader.f64();
    for (const board of this.#boards) board.restore(reader);
    reader.end();
  }
}

/** Decayed counts at one half-life, and their leaders. */
class Board {
  leaders: number[] = [];
  readonly #halfLifeMs: number;
  readonly #leadersMax: number;
  #levels = new Float64Array(0); // r of the class above; -Infinity without events
  #places = new Int32Array(0); // in `leaders`; -1 outside
  #size = 0;
  #total = Number.NEGATIVE_INFINITY;

  constructor(halfLifeMs: number, leadersMax: number) {
    this.#halfLifeMs = halfLifeMs;
    this.#leadersMax = leadersMax;
  }

  shareLog2(item: number): number {
    return item < this.#size ? this.#levels[item] - this.#total : Number.NEGATIVE_INFINITY;
  }

  count(item: number, time: number, weight: number): void {
    this.#makeRoom(item + 1);
    const added = (time - timeOrigin) / this.#halfLifeMs + Math.log2(weight);
    this.#levels[item] = addLog2(this.#levels[item], added);
    this.#total = addLog2(this.#total, added);
    this.#climb(item);
  }

  save(writer: ByteWriter): void {
    writer.f64(this.#total);
    writer.array(this.#levels, this.#size);
    writer.array(Uint32Array.from(this.leaders));
  }

  restore(reader: ByteReader): void {
    this.#total = reader.f64();
    this.#levels = reader.array(Float64Array);
    this.#size = this.#levels.length;
    this.leaders = [...reader.array(Uint32Array)];
    this.#places = new Int32Array(this.#size).fill(-1);
    for (const [place, item] of this.leaders.entries()) this.#places[item] = place;
  }

  #makeRoom(size: number): void {
    if (size <= this.#size) return;
    this.#levels = withRoom(this.#levels, size);
    this.#places = withRoom(this.#places, size);
    this.#levels.fill(Number.NEGATIVE_INFINITY, this.#size, size);
    this.#places.fill(-1, this.#size, size);
    this.#size = size;
  }

  /** Levels only grow, so an item only ever climbs, and whoever is outside is below the last leader. */
  #climb(item: number): void {
    const leaders = this.leaders;
    const level = this.#levels[item];
    let place = this.#places[item];
    if (place < 0) {
      if (leaders.length < this.#leadersMax) place = leaders.push(item) - 1;
      else {
        place = leaders.length - 1;
        if (level <= this.#levels[leaders[place]]) return;
        this.#places[leaders[place]] = -1;
      }
    }
    for (; place > 0 && this.#levels[leaders[place - 1]] < level; place--) {
      leaders[place] = leaders[place - 1];
      this.#places[leaders[place]] = place;
    }
    leaders[place] = item;
    this.#places[item] = place;
  }
}

/** log2(2^a + 2^b), without leaving the range of numbers. */
function addLog2(a: number, b: number): number {
  const high = Math.max(a, b);
  return high + Math.log2(1 + 2 ** (Math.min(a, b) - high));
}

/** 2020-01-01: near the times at hand, so that t/h keeps 10 decimal places at a half-life of an hour. */
const timeOrigin = 18_262 * dayMs;
