import { withRoom } from "../core/index.ts";

/**
 * The 64-bit ids of items by number, and numbers by id, without a BigInt for each: as BigInts are objects, and a request
 * asks for hundreds.
 *
 * Numbers are found by open addressing with linear probing in a table of twice as many places or more; ids are
 * hashes, so that their low bits say where to begin. 16 to 32 bytes an item.
 */
export class ItemIds {
  #ids = new BigUint64Array(16);
  /** The same memory as halves. */
  #halves = new Uint32Array(this.#ids.buffer);
  #count = 0;
  /** Numbers + 1; 0 is an empty place. A power of two of them. */
  #places = new Int32Array(64);

  at(item: number): bigint {
    return this.#ids[item];
  }

  /** Gives the id to the next number. Of two items with one id, the first is found. */
  push(id: bigint): void {
    const item = this.#count++;
    if (item >= this.#ids.length) {
      this.#ids = withRoom(this.#ids, item + 1);
      this.#halves = new Uint32Array(this.#ids.buffer);
    }
    this.#ids[item] = id;
    if (this.#count * 2 > this.#places.length) this.#grow();
    else this.#put(item);
  }

  /** -1 if no item has it. */
  find(id: bigint): number {
    one[0] = id;
    return this.#find(halvesOfOne[0], halvesOfOne[1]);
  }

  /** `find` of each: writes (ids,). */
  findAll(ids: BigUint64Array, items: Int32Array): void {
    const halves = new Uint32Array(ids.buffer, ids.byteOffset, ids.length * 2);
    for (let i = 0; i < ids.length; i++) items[i] = this.#find(halves[2 * i], halves[2 * i + 1]);
  }

  /** `at` of each: writes (items,). */
  copyTo(ids: BigUint64Array, items: Int32Array): void {
    const halves = new Uint32Array(ids.buffer, ids.byteOffset, items.length * 2);
    for (let i = 0; i < items.length; i++) {
      halves[2 * i] = this.#halves[2 * items[i]];
      halves[2 * i + 1] = this.#halves[2 * items[i] + 1];
    }
  }

  #find(first: number, second: number): number {
    const mask = this.#places.length - 1;
    for (let place = first & mask; ; place = (place + 1) & mask) {
      const item = this.#places[place] - 1;
      if (item < 0) return -1;
      if (this.#halves[2 * item] === first && this.#halves[2 * item + 1] === second) return item;
    }
  }

  #put(item: number): void {
    const mask = this.#places.length - 1;
    const first = this.#halves[2 * item];
    const second = this.#halves[2 * item + 1];
    let place = first & mask;
    for (; this.#places[place] !== 0; place = (place + 1) & mask) {
      const other = this.#places[place] - 1;
      if (this.#halves[2 * other] === first && this.#halves[2 * other + 1] === second) return;
    }
    this.#places[place] = item + 1;
  }

  #grow(): void {
    this.#places = new Int32Array(this.#places.length * 2);
    for (let item = 0; item < this.#count; item++) this.#put(item);
  }
}

const one = new BigUint64Array(1);
const halvesOfOne = new Uint32Array(one.buffer);
