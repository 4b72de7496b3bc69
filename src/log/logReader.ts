import { setImmediate } from "node:timers/promises";
import { assert } from "../core/index.ts";
import type { LogRecord, Offset, Offsets } from "../event/index.ts";
import { nodeFiles, type StorageFiles } from "../storage/index.ts";
import { decodeRecords, type RecordRange } from "./batch.ts";
import type { LogReader, ReadOptions } from "./log.ts";
import { type CheckedBatch, SegmentCursor } from "./segmentCursor.ts";
import type { SegmentPlace } from "./segmentFile.ts";
import { SegmentIndex } from "./segmentIndex.ts";
import { SharedHead, type SharedLog } from "./sharedHead.ts";

/** Enough that a step of the iteration costs nothing a record; 2 to 3 ms of decoding. */
const yieldRecordCount = 1_024;

/**
 * Reads an embedded log that another thread of this process writes: same records, same order, and a
 * following read goes on about 100 µs after the append was acknowledged.
 *
 * @param shared what the writer's `share()` gave, as it came through `postMessage` or `workerData`.
 * @example for await (const records of attachLogReader(workerData.log).readBatches(from, { follow: true })) …
 */
export function attachLogReader(shared: SharedLog, files: StorageFiles = nodeFiles): LogReader {
  const { directory, partitionCount } = shared;
  const place = { files, directory, partitionCount, index: new SegmentIndex() };
  return new SegmentReader(place, new SharedHead(shared.head));
}

/** Reads the segment files, up to what the shared head says is durable. */
export class SegmentReader implements LogReader {
  readonly partitionCount: number;
  readonly #place: SegmentPlace;
  readonly #head: SharedHead;

  constructor(place: SegmentPlace, head: SharedHead) {
    this.partitionCount = place.partitionCount;
    this.#place = place;
    this.#head = head;
  }

  heads(): Offsets {
    return this.#head.heads();
  }

  async *read(
    partition: number,
    from: Offset,
    options: ReadOptions = {},
  ): AsyncGenerator<LogRecord> {
    assert(partition >= 0 && partition < this.partitionCount, "the partition exists");
    const offsets = new Array<number>(this.partitionCount).fill(Infinity);
    offsets[partition] = from;
    yield* this.readAll(offsets, options);
  }

  async *readAll(from: Offsets, options: ReadOptions = {}): AsyncGenerator<LogRecord> {
    for await (const records of this.readBatches(from, options)) yield* records;
  }

  async *readBatches(
    from: Offsets,
    options: ReadOptions & Omit<RecordRange, "from"> = {},
  ): AsyncGenerator<readonly LogRecord[]> {
    assert(from.length === this.partitionCount, "one offset a partition");
    const { follow = false, signal, until = Infinity, wants } = options;
    const isAborted = (): boolean => signal?.aborted === true;
    const wanted = Float64Array.from(from);
    const range = { from: wanted, until, ...(wants && { wants }) };
    let head = this.#head.load();
    const endOffset = Math.min(until, follow ? Infinity : head.nextOffset);
    const startOffset = this.#firstUnread(wanted, head.nextOffset);
    const cursor = new SegmentCursor(this.#place);
    try {
      cursor.seek(startOffset, head);
      let records: LogRecord[] = [];
      while (!isAborted() && cursor.nextOffset < endOffset) {
        let batch: CheckedBatch | undefined;
        try {
          batch = cursor.take();
        } catch (error) {
          if (records.length > 0) yield records; // what stands before the damage is good
          throw error;
        }
        if (batch !== undefined) {
          for (const record of decodeRecords(batch.bytes, batch.header, range)) {
            if (records.push(record) < yieldRecordCount) continue;
            yield records;
            records = [];
            // Lets timers and requests of a busy thread through.
            await setImmediate();
          }
          continue;
        }
        // Before the read, so that nothing decoded waits for the disk.
        if (records.length > 0) {
          yield records;
          records = [];
        }
        if (await cursor.readOn(head)) continue;
        if (head.closed) return;
        await this.#head.changed(head.version, signal);
        head = this.#head.load();
      }
      if (records.length > 0 && !isAborted()) yield records;
    } finally {
      cursor.close();
    }
  }

  /** The smallest offset that is wanted and may be there; partitions that are read up are no matter. */
  #firstUnread(wanted: Float64Array, nextOffset: number): number {
    let first = nextOffset;
    this.#head.heads().forEach((head, partition) => {
      if (wanted[partition] < head) first = Math.min(first, wanted[partition]);
    });
    return first;
  }
}
