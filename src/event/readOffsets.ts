import { assert, type ByteReader, type ByteWriter } from "../core/index.ts";
import type { LogRecord, Offset, Offsets } from "./view.ts";

/** How far a view has read, and the law that a record takes effect once. */
export class ReadOffsets {
  readonly #next: Float64Array;

  constructor(partitionCount: number) {
    this.#next = new Float64Array(partitionCount);
  }

  get next(): Offsets {
    return Array.from<Offset>(this.#next);
  }

  /** Whether the record is new, and then counts it as read. O(1). */
  take(record: LogRecord): boolean {
    assert(
      record.partition < this.#next.length,
      "a view is made for as many partitions as its log has",
    );
    if (record.offset < this.#next[record.partition]) return false;
    this.#next[record.partition] = record.offset + 1;
    return true;
  }

  save(writer: ByteWriter): void {
    writer.array(this.#next);
  }

  restore(reader: ByteReader): void {
    const next = reader.array(Float64Array);
    assert(next.length === this.#next.length, "a snapshot has as many partitions as its log");
    this.#next.set(next);
  }
}
