import { ByteReader, ByteWriter, ListSaver, withRoom } from "../core/index.ts";
import {
  eventKey,
  type LogRecord,
  type Offsets,
  ReadOffsets,
  type SnapshotSink,
  type SnapshotSource,
  type View,
} from "../event/index.ts";
import type { AccountHistories } from "./accountHistories.ts";
import { CountLists } from "./countLists.ts";
import { type FeedbackRules, feedbackOf } from "./feedback.ts";
import type { ItemIndex } from "./itemIndex.ts";

export interface CoOccurrenceOptions {
  readonly partitionCount: number;
  readonly rules: FeedbackRules;
  /** Name of its section in a snapshot: several with different options can be kept. */
  readonly name: string;
  /** How many of the account's latest wanted items an event is paired with. */
  readonly reach: number;
  /** Pairs only what came at most so long after the account's event before; Infinity pairs all. */
  readonly gapMaxMs: number;
  /** Counts only "then", from the earlier item to the later; else both ways. */
  readonly directed: boolean;
  /** Neighbours an item keeps; when full, the oldest of those with the smallest count gives way to a new one. */
  readonly neighboursMax: number;
  /** Added to both counts under the root: how often an item must be seen to be trusted. */
  readonly shrinkage: number;
}

/**
 * Which items are wanted by the same accounts: item-to-item cosine, kept by each event.
 *
 * cosine(i, j) = c(i, j) / √((n(i) + s)(n(j) + s)), where c counts the pairs within reach, n the positive
 * events of an item and s is the shrinkage.
 *
 * O(reach × neighboursMax) an event, 8 bytes a pair. Source of the idea: Sarwar et al., "Item-based
 * collaborative filtering recommendation algorithms", WWW 2001.
 */
export class CoOccurrence implements View {
  readonly #options: CoOccurrenceOptions;
  readonly #items: ItemIndex;
  readonly #histories: AccountHistories;
  readonly #read: ReadOffsets;
  /** By item, pair counts in the order in which the neighbours came. */
  #neighbours: CountLists;
  #counts = new Float64Array(0);
  /** 1 / √(n + s) of each item. */
  #inverseRoots = new Float64Array(0);
  readonly #saver = new ListSaver((writer, item) => this.#saveItem(writer, item));

  /**
   * @param items gets every record before this view does.
   * @param histories gets every record *after* this view: the account's past must not hold the event yet.
   */
  constructor(items: ItemIndex, histories: AccountHistories, options: CoOccurrenceOptions) {
    this.#items = items;
    this.#histories = histories;
    this.#options = options;
    this.#neighbours = new CountLists(options.neighboursMax);
    this.#read = new ReadOffsets(options.partitionCount);
  }

  get offsets(): Offsets {
    return this.#read.next;
  }

  /**
   * Adds `strength` × cosine to `sums` for all neighbours of the item, and pushes those whose sum was 0
   * to `met`. `sums` has a place for every item.
   */
  addCosines(item: number, strength: number, sums: Float32Array, met: number[]): void {
    if (item >= this.#neighbours.length) return;
    this.#neighbours.open(item);
    const { numbers, counts, from, to } = this.#neighbours;
    const inverseRoots = this.#inverseRoots;
    const scale = strength * inverseRoots[item];
    for (let i = from; i < to; i++) {
      const neighbour = numbers[i];
      if (sums[neighbour] === 0) met.push(neighbour);
      sums[neighbour] += scale * counts[i] * inverseRoots[neighbour];
    }
  }

  /** What `addCosines` would add for this one neighbour, in float64; 0 where it is none. */
  cosineOf(item: number, strength: number, neighbour: number): number {
    if (item >= this.#neighbours.length) return 0;
    this.#neighbours.open(item);
    const place = this.#neighbours.placeOf(neighbour);
    if (place < 0) return 0;
    const inverseRoots = this.#inverseRoots;
    const count = this.#neighbours.counts[place];
    return strength * inverseRoots[item] * count * inverseRoots[neighbour];
  }

  apply(record: LogRecord): void {
    const { event } = record;
    if (!this.#read.take(record) || event.item === undefined) return;
    if (feedbackOf(event, this.#options.rules).weight <= 0) return;
    const item = this.#items.indexOf(event.item);
    if (item < 0) return; // past the limit of items
    this.#makeRoom(item + 1);
    this.#saver.keep(item);
    this.#setCount(item, this.#counts[item] + 1);
    const { wanted, lastTime } = this.#histories.of(eventKey(event));
    if (Math.abs(event.time - lastTime) > this.#options.gapMaxMs) return;
    const { directed, reach } = this.#options;
    for (let i = Math.max(0, wanted.length - reach); i < wanted.length; i++) {
      const before = wanted[i];
      if (before === item) continue;
      this.#saver.keep(before);
      this.#neighbours.count(before, item);
      if (!directed) this.#neighbours.count(item, before);
    }
  }

  save(sink: SnapshotSink): void {
    const head = new ByteWriter();
    this.#read.save(head);
    sink.writeParts(this.#options.name, this.#saver.parts(head, this.#neighbours.length));
  }

  restore(source: SnapshotSource): void {
    const reader = new ByteReader(source.read(this.#options.name), this.#options.name);
    this.#read.restore(reader);
    const itemCount = reader.u32();
    this.#counts = new Float64Array(itemCount);
    this.#inverseRoots = new Float64Array(itemCount);
    this.#neighbours = new CountLists(this.#options.neighboursMax);
    this.#neighbours.makeRoom(itemCount);
    for (let left = itemCount; left > 0; left--) {
      const item = reader.u32();
      this.#setCount(item, reader.f64());
      this.#neighbours.restore(item, reader.array(Int32Array), reader.array(Float32Array));
    }
    reader.end();
  }

  #saveItem(writer: ByteWriter, item: number): void {
    this.#neighbours.open(item);
    const { numbers, counts, from, to } = this.#neighbours;
    writer.u32(item);
    writer.f64(this.#counts[item]);
    writer.array(numbers.subarray(from, to));
    writer.array(counts.subarray(from, to));
  }

  #setCount(item: number, count: number): void {
    this.#counts[item] = count;
    this.#inverseRoots[item] = 1 / Math.sqrt(count + this.#options.shrinkage);
  }

  #makeRoom(count: number): void {
    this.#counts = withRoom(this.#counts, count);
    this.#inverseRoots = withRoom(this.#inverseRoots, count);
    this.#neighbours.makeRoom(count);
  }
}
