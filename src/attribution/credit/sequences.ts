import { withRoom } from "../../core/index.ts";

/**
 * Numbers lists of whole numbers in the order in which they came: equal lists have one number.
 *
 * The lists lie in one array, one behind the other; a hash table with open addressing holds their numbers. O(length) a list.
 */
export class Sequences {
  #values = new Int32Array(1024);
  #starts = new Uint32Array(256);
  #hashes = new Uint32Array(256);
  /** The number + 1; 0: free. A power of two, at most half full. */
  #slots = new Int32Array(512);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** All lists, one behind the other; number n is from starts[n] to starts[n + 1]. Good until one is added. */
  get values(): Int32Array {
    return this.#values;
  }

  get starts(): Uint32Array {
    return this.#starts;
  }

  /** The number of `values` from `from` to `to`; a new one where they were not known. */
  numberOf(values: Int32Array, from: number, to: number): number {
    const hash = hashOf(values, from, to);
    const slot = this.#slotOf(hash, values, from, to);
    const number = this.#slots[slot] - 1;
    return number >= 0 ? number : this.#add(hash, slot, values, from, to);
  }

  /** The number of `values` from `from` to `to`; −1 where they are not known. */
  find(values: Int32Array, from: number, to: number): number {
    return this.#slots[this.#slotOf(hashOf(values, from, to), values, from, to)] - 1;
  }

  /** Where the list is, or would be. */
  #slotOf(hash: number, values: Int32Array, from: number, to: number): number {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const number = this.#slots[slot] - 1;
      if (number < 0) return slot;
      if (this.#hashes[number] === hash && this.#isEqual(number, values, from, to)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #isEqual(number: number, values: Int32Array, from: number, to: number): boolean {
    const start = this.#starts[number];
    const length = to - from;
    if (this.#starts[number + 1] - start !== length) return false;
    for (let at = 0; at < length; at++) {
      if (this.#values[start + at] !== values[from + at]) return false;
    }
    return true;
  }

  #add(hash: number, slot: number, values: Int32Array, from: number, to: number): number {
    const number = this.#count++;
    const start = this.#starts[number];
    const end = start + to - from;
    this.#values = withRoom(this.#values, end);
    for (let at = from; at < to; at++) this.#values[start + at - from] = values[at];
    this.#starts = withRoom(this.#starts, number + 2);
    this.#starts[number + 1] = end;
    this.#hashes = withRoom(this.#hashes, number + 1);
    this.#hashes[number] = hash;
    this.#slots[slot] = number + 1;
    if (this.#count * 2 > this.#slots.length) this.#rehash();
    return number;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let number = 0; number < this.#count; number++) {
      let slot = this.#hashes[number] & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = number + 1;
    }
    this.#slots = slots;
  }
}

function hashOf(values: Int32Array, from: number, to: number): number {
  let hash = 0x811c9dc5 ^ (to - from);
  for (let at = from; at < to; at++) {
    hash = Math.imul(hash ^ values[at], 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash >>> 0;
}
