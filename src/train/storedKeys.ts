import { assert, ByteReader, ByteWriter, hash32 } from "../core/index.ts";
import type { SnapshotSink, SnapshotSource } from "../event/index.ts";

/**
 * Which keys may be in the key-value store, by stretch of time: so that it is asked for those alone. Most
 * impressions are new, and asking the store for one takes longer than learning from it.
 *
 * A stretch is a set of 32-bit hashes in an open-addressing table of u32 (0 is empty), at most half full: 8
 * to 16 bytes a key. Two keys with one hash cost a look into the store, no more. Beyond `keysMax` a
 * stretch keeps no hashes, and everything may be there.
 *
 * It grows with the log and is saved with the view: what the store has from beyond a snapshot, the replay puts
 * there again.
 */
export class StoredKeys {
  readonly #keysMax: number;
  #stretches = new Map<number, Stretch>();

  /** @param keysMax of a stretch. */
  constructor(keysMax: number) {
    this.#keysMax = keysMax;
  }

  add(stretch: number, key: string): void {
    let known = this.#stretches.get(stretch);
    if (known === undefined) {
      known = { slots: new Uint32Array(slotsMin), count: 0 };
      this.#stretches.set(stretch, known);
    }
    if (known.slots.length === 0) return;
    if (known.count === this.#keysMax) {
      known.slots = new Uint32Array(0);
      return;
    }
    if ((known.count + 1) * 2 > known.slots.length) grow(known);
    if (put(known.slots, hashOf(key))) known.count++;
  }

  /** False only where it was not added. */
  mayHave(stretch: number, key: string): boolean {
    const known = this.#stretches.get(stretch);
    if (known === undefined) return false;
    const { slots } = known;
    if (slots.length === 0) return true;
    const hash = hashOf(key);
    return slots[slotOf(slots, hash)] === hash;
  }

  /** Forgets the stretches below this one. */
  forgetBelow(stretch: number): void {
    for (const old of this.#stretches.keys()) if (old < stretch) this.#stretches.delete(old);
  }

  save(sink: SnapshotSink, section: string): void {
    const head = new ByteWriter();
    head.u32(this.#stretches.size);
    const tables: Uint8Array[] = [];
    const newest = Math.max(...this.#stretches.keys());
    for (const [stretch, { slots, count }] of this.#stretches) {
      head.f64(stretch);
      head.f64(count);
      head.u32(slots.length);
      // Keys come in the order of time: what is older than the newest stays as it is.
      const kept = stretch === newest ? slots.slice() : slots;
      tables.push(new Uint8Array(kept.buffer));
    }
    sink.writeParts(section, partsOf([head.bytes(), ...tables]));
  }

  restore(source: SnapshotSource, section: string): void {
    const bytes = source.read(section);
    const reader = new ByteReader(bytes, section);
    const stretches = Array.from({ length: reader.u32() }, () => {
      return { stretch: reader.f64(), count: reader.f64(), slotCount: reader.u32() };
    });
    this.#stretches = new Map();
    let at = 4 + stretches.length * 20;
    for (const { stretch, count, slotCount } of stretches) {
      const slots = new Uint32Array(bytes.slice(at, at + slotCount * 4).buffer);
      assert(slots.length === slotCount, "a table of hashes is there whole");
      this.#stretches.set(stretch, { slots, count });
      at += slotCount * 4;
    }
  }
}

interface Stretch {
  /** Empty: it had too many keys, and any may be there. */
  slots: Uint32Array;
  count: number;
}

const slotsMin = 1024;
/** Parts of a snapshot: what its writer copies at a time. */
const partBytes = 262_144;

/** Never 0, which is an empty slot. */
function hashOf(key: string): number {
  return hash32(key) || 1;
}

/** Where the hash is, or would be. */
function slotOf(slots: Uint32Array, hash: number): number {
  let slot = Math.floor((hash * slots.length) / 0x1_0000_0000); // exact: below 2^53
  while (slots[slot] !== 0 && slots[slot] !== hash) slot = slot + 1 === slots.length ? 0 : slot + 1;
  return slot;
}

/** Whether it was new. */
function put(slots: Uint32Array, hash: number): boolean {
  const slot = slotOf(slots, hash);
  if (slots[slot] === hash) return false;
  slots[slot] = hash;
  return true;
}

function grow(stretch: Stretch): void {
  const larger = new Uint32Array(stretch.slots.length * 2);
  for (const hash of stretch.slots) if (hash !== 0) put(larger, hash);
  stretch.slots = larger;
}

function* partsOf(arrays: readonly Uint8Array[]): Generator<Uint8Array> {
  for (const bytes of arrays)
    for (let at = 0; at < bytes.length; at += partBytes) yield bytes.subarray(at, at + partBytes);
}
