const slotCountMin = 1024;
const loadMax = 0.7; // a miss then probes 6 slots on average (Knuth 6.4)

/**
 * Which fingerprints came before, by their first 64 bits: for whole logs, where there is no window to forget
 * what is older than (`DuplicateWindow`).
 *
 * Open addressing with linear probing; a slot is two u32, the second 0 where it is empty. 12 to 24 bytes a
 * fingerprint. A new one is taken for one of n that came before with odds of n / 2^64.
 */
export class FingerprintSet {
  #slots = new Uint32Array(2 * slotCountMin);
  #count = 0;

  get size(): number {
    return this.#count;
  }

  /** @param position where the fingerprint stands in `bytes`. @returns false where it came before. */
  add(bytes: Buffer, position: number): boolean {
    const low = bytes.readUInt32LE(position);
    const high = bytes.readUInt32LE(position + 4) || 1;
    const at = find(this.#slots, low, high);
    if (this.#slots[at + 1] !== 0) return false;
    this.#slots[at] = low;
    this.#slots[at + 1] = high;
    if (++this.#count > (this.#slots.length / 2) * loadMax) this.#grow();
    return true;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(2 * old.length);
    for (let from = 0; from < old.length; from += 2) {
      if (old[from + 1] === 0) continue;
      const at = find(this.#slots, old[from], old[from + 1]);
      this.#slots[at] = old[from];
      this.#slots[at + 1] = old[from + 1];
    }
  }
}

/** Where it stands, or the empty place where it would. */
function find(slots: Uint32Array, low: number, high: number): number {
  const slotCount = slots.length / 2;
  // The slots are a power of two, so this is `low` without its last bits: exact, also beyond 2^53.
  let slot = Math.floor((low / 0x1_0000_0000) * slotCount);
  for (;;) {
    const at = 2 * slot;
    if (slots[at + 1] === 0 || (slots[at] === low && slots[at + 1] === high)) return at;
    slot = slot + 1 === slotCount ? 0 : slot + 1;
  }
}
