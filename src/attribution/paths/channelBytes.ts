import { withRoom } from "../../core/index.ts";

/**
 * Numbers of texts by their UTF-8 bytes, so that a name that was seen before is never made a string again.
 *
 * A hash table with open addressing; the bytes lie in one array, one name behind the other.
 */
export class ChannelBytes {
  readonly #numberOfText: (name: string) => number;
  #bytes = new Uint8Array(1024);
  #starts = new Uint32Array(64);
  #hashes = new Uint32Array(64);
  #numbers = new Int32Array(64);
  /** The place of a name + 1; 0: free. A power of two, at most half full. */
  #slots = new Int32Array(128);
  #count = 0;

  /** @param numberOfText asked once for each name. */
  constructor(numberOfText: (name: string) => number) {
    this.#numberOfText = numberOfText;
  }

  /** The number of the name from `from` to `to`. Throws a TypeError where it is no UTF-8. */
  numberOf(bytes: Uint8Array, from: number, to: number): number {
    let hash = to - from;
    for (let at = from; at < to; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193);
    hash = (hash ^ (hash >>> 15)) >>> 0;
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const place = this.#slots[slot] - 1;
      if (place < 0) break;
      if (this.#hashes[place] === hash && this.#isEqual(place, bytes, from, to)) {
        return this.#numbers[place];
      }
      slot = (slot + 1) & mask;
    }
    return this.#add(hash, slot, bytes, from, to);
  }

  #isEqual(place: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.#starts[place];
    const length = to - from;
    if (this.#starts[place + 1] - start !== length) return false;
    for (let at = 0; at < length; at++) {
      if (this.#bytes[start + at] !== bytes[from + at]) return false;
    }
    return true;
  }

  #add(hash: number, slot: number, bytes: Uint8Array, from: number, to: number): number {
    const number = this.#numberOfText(text.decode(bytes.subarray(from, to)));
    const place = this.#count++;
    const start = this.#starts[place];
    const end = start + to - from;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes.subarray(from, to), start);
    this.#starts = withRoom(this.#starts, place + 2);
    this.#starts[place + 1] = end;
    this.#hashes = withRoom(this.#hashes, place + 1);
    this.#hashes[place] = hash;
    this.#numbers = withRoom(this.#numbers, place + 1);
    this.#numbers[place] = number;
    this.#slots[slot] = place + 1;
    if (this.#count * 2 > this.#slots.length) this.#rehash();
    return number;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let place = 0; place < this.#count; place++) {
      let slot = this.#hashes[place] & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = place + 1;
    }
    this.#slots = slots;
  }
}

const text = new TextDecoder("utf-8", { fatal: true });
