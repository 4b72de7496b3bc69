import { ByteReader, ByteWriter, type Ordered, OrderedMap } from "../core/index.ts";
import {
  descriptionIn,
  eventKey,
  type LogRecord,
  type Offsets,
  type Properties,
  ReadOffsets,
  type SnapshotSink,
  type SnapshotSource,
  type View,
} from "../event/index.ts";
import { readProperties, writeProperties } from "./savedProperties.ts";

export interface AccountPropertiesOptions {
  readonly partitionCount: number;
  /** Above it, the description that was said the longest ago is forgotten. */
  readonly accountPropertiesBytesMax: number;
}

export interface AccountPage {
  readonly accounts: readonly { readonly account: string; readonly properties: Properties }[];
  /** Give it as `after` for the next page; undefined after the last. */
  readonly next?: number;
}

interface Described extends Ordered {
  readonly properties: Properties;
  /** In the list of pages. */
  place: number;
}

/**
 * What each account is said to be like: the properties of its latest `account_set`, which replaces what was said
 * before. Without properties it has no description; erased, it has none either.
 *
 * Pages go by when an account was described last. Who is described anew meanwhile comes again at the end, so
 * whoever follows the pages to the end has seen every account that had a description all the while.
 *
 * ```
 * list of pages   [ a:0 ][ 1 ][ c:2 ][ 3 ][ b:4 ]     b was described again: its first place, 1, is empty
 * ```
 *
 * Memory: by estimate at most `accountPropertiesBytesMax`, see `sizeBytesOf`.
 */
export class AccountProperties implements View {
  readonly #bytesMax: number;
  readonly #read: ReadOffsets;
  /** By when they were described last: the first is the one to forget. */
  readonly #byAccount = new OrderedMap<Described>({
    save: saveDescribed,
    restore: restoreDescribed,
  });
  #sizeBytes = 0;
  /** By order. Of an account that is gone, or came again, its order alone; never more of these than of others. */
  #list: (Described | number)[] = [];

  constructor(options: AccountPropertiesOptions) {
    this.#bytesMax = options.accountPropertiesBytesMax;
    this.#read = new ReadOffsets(options.partitionCount);
  }

  get offsets(): Offsets {
    return this.#read.next;
  }

  /** Undefined of an account without a description. */
  of(account: string): Properties | undefined {
    return this.#byAccount.get(account)?.properties;
  }

  /**
   * O(limit + log accounts), amortised.
   *
   * @param after the `next` of the page before; from the beginning without.
   */
  page(limit: number, after = -1): AccountPage {
    const accounts: { account: string; properties: Properties }[] = [];
    let last = after;
    for (let at = this.#placeAfter(after); at < this.#list.length; at++) {
      const found = this.#list[at];
      if (typeof found === "number") continue;
      if (accounts.length === limit) return { accounts, next: last };
      accounts.push({ account: found.key, properties: found.properties });
      last = found.order;
    }
    return { accounts };
  }

  apply(record: LogRecord): void {
    const { event } = record;
    if (!this.#read.take(record)) return;
    if (event.type === "erase") this.#forget(eventKey(event));
    const described = descriptionIn(event);
    if (described?.kind !== "account") return;
    const { name: key, properties } = described;
    this.#forget(key);
    if (Object.keys(properties).length === 0) return;
    const one: Described = { key, properties, order: 0, place: this.#list.length };
    this.#byAccount.add(one);
    this.#list.push(one);
    this.#sizeBytes += sizeBytesOf(one);
    while (this.#sizeBytes > this.#bytesMax) this.#drop(this.#byAccount.oldest);
  }

  save(sink: SnapshotSink): void {
    const read = new ByteWriter();
    this.#read.save(read);
    sink.write("accounts", read.bytes());
    sink.writeParts("accounts.properties", this.#byAccount.parts());
  }

  restore(source: SnapshotSource): void {
    const read = new ByteReader(source.read("accounts"), "accounts");
    this.#read.restore(read);
    read.end();
    const reader = new ByteReader(source.read("accounts.properties"), "accounts.properties");
    this.#byAccount.restore(reader);
    reader.end();
    this.#list = [...this.#byAccount.values()];
    this.#sizeBytes = 0;
    for (const one of this.#byAccount.values()) this.#sizeBytes += sizeBytesOf(one);
    this.#closeGaps();
  }

  #forget(account: string): void {
    this.#drop(this.#byAccount.get(account));
  }

  #drop(one: Described | undefined): void {
    if (one === undefined) return;
    this.#byAccount.delete(one);
    this.#sizeBytes -= sizeBytesOf(one);
    this.#list[one.place] = one.order;
    if (this.#list.length > 2 * this.#byAccount.size) this.#closeGaps();
  }

  #closeGaps(): void {
    this.#list = this.#list.filter((one) => typeof one !== "number");
    for (const [place, one] of this.#list.entries()) (one as Described).place = place; // by the filter
  }

  /** The first place whose order is larger. */
  #placeAfter(order: number): number {
    let [low, high] = [0, this.#list.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (orderOf(this.#list[middle]) > order) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function orderOf(one: Described | number): number {
  return typeof one === "number" ? one : one.order;
}

/**
 * Of an entry in the map and the list, and of a property beside its text; a character counts as one of UTF-16. Measured
 * (Node 20): 228, 309 and 742 bytes an account of 1, 5 and 12 properties, of which this says 259, 441 and 1,005.
 */
const accountBytes = 200;
const propertyBytes = 32;

function sizeBytesOf({ key, properties }: Described): number {
  let bytes = accountBytes + key.length * 2;
  for (const name in properties) {
    const value = properties[name];
    bytes += propertyBytes + (typeof value === "string" ? value.length * 2 : 0);
  }
  return bytes;
}

function saveDescribed(writer: ByteWriter, { key, properties }: Described): void {
  writer.text(key);
  writer.u32(Object.keys(properties).length);
  writeProperties(writer, properties);
}

function restoreDescribed(reader: ByteReader): Described {
  const key = reader.text();
  const properties = Object.fromEntries(readProperties(reader, reader.u32()));
  return { key, properties, order: 0, place: 0 };
}
