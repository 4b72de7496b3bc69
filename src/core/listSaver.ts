import type { ByteWriter } from "./bytes.ts";
import { RecordSaver } from "./recordSaver.ts";

/** Saves a list that only grows, such as what a view keeps of each item, as it is at one moment: see `RecordSaver`. */
export class ListSaver {
  readonly #saver = new RecordSaver();
  readonly #encode: (writer: ByteWriter, number: number) => void;

  /** @param encode writes the record of that number as it is now, and which it is: they come in any order. */
  constructor(encode: (writer: ByteWriter, number: number) => void) {
    this.#encode = encode;
  }

  /** Before a record changes: a snapshot may still want it as it is. */
  keep(number: number): void {
    const writer = this.#saver.keep(number);
    if (writer !== undefined) this.#encode(writer, number);
  }

  /** The bytes of the moment of this call, for a snapshot's `writeParts`: the head, how many records there are, the records. */
  parts(head: ByteWriter, count: number): Iterable<Uint8Array> {
    head.u32(count);
    return this.#saver.parts({
      head,
      records: new Array(count).keys(),
      end: count,
      numberOf: (number) => number,
      encode: this.#encode,
    });
  }
}
