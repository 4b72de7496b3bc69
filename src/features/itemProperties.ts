import { ByteReader, ByteWriter, ListSaver } from "../core/index.ts";
import {
  descriptionIn,
  type LogRecord,
  type Offsets,
  type Properties,
  type Property,
  ReadOffsets,
  type SnapshotSink,
  type SnapshotSource,
  type View,
} from "../event/index.ts";
import type { ItemIndex } from "./itemIndex.ts";
import { readProperties, writeProperties } from "./savedProperties.ts";

/** Names beyond are not kept: each costs 8 bytes an item. */
const namesMax = 256;
const noProperty = undefined;
const none: readonly undefined[] = [];

export type Withheld = "hidden" | "deleted" | "notYet" | "over";
const withholdingNames = ["hidden", "deleted", "from", "until"];

/**
 * What the catalogue says of each item, by name: `artist` and the context of its latest `item_set`, which
 * replaces what was said before. Rules and the catalogue's own pages read it.
 *
 * Some names have a meaning here, as numbers: `hidden` and `deleted` other than 0 keep an item from being
 * recommended, and so does a time outside `from` and `until`, epoch milliseconds.
 *
 * A column a name: a rule over many items reads a few names of each. Memory: 8 bytes an item and name, and
 * the texts.
 */
export class ItemProperties implements View {
  readonly #items: ItemIndex;
  readonly #read: ReadOffsets;
  readonly #saver = new ListSaver((writer, item) => this.#saveItem(writer, item));
  readonly #columns = new Map<string, (Property | undefined)[]>();
  /** By item: whether an `item_set` came. */
  #described: boolean[] = [];

  /** @param items gets every record before this view does. */
  constructor(items: ItemIndex, options: { readonly partitionCount: number }) {
    this.#items = items;
    this.#read = new ReadOffsets(options.partitionCount);
  }

  get offsets(): Offsets {
    return this.#read.next;
  }

  /** By item; shorter where the rest has none. Undefined where no item has it. Do not keep: it changes. */
  column(name: string): readonly (Property | undefined)[] | undefined {
    return this.#columns.get(name);
  }

  /** Undefined of an item that the catalogue does not know, or no more. */
  of(item: number): Properties | undefined {
    if (!this.#described[item] || isOn(this.#columns.get("deleted")?.[item])) return undefined;
    return this.#allOf(item);
  }

  /**
   * Tells why an item may not be recommended at this time, epoch milliseconds, or undefined where it may; itself
   * undefined where that holds of no item. Good until the next record.
   */
  withholding(now: number): ((item: number) => Withheld | undefined) | undefined {
    const [hidden = none, deleted = none, from = none, until = none] = withholdingNames.map(
      (name) => this.#columns.get(name),
    );
    if ([hidden, deleted, from, until].every((column) => column === none)) return undefined;
    return (item) => {
      if (isOn(hidden[item])) return "hidden";
      if (isOn(deleted[item])) return "deleted";
      const [first, end] = [from[item], until[item]];
      if (typeof first === "number" && now < first) return "notYet";
      return typeof end === "number" && now >= end ? "over" : undefined;
    };
  }

  apply(record: LogRecord): void {
    if (!this.#read.take(record)) return;
    const described = descriptionIn(record.event);
    if (described?.kind !== "item") return;
    const item = this.#items.indexOf(described.name);
    if (item < 0) return; // past the limit of items
    this.#saver.keep(item);
    for (const column of this.#columns.values()) {
      if (item < column.length) column[item] = noProperty;
    }
    while (this.#described.length <= item) this.#described.push(false);
    this.#described[item] = true;
    for (const [name, value] of Object.entries(described.properties)) this.#set(item, name, value);
  }

  save(sink: SnapshotSink): void {
    const head = new ByteWriter();
    this.#read.save(head);
    head.u32(this.#columns.size);
    for (const name of this.#columns.keys()) head.text(name);
    sink.writeParts("properties", this.#saver.parts(head, this.#described.length));
  }

  restore(source: SnapshotSource): void {
    const reader = new ByteReader(source.read("properties"), "properties");
    this.#read.restore(reader);
    const names = Array.from({ length: reader.u32() }, () => reader.text());
    this.#columns.clear();
    for (const name of names) this.#columns.set(name, []);
    const count = reader.u32();
    this.#described = new Array<boolean>(count).fill(false);
    for (let left = count; left > 0; left--) {
      const item = reader.u32();
      const state = reader.u32();
      this.#described[item] = state > 0;
      if (state === 0) continue;
      for (const [name, value] of readProperties(reader, state - 1)) this.#set(item, name, value);
    }
    reader.end();
  }

  #allOf(item: number): Properties {
    const properties: Record<string, Property> = {};
    for (const [name, column] of this.#columns) {
      const value = column[item];
      if (value !== undefined) properties[name] = value;
    }
    return properties;
  }

  #set(item: number, name: string, value: Property): void {
    let column = this.#columns.get(name);
    if (column === undefined) {
      if (this.#columns.size === namesMax) return;
      column = [];
      this.#columns.set(name, column);
    }
    // A list without holes: an array with holes is a hash table.
    while (column.length < item) column.push(noProperty);
    column[item] = value;
  }

  /** 0 where the catalogue says nothing of it, else 1 and how many properties there are. */
  #saveItem(writer: ByteWriter, item: number): void {
    writer.u32(item);
    if (!this.#described[item]) return writer.u32(0);
    const properties = this.#allOf(item);
    writer.u32(1 + Object.keys(properties).length);
    writeProperties(writer, properties);
  }
}

function isOn(value: Property | undefined): boolean {
  return value !== undefined && value !== 0;
}
