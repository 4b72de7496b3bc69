/** Counts the people of many accounts on several threads; the answers come in the order of the accounts. */
import { Worker } from "node:worker_threads";
import type { CountedBatch, CounterModule, CountReply, CountRequest } from "./countProtocol.ts";
import type { AccountBatch } from "./readAccounts.ts";

/** Batches that a thread has: the one that it counts, and the next one, so that it never waits. */
const batchesPerWorker = 2;

export interface CountOptions {
  readonly counter: CounterModule;
  /** Threads, at least one. */
  readonly workers: number;
}

/**
 * Counts batch after batch. Memory is bounded: as many batches are under way as two for each thread, and as many again where one
 * that is slow keeps the answers of later ones waiting.
 *
 * @throws whatever a counter or the reading throws; the threads are ended in any case.
 */
export async function* countAccounts(
  batches: AsyncIterable<AccountBatch>,
  { counter, workers: workerCount }: CountOptions,
): AsyncGenerator<CountedBatch> {
  const pool = new WorkerPool(counter, workerCount);
  const waitingMax = workerCount * batchesPerWorker;
  const waiting: Promise<CountedBatch>[] = [];
  try {
    for await (const batch of batches) {
      waiting.push(pool.count(batch));
      // The oldest is awaited only when all threads have enough to do.
      while (waiting.length >= 2 * waitingMax)
        yield await (waiting.shift() as Promise<CountedBatch>);
      await pool.room();
    }
    for (const counted of waiting) yield await counted;
  } finally {
    await pool.close();
    // Those that nobody awaits any more failed with the pool.
    await Promise.allSettled(waiting);
  }
}

interface Asked {
  readonly resolve: (counted: CountedBatch) => void;
  readonly reject: (error: unknown) => void;
}

class WorkerPool {
  readonly #workers: { readonly worker: Worker; load: number }[];
  readonly #asked = new Map<number, Asked>();
  #sequence = 0;
  #failure: Error | undefined;
  #onRoom: (() => void) | undefined;

  constructor(counter: CounterModule, count: number) {
    this.#workers = Array.from({ length: count }, () => {
      const worker = new Worker(new URL("./countWorker.js", import.meta.url), {
        workerData: counter,
        // Flags of a program that was given as a text (`--input-type`) are not for threads, which are files.
        execArgv: [],
      });
      const member = { worker, load: 0 };
      worker.on("message", ({ sequence, counted }: CountReply) => {
        member.load--;
        this.#asked.get(sequence)?.resolve(counted);
        this.#asked.delete(sequence);
        this.#onRoom?.();
      });
      worker.on("error", (error) => this.#fail(error));
      return member;
    });
  }

  count({ accounts, buffers }: AccountBatch): Promise<CountedBatch> {
    const least = this.#workers.reduce((a, b) => (b.load < a.load ? b : a));
    least.load++;
    const sequence = this.#sequence++;
    const request: CountRequest = { sequence, accounts };
    const counted = new Promise<CountedBatch>((resolve, reject) => {
      this.#asked.set(sequence, { resolve, reject });
    });
    counted.catch(() => {}); // whoever awaits it is told; until then it is no unhandled one
    if (this.#failure !== undefined) this.#fail(this.#failure);
    else least.worker.postMessage(request, [...buffers]);
    return counted;
  }

  /** Resolves once a thread can take another batch, or one has failed. */
  async room(): Promise<void> {
    while (
      this.#failure === undefined &&
      this.#workers.every(({ load }) => load >= batchesPerWorker)
    ) {
      await new Promise<void>((resolve) => {
        this.#onRoom = resolve;
      });
      this.#onRoom = undefined;
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map(({ worker }) => worker.terminate()));
    this.#fail(new Error("the counting threads were ended"));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
    this.#onRoom?.();
  }
}
