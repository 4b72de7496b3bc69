import { ByteReader, ByteWriter, dayMs, ListSaver, withRoom } from "../core/index.ts";
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
  readonly #boards: readonly Leaders[];
  /** r of every item at every half-life: of item i at half-life h at [i × half-lives + h]. */
  #levels = new Float64Array(0);
  #itemCount = 0;
  /** r of all items together, by half-life. */
  #totals: Float64Array;
  #time = 0;
  readonly #saver = new ListSaver((writer, item) => this.#saveLevels(writer, item));

  /** @param items gets every record before this view does. */
  constructor(items: ItemIndex, options: TrendsOptions) {
    this.#items = items;
    this.#options = options;
    this.halfLivesMs = options.halfLivesMs;
    this.#read = new ReadOffsets(options.partitionCount);
    this.#boards = options.halfLivesMs.map(() => new Leaders(options.leadersMax));
    this.#totals = new Float64Array(options.halfLivesMs.length).fill(Number.NEGATIVE_INFINITY);
  }

  get offsets(): Offsets {
    return this.#read.next;
  }

  /** The time of the stream: the latest event time that came, epoch milliseconds; 0 before any. */
  get time(): number {
    return this.#time;
  }

  /**
   * Writes, for each half-life, log2 of the item's share of all that is wanted now: 0 is everything, -1
   * half of it; `floor` (below 0) where it is less, or nothing. The share does not change with the volume
   * of the stream, nor with pauses in it.
   */
  writeShares(item: number, floor: number, out: Float32Array, at: number): void {
    const count = this.#totals.length;
    const from = item * count;
    const isKnown = item < this.#itemCount;
    for (let i = 0; i < count; i++) {
      const share = isKnown ? this.#levels[from + i] - this.#totals[i] : floor;
      out[at + i] = share > floor ? share : floor;
    }
  }

  /** The leading items at this half-life, best first; at most `leadersMax`. Not to be changed. */
  leaders(halfLifeIndex: number): Int32Array {
    return this.#boards[halfLifeIndex].items;
  }

  apply(record: LogRecord): void {
    const { event } = record;
    if (!this.#read.take(record)) return;
    const { weight } = feedbackOf(event, this.#options.rules);
    // A sender's clock that runs ahead must not lift an item above all others.
    const time = Math.min(event.time, record.logTime);
    if (time > this.#time) this.#time = time;
    if (weight <= 0 || event.item === undefined) return;
    const item = this.#items.indexOf(event.item);
    if (item < 0) return; // past the limit of items
    this.#makeRoom(item + 1);
    const count = this.#totals.length;
    this.#saver.keep(item);
    for (let i = 0; i < count; i++) {
      const added = (time - timeOrigin) / this.halfLivesMs[i] + Math.log2(weight);
      const at = item * count + i;
      this.#levels[at] = addLog2(this.#levels[at], added);
      this.#totals[i] = addLog2(this.#totals[i], added);
      this.#boards[i].climb(item, this.#levels, count, i);
    }
  }

  save(sink: SnapshotSink): void {
    const head = new ByteWriter();
    this.#read.save(head);
    head.f64(this.#time);
    head.array(this.#totals);
    for (const board of this.#boards) head.array(board.items);
    sink.writeParts("trends", this.#saver.parts(head, this.#itemCount));
  }

  restore(source: SnapshotSource): void {
    const reader = new ByteReader(source.read("trends"), "trends");
    this.#read.restore(reader);
    this.#time = reader.f64();
    this.#totals = reader.array(Float64Array);
    for (const board of this.#boards) board.restore(reader.array(Int32Array));
    this.#itemCount = reader.u32();
    const count = this.#totals.length;
    this.#levels = new Float64Array(this.#itemCount * count);
    for (let left = this.#itemCount; left > 0; left--) {
      const from = reader.u32() * count;
      for (let i = 0; i < count; i++) this.#levels[from + i] = reader.f64();
    }
    reader.end();
  }

  #saveLevels(writer: ByteWriter, item: number): void {
    writer.u32(item);
    const count = this.#totals.length;
    for (let i = 0; i < count; i++) writer.f64(this.#levels[item * count + i]);
  }

  #makeRoom(itemCount: number): void {
    if (itemCount <= this.#itemCount) return;
    const count = this.#totals.length;
    this.#levels = withRoom(this.#levels, itemCount * count);
    this.#levels.fill(Number.NEGATIVE_INFINITY, this.#itemCount * count, itemCount * count);
    this.#itemCount = itemCount;
  }
}

/** The items with the highest levels, in order, under levels that only grow. */
class Leaders {
  #items: Int32Array;
  #size = 0;

  constructor(sizeMax: number) {
    this.#items = new Int32Array(sizeMax);
  }

  get items(): Int32Array {
    return this.#items.subarray(0, this.#size);
  }

  restore(items: Int32Array): void {
    this.#items.set(items);
    this.#size = items.length;
  }

  /**
   * The item's level grew: it only ever climbs, and whoever is outside is below the last leader.
   *
   * @param levels of item i at [i × stride + place].
   */
  climb(item: number, levels: Float64Array, stride: number, place: number): void {
    const items = this.#items;
    const level = levels[item * stride + place];
    const isFull = this.#size === items.length;
    const last = items[this.#size - 1];
    if (isFull && last !== item && level <= levels[last * stride + place]) return;
    let from = items.subarray(0, this.#size).indexOf(item);
    if (from < 0) from = isFull ? this.#size - 1 : this.#size++;
    // The first leader that is below, by halving; equal ones stay in front.
    let low = 0;
    let high = from;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (levels[items[middle] * stride + place] >= level) low = middle + 1;
      else high = middle;
    }
    items.copyWithin(low + 1, low, from);
    items[low] = item;
  }
}

/** log2(2^a + 2^b), without leaving the range of numbers. */
function addLog2(a: number, b: number): number {
  const high = Math.max(a, b);
  return high + Math.log2(1 + 2 ** (Math.min(a, b) - high));
}

/** 2020-01-01: near the times at hand, so that t/h keeps 10 decimal places at a half-life of an hour. */
const timeOrigin = 18_262 * dayMs;
