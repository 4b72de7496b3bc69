/** The values of one column of one account, and the codes that they become. */
import { compareUtf8 } from "../../core/index.ts";
import type { ChunkColumn } from "../../event/index.ts";

/** The cells of a column in a chunk: a hash of 53 bits, -1 where the cell is missing, and the text behind it. */
export interface CellColumn {
  readonly hashes: ChunkColumn;
  readonly texts: ChunkColumn;
}

/** Room for twice the values that a column of an account usually has. A power of two, as all sizes of the table are. */
const smallTable = 64;

/** Kept for the next account as it is, up to this size: clearing it takes as long as making a new one of half the size. */
const largeTable = 8192;

/** Hashes of 53 bits to slots, numbers from 0 in the order of first mention. Open addressing; O(1), allocates when it grows. */
export class HashSlots {
  #keys = new Float64Array(smallTable);
  /** Slot + 1; 0 is free. */
  #slots = new Int32Array(smallTable);
  #count = 0;

  /** How many slots there are. */
  get count(): number {
    return this.#count;
  }

  /** -1 where the hash is new. */
  find(hash: number): number {
    return this.#slots[this.#place(hash)] - 1;
  }

  /** Gives a new hash a slot; several hashes may have one. */
  set(hash: number, slot: number): void {
    if ((this.#count + 1) * 2 > this.#keys.length) this.#grow();
    const place = this.#place(hash);
    this.#keys[place] = hash;
    this.#slots[place] = slot + 1;
    this.#count++;
  }

  /** The hash's slot, a new one where it is new. */
  take(hash: number): number {
    const found = this.find(hash);
    if (found >= 0) return found;
    this.set(hash, this.#count);
    return this.#count - 1;
  }

  clear(): void {
    if (this.#slots.length > largeTable) {
      // One large account must not make clearing dear for all that follow.
      this.#keys = new Float64Array(smallTable);
      this.#slots = new Int32Array(smallTable);
    } else this.#slots.fill(0);
    this.#count = 0;
  }

  #place(hash: number): number {
    const mask = this.#keys.length - 1;
    let place = (hash / 2_097_152) & mask; // the upper 32 of the 53 bits: as good as any
    while (this.#slots[place] !== 0 && this.#keys[place] !== hash) place = (place + 1) & mask;
    return place;
  }

  #grow(): void {
    const [keys, slots] = [this.#keys, this.#slots];
    this.#keys = new Float64Array(keys.length * 2);
    this.#slots = new Int32Array(keys.length * 2);
    for (let i = 0; i < slots.length; i++) {
      if (slots[i] === 0) continue;
      const place = this.#place(keys[i]);
      this.#keys[place] = keys[i];
      this.#slots[place] = slots[i];
    }
  }
}

/** Codes by slot, 0 for those that are not used, and the texts that the codes stand for. */
export interface Coded {
  readonly codeOfSlot: Int32Array;
  readonly names: readonly string[];
}

/** Texts, each read once an account: other cells with the same hash are known by it. Slot -1 is missing. */
export class Vocabulary {
  readonly #byHash = new HashSlots();
  readonly #byText = new Map<string, number>();
  readonly #texts: string[] = [];
  readonly #normalise: (text: string) => string;

  /** @param normalise what a cell means; texts that mean the same are one. */
  constructor(normalise: (text: string) => string = (text) => text) {
    this.#normalise = normalise;
  }

  slotOfCell({ hashes, texts }: CellColumn, row: number): number {
    const hash = hashes.getItem(row) as number; // a DOUBLE that is never NULL
    if (hash < 0) return -1;
    const found = this.#byHash.find(hash);
    if (found >= 0) return found;
    const slot = this.slotOfText(this.#normalise(texts.getItem(row) as string)); // a VARCHAR, as there is a hash
    this.#byHash.set(hash, slot);
    return slot;
  }

  slotOfText(text: string): number {
    let slot = this.#byText.get(text);
    if (slot === undefined) {
      slot = this.#texts.push(text) - 1;
      this.#byText.set(text, slot);
    }
    return slot;
  }

  textOf(slot: number): string | undefined {
    return slot < 0 ? undefined : this.#texts[slot];
  }

  /** Codes from 1 in the order of UTF-8 bytes. @param isUsed by slot. */
  coded(isUsed: Uint8Array): Coded {
    const names = this.#texts.filter((_, slot) => isUsed[slot] === 1).sort(compareUtf8);
    const codeOfSlot = new Int32Array(this.#texts.length);
    for (const [index, name] of names.entries()) {
      codeOfSlot[this.#byText.get(name) ?? -1] = index + 1;
    }
    return { codeOfSlot, names };
  }

  /** How many slots there are. */
  get count(): number {
    return this.#texts.length;
  }

  clear(): void {
    if (this.#byHash.count > 0) this.#byHash.clear();
    this.#byText.clear();
    this.#texts.length = 0;
  }
}
