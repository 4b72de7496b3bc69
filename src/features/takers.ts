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
import { type FeedbackRules, feedbackOf } from "./feedback.ts";
import type { ItemIndex } from "./itemIndex.ts";

/** Enough that accounts with a few items in common meet: of 20 items, 320 accounts at the most. */
export const takersMax = 16;

/**
 * Which accounts wanted each item last, as slots of their histories: the way from an account to those that are like it.
 *
 * ```
 * slots   item 0: [ 7 2 9 4 … ]   item 1: [ 3 0 0 0 … ]      rings of 16; counts say where the next one goes
 * ```
 *
 * A slot may have been given to another account since, or its account may not want the item any more: whoever asks looks
 * into the history. So forgetting an account costs nothing here, and leaves no name.
 *
 * Memory: 68 bytes an item. O(1) an event.
 */
export class Takers implements View {
  readonly #items: ItemIndex;
  readonly #histories: AccountHistories;
  readonly #rules: FeedbackRules;
  readonly #read: ReadOffsets;
  readonly #saver = new ListSaver((writer, item) => this.#saveItem(writer, item));
  /** So many items have a ring. */
  #length = 0;
  #slots = new Uint32Array(0);
  /** How many the ring was given, by item. */
  #counts = new Uint32Array(0);

  /** @param items, histories get every record before this view does. */
  constructor(
    items: ItemIndex,
    histories: AccountHistories,
    options: { readonly partitionCount: number; readonly rules: FeedbackRules },
  ) {
    this.#items = items;
    this.#histories = histories;
    this.#rules = options.rules;
    this.#read = new ReadOffsets(options.partitionCount);
  }

  get offsets(): Offsets {
    return this.#read.next;
  }

  /** Adds the slots of accounts that wanted the item, the latest first. O(`takersMax`). */
  addTo(slots: number[], item: number): void {
    if (item >= this.#length) return;
    const count = this.#counts[item];
    for (let back = 1; back <= Math.min(count, takersMax); back++) {
      slots.push(this.#slots[item * takersMax + ((count - back) % takersMax)]);
    }
  }

  apply(record: LogRecord): void {
    const { event } = record;
    if (!this.#read.take(record) || event.item === undefined) return;
    if (feedbackOf(event, this.#rules).weight <= 0) return;
    const item = this.#items.indexOf(event.item);
    if (item < 0) return; // past the limit of items
    const slot = this.#histories.slotOf(eventKey(event));
    if (slot < 0) return;
    if (item >= this.#length) this.#makeRoom(item + 1);
    const begin = item * takersMax;
    const count = this.#counts[item];
    const end = begin + Math.min(count, takersMax);
    for (let at = begin; at < end; at++) if (this.#slots[at] === slot) return;
    this.#saver.keep(item);
    this.#slots[begin + (count % takersMax)] = slot;
    this.#counts[item] = count + 1;
  }

  save(sink: SnapshotSink): void {
    const head = new ByteWriter();
    this.#read.save(head);
    sink.writeParts("takers", this.#saver.parts(head, this.#length));
  }

  restore(source: SnapshotSource): void {
    const reader = new ByteReader(source.read("takers"), "takers");
    this.#read.restore(reader);
    this.#length = reader.u32();
    this.#slots = new Uint32Array(this.#length * takersMax);
    this.#counts = new Uint32Array(this.#length);
    for (let left = this.#length; left > 0; left--) {
      const item = reader.u32();
      this.#counts[item] = reader.u32();
      this.#slots.set(reader.array(Uint32Array), item * takersMax);
    }
    reader.end();
  }

  #makeRoom(length: number): void {
    this.#length = length;
    this.#slots = withRoom(this.#slots, length * takersMax);
    this.#counts = withRoom(this.#counts, length);
  }

  #saveItem(writer: ByteWriter, item: number): void {
    const begin = item * takersMax;
    const count = this.#counts[item];
    writer.u32(item);
    writer.u32(count);
    writer.array(this.#slots.slice(begin, begin + Math.min(count, takersMax)));
  }
}
