import { FoldbackError } from "../../core/index.ts";
import type { Offset } from "../../event/index.ts";
import { tooLarge } from "../refusals.ts";
import {
  batchOverheadBytes,
  type ProducedRecord,
  producedBytes,
  type TopicPartition,
} from "./topicPartition.ts";

interface WaitingCall {
  readonly records: readonly ProducedRecord[];
  readonly sizeBytes: number;
  readonly resolve: (base: Offset) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Appends calls to one partition in their order: what comes while a batch is under way goes together in the next, so
 * that a batch is as large as the brokers are slow. Each call is in one batch, whole.
 */
export class PartitionAppender {
  readonly #partition: TopicPartition;
  #waiting: WaitingCall[] = [];
  #flushing: Promise<void> | undefined;
  #end: FoldbackError | undefined;

  constructor(partition: TopicPartition) {
    this.#partition = partition;
  }

  /**
   * @returns the offset of the first of the records, which are acknowledged then.
   * @throws FoldbackError BATCH_TOO_LARGE; LOG_UNAVAILABLE: they are there, all of them, or not.
   */
  append(records: readonly ProducedRecord[]): Promise<Offset> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => {
      const sizeBytes = this.check(records);
      this.#waiting.push({ records, sizeBytes, resolve, reject });
      this.#flushing ??= this.#flush();
    });
  }

  /** Bytes of the records together. @throws FoldbackError BATCH_TOO_LARGE. */
  check(records: readonly ProducedRecord[]): number {
    const sizeBytes = records.reduce((sum, record) => sum + producedBytes(record), 0);
    const bytesMax = this.#partition.batchBytesMax - batchOverheadBytes;
    if (sizeBytes > bytesMax) throw tooLarge(`${sizeBytes} bytes`, bytesMax);
    return sizeBytes;
  }

  /** Until nothing waits any more. */
  async drain(): Promise<void> {
    await this.#flushing;
  }

  /** What waits is refused, and what comes. */
  stop(reason: FoldbackError): void {
    this.#end ??= reason;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#end);
  }

  async #flush(): Promise<void> {
    await Promise.resolve(); // the calls of one turn of the event loop go together
    while (this.#waiting.length > 0) await this.#produce(this.#takeBatch());
    this.#flushing = undefined;
  }

  #takeBatch(): WaitingCall[] {
    let count = 0;
    let sizeBytes = batchOverheadBytes;
    for (const call of this.#waiting) {
      sizeBytes += call.sizeBytes;
      if (count > 0 && sizeBytes > this.#partition.batchBytesMax) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #produce(calls: readonly WaitingCall[]): Promise<void> {
    try {
      let base = await this.#partition.produce(calls.flatMap(({ records }) => records));
      for (const { records, resolve } of calls) {
        resolve(base);
        base += records.length;
      }
    } catch (error) {
      // A call that fits might have been put together with others that together do not, by the broker's own count.
      if (error instanceof FoldbackError && error.code === "BATCH_TOO_LARGE" && calls.length > 1) {
        for (const call of calls) await this.#produce([call]);
        return;
      }
      for (const { reject } of calls) reject(error);
    }
  }
}
