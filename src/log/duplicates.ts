/**
 * Which events came before: the fingerprints of (source, type, id) of the last 48 h of log time.
 *
 * Idea: generations by log time, oldest first, each an open-addressing table with linear probing in one
 * typed array. What is too old goes away a generation at a time, so nothing is ever deleted from a table;
 * within a generation each entry has its own time, so the edge of the window is exact.
 *
 *   generations   [ 0 h – 12 h ) [ 12 h – 24 h ) [ 24 h – 36 h ) [ 36 h – 48 h ) [ 48 h – now ]
 *                   dropped once its newest entry is more than 48 h old
 *
 *   a slot, 20 bytes of u32:   w0  w1  w2  w3   stamp = log time − start of the generation + 1; 0: empty
 *   home slot of an entry:     floor(w0 × slots / 2^32), then the next ones
 *
 * Costs 27 to 40 bytes an id; a look-up probes up to 5 tables, so about as many cache misses.
 *
 * Two different ids count as one when all 128 bits are equal: with 6 million ids in the window the
 * chance that any two of them are is n² / 2^129 = 5 × 10^-26, as long as nobody builds them on purpose
 * (xxHash64 is no cryptographic hash; who does loses events of their own source).
 */
import { assert } from "../core/index.ts";

/** 6 million × 40 bytes = 229 MiB at the most. */
export const duplicateIdsMaxDefault = 6_000_000;

const slotWords = 5;
const slotCountMin = 1_024;
const loadMax = 0.75; // a miss then probes 8.5 slots on average, 3 cache lines (Knuth 6.4)
const growth = 1.5; // against 2: a third less memory in the worst case, right after growing
const generationsPerWindow = 4; // fewer are dropped later, more are probed longer
const removedStamp = 0xffff_ffff;

interface Generation {
  readonly startTime: number;
  newestTime: number;
  slots: Uint32Array;
  /** Slots that are not empty, removed entries included. */
  usedCount: number;
  idCount: number;
}

export class DuplicateWindow {
  readonly #windowMs: number;
  readonly #idCountMax: number;
  /** Oldest first. */
  #generations: Generation[] = [];
  #idCount = 0;
  #forgottenCount = 0;

  constructor(options: { windowMs: number; idCountMax: number }) {
    // A stamp has 32 bits, a generation a quarter of the window.
    assert(options.windowMs < generationsPerWindow * (removedStamp - 1), "stamps fit 32 bits");
    this.#windowMs = options.windowMs;
    this.#idCountMax = options.idCountMax;
  }

  /** Ids remembered now. */
  get idCount(): number {
    return this.#idCount;
  }

  /** Ids that were forgotten before their time because there were more than the limit. */
  get forgottenCount(): number {
    return this.#forgottenCount;
  }

  /**
   * Remembers the fingerprint, unless it came no more than the window before: then false.
   *
   * @param position where its 16 bytes stand in `bytes`.
   * @param logTime never less than that of an entry that is kept.
   */
  add(bytes: Buffer, position: number, logTime: number): boolean {
    const w0 = bytes.readUInt32LE(position);
    const w1 = bytes.readUInt32LE(position + 4);
    const w2 = bytes.readUInt32LE(position + 8);
    const w3 = bytes.readUInt32LE(position + 12);
    for (let i = this.#generations.length - 1; i >= 0; i--) {
      const generation = this.#generations[i];
      const slot = find(generation.slots, w0, w1, w2, w3);
      if (slot === -1) continue;
      const time = generation.startTime + generation.slots[slot + 4] - 1;
      if (logTime - time <= this.#windowMs) return false;
    }
    const generation = this.#generationFor(logTime);
    put(generation, w0, w1, w2, w3, logTime - generation.startTime + 1);
    generation.newestTime = logTime;
    this.#idCount++;
    return true;
  }

  /** Takes back an `add` that was true: the event did not make it to the disk. */
  remove(bytes: Buffer, position: number, logTime: number): void {
    const w0 = bytes.readUInt32LE(position);
    const w1 = bytes.readUInt32LE(position + 4);
    const w2 = bytes.readUInt32LE(position + 8);
    const w3 = bytes.readUInt32LE(position + 12);
    for (const generation of this.#generations) {
      const slot = find(generation.slots, w0, w1, w2, w3);
      if (slot === -1) continue;
      if (generation.startTime + generation.slots[slot + 4] - 1 !== logTime) continue;
      // The slot stays in use, so that the entries probed past it are still found.
      generation.slots[slot + 4] = removedStamp;
      generation.idCount--;
      this.#idCount--;
    }
    // One that began in the failed batch may begin later than what comes next.
    this.#generations = this.#generations.filter(({ idCount }) => idCount > 0);
  }

  /**
   * Lets go of what is too old, once log time has durably come this far. Not done by `add`: the event
   * it is asked about may be dropped or fail, and then log time has not passed.
   */
  expire(logTime: number): void {
    while (this.#generations.length > 0) {
      if (logTime - this.#generations[0].newestTime <= this.#windowMs) return;
      this.#idCount -= this.#dropOldest();
    }
  }

  #generationFor(logTime: number): Generation {
    if (this.#idCount >= this.#idCountMax) {
      const forgotten = this.#dropOldest();
      this.#idCount -= forgotten;
      this.#forgottenCount += forgotten;
    }
    const newest = this.#generations.at(-1);
    const idCountMax = Math.max(1, Math.floor(this.#idCountMax / generationsPerWindow));
    if (newest !== undefined && newest.idCount < idCountMax) {
      if (logTime - newest.startTime < this.#windowMs / generationsPerWindow) return newest;
    }
    const generation = {
      startTime: logTime,
      newestTime: logTime,
      slots: new Uint32Array(slotCountMin * slotWords),
      usedCount: 0,
      idCount: 0,
    };
    this.#generations.push(generation);
    return generation;
  }

  #dropOldest(): number {
    return this.#generations.shift()?.idCount ?? 0;
  }
}

/** Index of the slot's first word, or -1. */
function find(slots: Uint32Array, w0: number, w1: number, w2: number, w3: number): number {
  for (let slot = homeSlot(slots, w0); ; slot = nextSlot(slots, slot)) {
    const stamp = slots[slot + 4];
    if (stamp === 0) return -1;
    if (stamp === removedStamp) continue;
    if (slots[slot] !== w0 || slots[slot + 1] !== w1) continue;
    if (slots[slot + 2] === w2 && slots[slot + 3] === w3) return slot;
  }
}

function put(
  generation: Generation,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
  stamp: number,
): void {
  if (generation.usedCount + 1 > (generation.slots.length / slotWords) * loadMax) grow(generation);
  place(generation.slots, w0, w1, w2, w3, stamp);
  generation.usedCount++;
  generation.idCount++;
}

function grow(generation: Generation): void {
  const old = generation.slots;
  const slotCount = Math.ceil((old.length / slotWords) * growth);
  generation.slots = new Uint32Array(slotCount * slotWords);
  generation.usedCount = generation.idCount; // removed entries are left behind
  for (let slot = 0; slot < old.length; slot += slotWords) {
    const stamp = old[slot + 4];
    if (stamp === 0 || stamp === removedStamp) continue;
    place(generation.slots, old[slot], old[slot + 1], old[slot + 2], old[slot + 3], stamp);
  }
}

function place(
  slots: Uint32Array,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
  stamp: number,
): void {
  let slot = homeSlot(slots, w0);
  while (slots[slot + 4] !== 0) slot = nextSlot(slots, slot);
  slots[slot] = w0;
  slots[slot + 1] = w1;
  slots[slot + 2] = w2;
  slots[slot + 3] = w3;
  slots[slot + 4] = stamp;
}

function homeSlot(slots: Uint32Array, w0: number): number {
  const slotCount = slots.length / slotWords;
  return Math.floor((w0 * slotCount) / 0x1_0000_0000) * slotWords; // exact: below 2^53
}

function nextSlot(slots: Uint32Array, slot: number): number {
  return slot + slotWords === slots.length ? 0 : slot + slotWords;
}
