/**
 * Little-endian bytes of snapshots: what `ByteWriter` wrote, `ByteReader` reads back in the same order.
 *
 * Arrays carry their length; reading past the end is `DATA_CORRUPT`, never garbage.
 */
import { FoldbackError } from "./errors.ts";

type NumberArray = Int32Array | Uint32Array | Float32Array | Float64Array | BigUint64Array;
type NumberArrayConstructor<T extends NumberArray> = {
  new (buffer: ArrayBuffer): T;
  readonly BYTES_PER_ELEMENT: number;
};

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  /** @param sizeBytes that it has room for without growing: who writes millions of bytes saves copies. */
  constructor(sizeBytes = 1024) {
    this.#bytes = new Uint8Array(sizeBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** Starts over, in the same memory. */
  clear(): void {
    this.#length = 0;
  }

  /** A whole number from 0 to 2^32 - 1. */
  u32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  f64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  text(value: string): void {
    // A UTF-16 unit takes at most 3 bytes of UTF-8.
    this.#reserve(4 + value.length * 3);
    const { written } = encoder.encodeInto(value, this.#bytes.subarray(this.#length + 4));
    this.#view.setUint32(this.#length, written, true);
    this.#length += 4 + written;
  }

  /** Bytes as they are, with their length. */
  block(bytes: Uint8Array): void {
    this.u32(bytes.length);
    this.raw(bytes);
  }

  /** Bytes as they are, without their length. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** As `block`, of bytes that stand in a text of as many characters below 256. */
  latin1(text: string): void {
    this.u32(text.length);
    this.#reserve(text.length);
    Buffer.from(this.#bytes.buffer).write(text, this.#length, "latin1");
    this.#length += text.length;
  }

  /** The first `length` numbers of the array, default all. */
  array(values: NumberArray, length = values.length): void {
    this.u32(length);
    const sizeBytes = length * values.BYTES_PER_ELEMENT;
    this.#reserve(sizeBytes);
    this.#bytes.set(new Uint8Array(values.buffer, values.byteOffset, sizeBytes), this.#length);
    this.#length += sizeBytes;
  }

  /** As `array` of a Uint32Array with these values. */
  u32s(values: readonly number[]): void {
    this.#reserve(4 + values.length * 4);
    this.#view.setUint32(this.#length, values.length, true);
    this.#length += 4;
    for (let i = 0; i < values.length; i++, this.#length += 4)
      this.#view.setUint32(this.#length, values[i], true);
  }

  /** The bytes so far; valid until the next write. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(sizeBytes: number): void {
    const needed = this.#length + sizeBytes;
    if (needed <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #name: string;
  #at = 0;

  /** @param name of the section, for the message when it ends too early. */
  constructor(bytes: Uint8Array, name: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#name = name;
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  text(): string {
    const length = this.u32();
    const at = this.#take(length);
    return decoder.decode(this.#bytes.subarray(at, at + length));
  }

  /** A copy of the bytes. */
  block(): Uint8Array {
    const length = this.u32();
    const at = this.#take(length);
    return this.#bytes.slice(at, at + length);
  }

  /** The bytes of a block as a text of as many characters below 256. */
  latin1(): string {
    const length = this.u32();
    const at = this.#take(length);
    const { buffer, byteOffset } = this.#bytes;
    return Buffer.from(buffer, byteOffset + at, length).toString("latin1");
  }

  /** A copy, so that its alignment and life do not hang on the snapshot's. */
  array<T extends NumberArray>(type: NumberArrayConstructor<T>): T {
    const sizeBytes = this.u32() * type.BYTES_PER_ELEMENT;
    const at = this.#take(sizeBytes);
    return new type(this.#bytes.slice(at, at + sizeBytes).buffer); // slice copies
  }

  /** Ends the reading: bytes left over mean that writer and reader disagree. */
  end(): void {
    if (this.#at !== this.#bytes.length)
      throw this.#corrupt(`${this.#bytes.length - this.#at} bytes too many`);
  }

  #take(sizeBytes: number): number {
    const at = this.#at;
    if (at + sizeBytes > this.#bytes.length) throw this.#corrupt("it ends too early");
    this.#at += sizeBytes;
    return at;
  }

  #corrupt(what: string): FoldbackError {
    return new FoldbackError(
      "DATA_CORRUPT",
      `snapshot section ${this.#name}: ${what}, at byte ${this.#at} of ${this.#bytes.length}; ` +
        "remove this snapshot, and the state is rebuilt from the log",
      { details: { section: this.#name } },
    );
  }
}
