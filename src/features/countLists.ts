import { withRoom } from "../core/index.ts";

/** Of numbers and of counts, 64 KiB each; or one block, where that is larger. */
const slabPlaces = 16_384;
/** Places of the smallest block. */
const blockMin = 4;

/** Blocks of one size, in slabs that are never given up. */
interface BlockSize {
  /** Places of a block; the last is never in use. */
  readonly places: number;
  readonly perSlab: number;
  readonly slabs: Slab[];
  /** Blocks that lists have left. */
  readonly free: number[];
  /** Blocks that were ever handed out. */
  count: number;
}

interface Slab {
  readonly numbers: Int32Array;
  readonly counts: Float32Array;
}

/**
 * For each of many lists, numbers with counts, in the order in which they came: as blocks of a few large arrays, as
 * hundreds of thousands of small ones take the garbage collector longer than all else.
 *
 * ```
 * block   ┌ number │ number │ number │ number sought ┐   a list of 3: the place behind it, which every block has,
 * places  └   0        1        2          3         ┘   ends each search
 * ```
 *
 * A full list moves to a block of about twice the size. 8 bytes a place, 9 a list.
 */
export class CountLists {
  readonly #sizeMax: number;
  readonly #blockSizes: BlockSize[] = [];
  #sizes = new Int32Array(0);
  /** By list: which size of block, and which block of it. */
  #kinds = new Int32Array(0);
  #blocks = new Int32Array(0);
  /** Lists that there are. */
  length = 0;

  /** Of the list that was opened last: its entries are at the places from `from` to before `to`. */
  numbers: Int32Array = new Int32Array(0);
  counts: Float32Array = new Float32Array(0);
  from = 0;
  to = 0;

  /** @param sizeMax of a list; when full, the oldest of those with the smallest count gives way to a new number. */
  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
    for (let places = blockMin; ; places *= 2) {
      // The largest is as large as a list may become.
      const isLargest = places > sizeMax;
      const size = isLargest ? sizeMax + 1 : places;
      const perSlab = Math.max(1, Math.floor(slabPlaces / size));
      this.#blockSizes.push({ places: size, perSlab, slabs: [], free: [], count: 0 });
      if (isLargest) break;
    }
  }

  /** Makes sure that there are so many lists; new ones are empty. */
  makeRoom(length: number): void {
    if (length <= this.length) return;
    this.#sizes = withRoom(this.#sizes, length);
    this.#kinds = withRoom(this.#kinds, length);
    this.#blocks = withRoom(this.#blocks, length);
    this.length = length;
  }

  /** Points `numbers`, `counts`, `from` and `to` at the list, until the next call of anything. */
  open(list: number): void {
    const size = this.#sizes[list];
    if (size === 0) {
      this.from = this.to = 0;
      return;
    }
    const { places, perSlab, slabs } = this.#blockSizes[this.#kinds[list]];
    const block = this.#blocks[list];
    const slab = slabs[Math.floor(block / perSlab)];
    this.numbers = slab.numbers;
    this.counts = slab.counts;
    this.from = (block % perSlab) * places;
    this.to = this.from + size;
  }

  /** Its place among `numbers`, once the list is opened; -1 if it is not there. */
  placeOf(number: number): number {
    const { numbers, from, to } = this;
    if (from === to) return -1;
    numbers[to] = number;
    // The built-in search looks at several numbers at once.
    const place = numbers.indexOf(number, from);
    return place < to ? place : -1;
  }

  /** Counts the number in the list once more. O(size). */
  count(list: number, number: number): void {
    this.open(list);
    const place = this.placeOf(number);
    if (place >= 0) {
      this.counts[place]++;
      return;
    }
    if (this.to - this.from === this.#sizeMax) this.#drop(list, this.#smallest());
    this.#append(list, number, 1);
  }

  /** Makes an empty list what it was. */
  restore(list: number, numbers: Int32Array, counts: Float32Array): void {
    for (let i = 0; i < numbers.length; i++) this.#append(list, numbers[i], counts[i]);
  }

  #append(list: number, number: number, count: number): void {
    const size = this.#sizes[list];
    if (size === 0) {
      this.#kinds[list] = 0;
      this.#blocks[list] = this.#take(0);
    } else if (size + 1 === this.#blockSizes[this.#kinds[list]].places) this.#move(list);
    this.#sizes[list] = size + 1;
    this.open(list);
    this.numbers[this.to - 1] = number;
    this.counts[this.to - 1] = count;
  }

  /** To a block of the next size. */
  #move(list: number): void {
    this.open(list);
    const { numbers, counts, from, to } = this;
    const kind = this.#kinds[list];
    this.#blockSizes[kind].free.push(this.#blocks[list]);
    this.#kinds[list] = kind + 1;
    this.#blocks[list] = this.#take(kind + 1);
    this.open(list);
    this.numbers.set(numbers.subarray(from, to), this.from);
    this.counts.set(counts.subarray(from, to), this.from);
  }

  #take(kind: number): number {
    const blockSize = this.#blockSizes[kind];
    const { places, perSlab, slabs, free } = blockSize;
    const left = free.pop();
    if (left !== undefined) return left;
    if (blockSize.count === slabs.length * perSlab) {
      const length = places * perSlab;
      slabs.push({ numbers: new Int32Array(length), counts: new Float32Array(length) });
    }
    return blockSize.count++;
  }

  /** Keeps the order of coming. The list is opened. */
  #drop(list: number, place: number): void {
    this.numbers.copyWithin(place, place + 1, this.to);
    this.counts.copyWithin(place, place + 1, this.to);
    this.#sizes[list]--;
  }

  /** Of equal counts the oldest: else a newcomer would only ever drive out the newcomer before. The list is opened. */
  #smallest(): number {
    const { counts, from, to } = this;
    let smallest = from;
    // No count is below 1: the first such one is the one.
    for (let i = from + 1; i < to && counts[smallest] > 1; i++)
      if (counts[i] < counts[smallest]) smallest = i;
    return smallest;
  }
}
