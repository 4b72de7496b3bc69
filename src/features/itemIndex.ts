import { ByteReader, ByteWriter, dayMs, hash64, ListSaver, withRoom } from "../core/index.ts";
import {
  type Event,
  type LogRecord,
  type Offsets,
  ReadOffsets,
  type SnapshotSink,
  type SnapshotSource,
  type View,
} from "../event/index.ts";
import { ItemIds } from "./itemIds.ts";

export interface ItemIndexOptions {
  readonly partitionCount: number;
  /** Items beyond this many are not indexed: nothing is learned of them, and none is recommended. */
  readonly itemsMax: number;
}

/** Seeds of the hashes from names to 64-bit ids; changing one renames every stored row. */
const itemIdSeed = 0x6974656dn; // "item"
const accountIdSeed = 0x61636374n; // "acct"

/** The 64-bit id that the embedding tables know an item by. */
export function itemIdOf(item: string): bigint {
  return hash64(item, itemIdSeed);
}

/** The same for an account, or an anonymous session. */
export function accountIdOf(account: string): bigint {
  return hash64(account, accountIdSeed);
}

/**
 * Every item of the stream under a small number, in order of first mention, with what the catalogue
 * says of it.
 *
 * An item is *seen* from the first event that somebody did with it; only then it can be recommended.
 * `item_set` alone makes it known, with its properties: `title`, `categories` (separated by `|`) and
 * `released` (a year, as 1999, or any number of years since 0).
 */
export class ItemIndex implements View {
  /** Items that somebody did something with, in order of the first time: the newest last. */
  readonly seen: number[] = [];
  readonly #options: ItemIndexOptions;
  readonly #read: ReadOffsets;
  #indexByName = new Map<string, number>();
  #names: string[] = [];
  #titles: string[] = [];
  #categories: number[][] = [];
  #indexByCategory = new Map<string, number>();
  #ids = new ItemIds();
  #firstTimes = new Float64Array(16);
  #released = new Float64Array(16);
  #shownCounts = new Float64Array(16);
  readonly #saver = new ListSaver((writer, item) => this.#saveItem(writer, item));

  constructor(options: ItemIndexOptions) {
    this.#options = options;
    this.#read = new ReadOffsets(options.partitionCount);
  }

  get offsets(): Offsets {
    return this.#read.next;
  }

  /** Items known, seen or not: indexes are 0 to count - 1. */
  get count(): number {
    return this.#names.length;
  }

  get categoryCount(): number {
    return this.#indexByCategory.size;
  }

  /** As `categoriesOf` has it; -1 if no item has it. */
  categoryNumber(name: string): number {
    return this.#indexByCategory.get(name) ?? -1;
  }

  /** -1 if it was never mentioned. */
  indexOf(name: string): number {
    return this.#indexByName.get(name) ?? -1;
  }

  /** Whether the item is indexed, or would be at its first mention; not past the limit of items. */
  canHold(name: string): boolean {
    return this.count < this.#options.itemsMax || this.#indexByName.has(name);
  }

  nameOf(index: number): string {
    return this.#names[index];
  }

  /** The catalogue's title, else "". */
  titleOf(index: number): string {
    return this.#titles[index];
  }

  categoriesOf(index: number): readonly number[] {
    return this.#categories[index];
  }

  /** Year of release; NaN where the catalogue has none. */
  releasedOf(index: number): number {
    return this.#released[index];
  }

  /**
   * How often it was shown: in lists that were served, and in impressions that name no request, of lists
   * that came from elsewhere.
   */
  shownCountOf(index: number): number {
    return this.#shownCounts[index];
  }

  /** -1 if no item has it. Of two items with one id (odds: see `hash64`), the first. */
  indexOfId(id: bigint): number {
    return this.#ids.find(id);
  }

  /** `indexOfId` of each: writes (ids,). */
  indexesOfIds(ids: BigUint64Array, indexes: Int32Array): void {
    this.#ids.findAll(ids, indexes);
  }

  idOf(index: number): bigint {
    return this.#ids.at(index);
  }

  /** `idOf` of each: writes (indexes,). */
  writeIds(ids: BigUint64Array, indexes: Int32Array): void {
    this.#ids.copyTo(ids, indexes);
  }

  /** Event time of the first thing that somebody did with it, epoch milliseconds; NaN if none did. */
  firstTimeOf(index: number): number {
    return this.#firstTimes[index];
  }

  isSeen(index: number): boolean {
    return index >= 0 && !Number.isNaN(this.#firstTimes[index]);
  }

  apply(record: LogRecord): void {
    const { event } = record;
    if (!this.#read.take(record)) return;
    if (event.list !== undefined)
      for (const { item } of event.list) this.#countShown(this.indexOf(item));
    if (event.item === undefined) return;
    const index = this.#intern(event.item);
    if (index < 0) return;
    if (event.type === "item_set") this.#describe(index, event);
    else if (!this.isSeen(index)) {
      this.#saver.keep(index);
      this.#firstTimes[index] = event.time;
      this.seen.push(index);
    }
    if (event.type === "impression" && event.request === undefined) this.#countShown(index);
  }

  save(sink: SnapshotSink): void {
    const head = new ByteWriter();
    this.#read.save(head);
    head.u32(this.#indexByCategory.size);
    for (const category of this.#indexByCategory.keys()) head.text(category);
    sink.writeParts("items", this.#saver.parts(head, this.count));
    sink.writeParts("items.seen", numberParts(this.seen, this.seen.length));
  }

  restore(source: SnapshotSource): void {
    const reader = new ByteReader(source.read("items"), "items");
    this.#read.restore(reader);
    this.#indexByCategory = new Map();
    const categoryCount = reader.u32();
    for (let index = 0; index < categoryCount; index++)
      this.#indexByCategory.set(reader.text(), index);
    const count = reader.u32();
    this.#names = new Array<string>(count).fill("");
    this.#titles = new Array<string>(count).fill("");
    this.#categories = Array.from({ length: count }, () => []);
    this.#firstTimes = new Float64Array(Math.max(16, count));
    this.#released = new Float64Array(Math.max(16, count));
    this.#shownCounts = new Float64Array(Math.max(16, count));
    for (let left = count; left > 0; left--) this.#restoreItem(reader);
    reader.end();
    this.#ids = new ItemIds();
    this.#indexByName = new Map();
    for (const [index, name] of this.#names.entries()) {
      this.#indexByName.set(name, index);
      this.#ids.push(itemIdOf(name));
    }
    this.seen.length = 0;
    const seen = new Uint32Array(source.read("items.seen").slice().buffer);
    for (const index of seen) this.seen.push(index);
  }

  #saveItem(writer: ByteWriter, index: number): void {
    writer.u32(index);
    writer.text(this.#names[index]);
    writer.text(this.#titles[index]);
    writer.u32s(this.#categories[index]);
    writer.f64(this.#firstTimes[index]);
    writer.f64(this.#released[index]);
    writer.f64(this.#shownCounts[index]);
  }

  #restoreItem(reader: ByteReader): void {
    const index = reader.u32();
    this.#names[index] = reader.text();
    this.#titles[index] = reader.text();
    this.#categories[index] = [...reader.array(Uint32Array)];
    this.#firstTimes[index] = reader.f64();
    this.#released[index] = reader.f64();
    this.#shownCounts[index] = reader.f64();
  }

  #countShown(index: number): void {
    if (index < 0) return;
    this.#saver.keep(index);
    this.#shownCounts[index]++;
  }

  #intern(name: string): number {
    const known = this.#indexByName.get(name);
    if (known !== undefined) return known;
    const index = this.count;
    if (index >= this.#options.itemsMax) return -1;
    this.#indexByName.set(name, index);
    this.#names.push(name);
    this.#titles.push("");
    this.#categories.push([]);
    this.#firstTimes = withRoom(this.#firstTimes, index + 1);
    this.#released = withRoom(this.#released, index + 1);
    this.#shownCounts = withRoom(this.#shownCounts, index + 1);
    this.#ids.push(itemIdOf(name));
    this.#firstTimes[index] = Number.NaN;
    this.#released[index] = Number.NaN;
    return index;
  }

  #describe(index: number, event: Event): void {
    this.#saver.keep(index);
    const { title, categories, released } = event.context ?? {};
    this.#titles[index] = title === undefined ? "" : String(title);
    this.#released[index] = released === undefined ? Number.NaN : Number(released);
    const names = categories === undefined ? [] : String(categories).split("|").filter(Boolean);
    this.#categories[index] = [...new Set(names)].slice(0, categoriesPerItemMax).map((name) => {
      const known = this.#indexByCategory.get(name);
      if (known !== undefined) return known;
      this.#indexByCategory.set(name, this.#indexByCategory.size);
      return this.#indexByCategory.size - 1;
    });
  }
}

/** The first `count` of a list that only grows, as u32, in parts. */
function* numberParts(list: readonly number[], count: number): Generator<Uint8Array> {
  for (let at = 0; at < count; at += numbersPerPart) {
    const part = Uint32Array.from(list.slice(at, Math.min(count, at + numbersPerPart)));
    yield new Uint8Array(part.buffer);
  }
}

const numbersPerPart = 16_384;

/** A film has 3, a record 5; a longer list is a mistake of the sender, and would slow every request. */
const categoriesPerItemMax = 16;

/** Years since 0 of a time, with fractions: the unit of `released`. */
export function yearsOf(timeMs: number): number {
  return 1970 + timeMs / (365.2425 * dayMs);
}
