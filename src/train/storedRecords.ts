import { ByteReader, ByteWriter, FoldbackError, hash32 } from "../core/index.ts";
import type { SnapshotSink, SnapshotSource } from "../event/index.ts";
import type { KeyValues } from "../storage/index.ts";

export interface StoredRecordsOptions {
  /** Records beyond are not taken. 1 to 2^28. */
  readonly countMax: number;
  /** A block is put into the store when it has so many bytes; default 32 KiB. */
  readonly blockBytes?: number;
}

/**
 * Small records that are put away in the order of time, and seldom asked for: hundreds to a value of the
 * key-value store, which takes a few large values in a tenth of the time that it takes for many small ones.
 *
 * ```
 * add ──► open block ──full, or another stretch of time──► store: `stretch number` ──► count u32 │ ends u32 … │ records
 *             │                                                        ▲
 * find: hash of the key ──► index: hash, block, at most half full ─────┘ then the record whose key it is
 * ```
 *
 * Memory: of each record its 32-bit hash in the list of its block, and 8 bytes in the index, 20 to 36 bytes in
 * all; the open block; and the blocks that were read last. Two keys with one hash cost a look, no more.
 *
 * The blocks are a function of what is added, and the index is saved with its owner's snapshot: what the store
 * has from beyond a snapshot is not in the index, and the replay puts it there again, byte for byte.
 */
export class StoredRecords {
  readonly #store: KeyValues | undefined;
  readonly #countMax: number;
  readonly #blockBytes: number;
  readonly #open = new ByteWriter();
  /** Of the open block. */
  #stretch = 0;
  #hashes: number[] = [];
  #ends: number[] = [];
  #number = 0;
  /** Closed, by ascending number; those before `#from` are forgotten. */
  #blocks: Block[] = [];
  #from = 0;
  #count = 0;
  /** Pairs of hash and block number + 1; 0 where there is none. */
  #index = new Uint32Array(slotsMin * 2);
  #used = 0;
  readonly #read = new Map<number, Uint8Array>();

  /** @param store without one, nothing is taken, and what a snapshot speaks of is not known. */
  constructor(
    store: KeyValues | undefined,
    { countMax, blockBytes = 32_768 }: StoredRecordsOptions,
  ) {
    this.#store = store;
    this.#countMax = countMax;
    this.#blockBytes = blockBytes;
  }

  /** Records that are not forgotten. */
  get count(): number {
    return this.#count;
  }

  /**
   * @param stretch of time; it never goes back.
   * @param write of the record, after its key.
   * @returns whether there was room.
   */
  add(stretch: number, key: string, write: (writer: ByteWriter) => void): boolean {
    if (this.#store === undefined || this.#count === this.#countMax) return false;
    if (stretch !== this.#stretch) this.#close();
    this.#stretch = stretch;
    const hash = hash32(key);
    this.#open.text(key);
    write(this.#open);
    this.#hashes.push(hash);
    this.#ends.push(this.#open.length);
    this.#count++;
    if ((this.#used + 1) * 4 > this.#index.length) this.#rebuild();
    else this.#note(hash, this.#number);
    if (this.#open.length >= this.#blockBytes) this.#close();
    return true;
  }

  /** The record that was added last under this key, to be read from behind the key; undefined where there is none. */
  find(key: string): ByteReader | undefined {
    const hash = hash32(key);
    const index = this.#index;
    const oldest = this.#blocks[this.#from]?.number ?? this.#number;
    let found: { readonly number: number; readonly reader: ByteReader } | undefined;
    for (let slot = slotOf(index, hash); index[slot + 1] !== 0; slot = after(index, slot)) {
      const number = index[slot + 1] - 1;
      if (index[slot] !== hash || number < oldest || (found && number <= found.number)) continue;
      const reader = this.#readerOf(number, hash, key);
      if (reader !== undefined) found = { number, reader };
    }
    return found?.reader;
  }

  /** Forgets the records of the stretches below this one. */
  forgetBelow(stretch: number): void {
    while (this.#from < this.#blocks.length && this.#blocks[this.#from].stretch < stretch) {
      this.#count -= this.#blocks[this.#from++].hashes.length;
    }
    if (this.#from < 64 || this.#from * 2 < this.#blocks.length) return;
    this.#blocks = this.#blocks.slice(this.#from);
    this.#from = 0;
  }

  save(sink: SnapshotSink, section: string): void {
    const head = new ByteWriter();
    const blocks = this.#blocks.slice(this.#from);
    head.f64(this.#number);
    head.f64(this.#stretch);
    head.u32s(this.#hashes);
    head.u32s(this.#ends);
    head.block(this.#open.bytes());
    head.u32(blocks.length);
    sink.writeParts(section, partsOf(head, blocks)); // a closed block does not change
  }

  restore(source: SnapshotSource, section: string): void {
    const reader = new ByteReader(source.read(section), section);
    this.#number = reader.f64();
    this.#stretch = reader.f64();
    this.#hashes = Array.from(reader.array(Uint32Array));
    this.#ends = Array.from(reader.array(Uint32Array));
    this.#open.clear();
    this.#open.raw(reader.block());
    this.#blocks = Array.from({ length: reader.u32() }, () => ({
      number: reader.f64(),
      stretch: reader.f64(),
      hashes: reader.array(Uint32Array),
    }));
    reader.end();
    this.#from = 0;
    if (this.#store === undefined) this.#blocks = [];
    this.#count = this.#blocks.reduce(
      (sum, { hashes }) => sum + hashes.length,
      this.#hashes.length,
    );
    this.#read.clear();
    this.#rebuild();
  }

  #close(): void {
    if (this.#hashes.length === 0) return;
    const block = new ByteWriter(this.#open.length + this.#ends.length * 4 + 4);
    block.u32s(this.#ends);
    block.raw(this.#open.bytes());
    this.#store?.put(keyOf(this.#stretch, this.#number), block.bytes());
    const hashes = Uint32Array.from(this.#hashes);
    this.#blocks.push({ number: this.#number, stretch: this.#stretch, hashes });
    this.#number++;
    this.#open.clear();
    this.#hashes = [];
    this.#ends = [];
  }

  /** The latest of the block's records with this key. */
  #readerOf(number: number, hash: number, key: string): ByteReader | undefined {
    const isOpen = number === this.#number;
    const block = isOpen ? undefined : this.#blockOf(number);
    const hashes: ArrayLike<number> = block?.hashes ?? this.#hashes;
    for (let i = hashes.length - 1; i >= 0; i--) {
      if (hashes[i] !== hash) continue;
      const reader =
        block === undefined
          ? recordIn(this.#open.bytes(), 0, i === 0 ? 0 : this.#ends[i - 1])
          : recordOf(this.#bytesOf(block), i);
      if (reader.text() === key) return reader;
    }
    return undefined;
  }

  #blockOf(number: number): Block {
    return this.#blocks[this.#from + number - this.#blocks[this.#from].number];
  }

  #bytesOf({ stretch, number }: Block): Uint8Array {
    const read = this.#read.get(number);
    if (read !== undefined) return read;
    const bytes = this.#store?.get(keyOf(stretch, number));
    if (bytes === undefined) {
      throw new FoldbackError(
        "DATA_CORRUPT",
        `the store of impressions has no block ${keyOf(stretch, number)}; ` +
          "put its directory back, or remove the snapshots, to learn from the whole log again",
      );
    }
    const [oldest] = this.#read.keys();
    if (this.#read.size === readMax) this.#read.delete(oldest);
    this.#read.set(number, bytes);
    return bytes;
  }

  #note(hash: number, number: number): void {
    const index = this.#index;
    let slot = slotOf(index, hash);
    while (index[slot + 1] !== 0) slot = after(index, slot);
    index[slot] = hash;
    index[slot + 1] = number + 1;
    this.#used++;
  }

  /** Without what is forgotten; a quarter full. */
  #rebuild(): void {
    this.#index = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(this.#count, slotsMin))) * 8);
    this.#used = 0;
    for (let i = this.#from; i < this.#blocks.length; i++) {
      const { number, hashes } = this.#blocks[i];
      for (const hash of hashes) this.#note(hash, number);
    }
    for (const hash of this.#hashes) this.#note(hash, this.#number);
  }
}

/** Below this key nothing is looked for any more by who has forgotten the stretches below this one. */
export function storedKeyAt(stretch: number): string {
  return stretch.toString().padStart(digits, "0");
}

/** In the store, and in the list of its records' hashes. */
interface Block {
  readonly number: number;
  readonly stretch: number;
  readonly hashes: Uint32Array;
}

const digits = 12;
const slotsMin = 256;
/** Windows end in the order of the blocks, and late actions lie anywhere. */
const readMax = 4;

function keyOf(stretch: number, number: number): string {
  return `${storedKeyAt(stretch)} ${number.toString().padStart(digits, "0")}`;
}

/** Where in the index the search for a hash begins. */
function slotOf(index: Uint32Array, hash: number): number {
  return Math.floor((hash * (index.length / 2)) / 0x1_0000_0000) * 2; // exact: below 2^53
}

function after(index: Uint32Array, slot: number): number {
  return slot + 2 === index.length ? 0 : slot + 2;
}

/** Record i of a block as the store has it. */
function recordOf(block: Uint8Array, i: number): ByteReader {
  const view = new DataView(block.buffer, block.byteOffset);
  const begin = 4 + view.getUint32(0, true) * 4;
  return recordIn(block, begin, i === 0 ? 0 : view.getUint32(i * 4, true));
}

function recordIn(bytes: Uint8Array, begin: number, at: number): ByteReader {
  return new ByteReader(bytes.subarray(begin + at), "a stored record");
}

function* partsOf(head: ByteWriter, blocks: readonly Block[]): Generator<Uint8Array> {
  const writer = new ByteWriter();
  yield head.bytes();
  for (const [i, { number, stretch, hashes }] of blocks.entries()) {
    writer.f64(number);
    writer.f64(stretch);
    writer.array(hashes);
    if (writer.length < partBytes && i + 1 < blocks.length) continue;
    yield writer.bytes();
    writer.clear();
  }
}

const partBytes = 65_536;
