import { assert } from "./assert.ts";
import { type ByteReader, ByteWriter } from "./bytes.ts";
import { RecordSaver } from "./recordSaver.ts";

/** What an `OrderedMap` holds: an object that knows its key, and the number of its coming. */
export interface Ordered {
  readonly key: string;
  /** Given by the map: later is larger. */
  order: number;
}

/** How a value is written, but for its order, and read again. */
interface OrderedCodec<V extends Ordered> {
  readonly save: (writer: ByteWriter, value: V) => void;
  /** With any order: the map sets it. */
  readonly restore: (reader: ByteReader) => V;
}

/**
 * A map in the order of coming, whose oldest is at hand, and which is saved as of one moment while it goes
 * on. Before a value changes, its owner calls `keep`.
 *
 * The trap that it is for: a `Map` that is used as a queue leaves holes at its front, and whoever asks for its
 * first entry walks over all of them, tens of thousands at times. So one iterator stays where the oldest
 * is. O(1) each, amortised.
 */
export class OrderedMap<V extends Ordered> {
  readonly #codec: OrderedCodec<V>;
  readonly #saver = new RecordSaver();
  #values = new Map<string, V>();
  #nextOrder = 0;
  /** What it gives next is younger than the oldest; all that it has given before that is gone. */
  #younger = this.#values.values();
  #oldest: V | undefined;

  constructor(codec: OrderedCodec<V>) {
    this.#codec = codec;
  }

  get size(): number {
    return this.#values.size;
  }

  /** Whether `keep` has anything to do. */
  get isSaving(): boolean {
    return this.#saver.isSaving;
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  /** In their order. Do not change the map meanwhile. */
  values(): IterableIterator<V> {
    return this.#values.values();
  }

  /** Undefined where it is empty. */
  get oldest(): V | undefined {
    if (this.#oldest !== undefined || this.#values.size === 0) return this.#oldest;
    let next = this.#younger.next();
    if (next.done === true) {
      this.#younger = this.#values.values(); // what came after its end it does not give
      next = this.#younger.next();
    }
    this.#oldest = next.value;
    return this.#oldest;
  }

  /** Puts it at the end; its key is not there. */
  add(value: V): void {
    value.order = this.#nextOrder++;
    this.#values.set(value.key, value);
  }

  /** Puts it in the place of the one with its key, which is there. */
  replace(value: V): void {
    const before = this.#values.get(value.key);
    assert(before !== undefined, "there is one to replace");
    this.keep(before);
    value.order = before.order;
    this.#values.set(value.key, value);
    if (this.#oldest === before) this.#oldest = value;
  }

  /** Makes it the youngest. */
  renew(value: V): void {
    this.delete(value);
    this.add(value);
  }

  delete(value: V): void {
    this.keep(value);
    this.#values.delete(value.key);
    if (this.#oldest === value) this.#oldest = undefined;
  }

  /** Before it changes: a snapshot may still want it as it is. */
  keep(value: V): void {
    const writer = this.#saver.keep(value.order);
    if (writer !== undefined) this.#save(writer, value);
  }

  /** The bytes of this moment, for a snapshot's `writeParts`; records are in order while nothing changes. */
  parts(): Iterable<Uint8Array> {
    const head = new ByteWriter();
    head.f64(this.#nextOrder);
    head.u32(this.#values.size);
    return this.#saver.parts({
      head,
      records: this.#values.values(),
      end: this.#nextOrder,
      numberOf: ({ order }) => order,
      encode: (writer, value) => this.#save(writer, value),
    });
  }

  /** Becomes what `parts` gave. */
  restore(reader: ByteReader): void {
    this.#nextOrder = reader.f64();
    const values = Array.from({ length: reader.u32() }, () => {
      const order = reader.f64();
      const value = this.#codec.restore(reader);
      value.order = order;
      return value;
    });
    values.sort((a, b) => a.order - b.order);
    this.#values = new Map(values.map((value) => [value.key, value]));
    this.#younger = this.#values.values();
    this.#oldest = undefined;
  }

  #save(writer: ByteWriter, value: V): void {
    writer.f64(value.order);
    this.#codec.save(writer, value);
  }
}
