/** One partition of a topic in memory, shared by the nodes of a test, whose faults come from a seed. */
import { setImmediate, setTimeout } from "node:timers/promises";
import { FoldbackError, Random } from "../core/index.ts";
import type {
  Fetched,
  ProducedRecord,
  Topic,
  TopicPartition,
  TopicRange,
  TopicRecord,
} from "../log/index.ts";

export interface TopicFaults {
  /** Probability that a produce fails and leaves nothing. */
  readonly failBefore?: number;
  /** Probability that a produce fails although its records are there. */
  readonly failAfter?: number;
  /** Probability that a fetch fails. */
  readonly failFetch?: number;
  /** A fetch gives at most so many records, from 1 on by the seed. Default 1,000. */
  readonly fetchCountMax?: number;
  /** Produce and fetch take up to so many turns of the event loop. */
  readonly delayTurnsMax?: number;
}

/** The retention has passed what is below `first`. */
export class SimulatedTopic {
  readonly records: TopicRecord[] = [];
  first = 0;
  /** The next offset. */
  next = 0;
  batchBytesMax = 8 * 1024 * 1024;
  id = "simulated";
  readonly #random: Random;
  readonly #faults: TopicFaults;
  /** Whether fetches are answered. */
  isReadable = true;
  #wake = new Set<() => void>();

  constructor(seed = 1, faults: TopicFaults = {}) {
    this.#random = new Random(seed);
    this.#faults = faults;
  }

  /** As Kafka does it: each record the next offset. */
  write(records: readonly Omit<TopicRecord, "offset">[]): number {
    const base = this.next;
    for (const record of records) this.records.push({ ...record, offset: this.next++ });
    for (const wake of this.#wake) wake();
    return base;
  }

  /** Offsets at which no record is: the ends of transactions, and what was aborted. */
  skip(count: number): void {
    this.next += count;
  }

  /** A node's connection to it. */
  open(): Topic {
    let isClosed = false;
    const check = (): void => {
      if (isClosed) throw new FoldbackError("CLOSED", "the connection is closed");
    };
    const partition: TopicPartition = {
      batchBytesMax: this.batchBytesMax,
      produce: async (records: readonly ProducedRecord[]) => {
        await this.#delay();
        check();
        if (this.#happens(this.#faults.failBefore))
          throw unavailable("failed on purpose, nothing kept");
        const base = this.write(
          records.map(({ value, time }) => ({ value: Buffer.from(value), time, isOurs: true })),
        );
        if (this.#happens(this.#faults.failAfter)) throw unavailable("failed on purpose, kept");
        return base;
      },
      fetch: async (from: number): Promise<Fetched> => {
        await this.#delay();
        check();
        if (from < this.first) throw new FoldbackError("DATA_CORRUPT", `${from} is gone`);
        if (!this.isReadable || this.#happens(this.#faults.failFetch))
          throw unavailable("a fetch failed on purpose");
        if (from >= this.next) await this.#change();
        check();
        if (!this.isReadable) throw unavailable("nothing is read on purpose");
        const countMax = 1 + this.#random.below(this.#faults.fetchCountMax ?? 1_000);
        const records = this.#from(from).slice(0, countMax);
        const last = records.at(-1);
        const isEnd = last === undefined || last === this.records.at(-1);
        return { records, nextOffset: isEnd ? this.next : last.offset + 1 };
      },
      range: async (): Promise<TopicRange> => {
        check();
        return { first: this.first, next: this.next };
      },
    };
    return {
      id: this.id,
      partition: () => partition,
      close: async () => {
        isClosed = true;
        for (const wake of this.#wake) wake();
      },
    };
  }

  #from(offset: number): TopicRecord[] {
    const begin = this.records.findLastIndex((record) => record.offset < offset) + 1;
    return this.records.slice(begin);
  }

  async #delay(): Promise<void> {
    const turns = this.#random.below((this.#faults.delayTurnsMax ?? 0) + 1);
    for (let turn = 0; turn < turns; turn++) await setImmediate();
  }

  #happens(probability = 0): boolean {
    return this.#random.uniform() < probability;
  }

  /** The next write, or half a second, as a broker waits. */
  async #change(): Promise<void> {
    const stop = new AbortController();
    const wake = (): void => stop.abort();
    this.#wake.add(wake);
    await setTimeout(500, undefined, { signal: stop.signal, ref: false }).catch(() => undefined);
    this.#wake.delete(wake);
  }
}

function unavailable(what: string): FoldbackError {
  return new FoldbackError("LOG_UNAVAILABLE", `the simulated topic: ${what}`);
}
