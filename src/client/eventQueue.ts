/** Events on their way: batched, in order, one batch at a time. */
import type { Refusal } from "../contract/index.ts";
import { FoldbackClientError } from "./errors.ts";

export interface EventQueueOptions {
  /** Events of a batch at most. */
  readonly eventsMax: number;
  /** Of a batch's body, UTF-8. */
  readonly bytesMax: number;
  /** How long an event waits for others at most, while no batch is under way. */
  readonly delayMs: number;
  /** Events that are not acknowledged yet at most: waiting, and under way. */
  readonly queueEventsMax: number;
  /** The same in bytes of JSON. */
  readonly queueBytesMax: number;
}

export interface Acknowledgement {
  readonly status: number;
  readonly requestId: string;
  /** By index in the batch; all others are on disk. */
  readonly refused: readonly Refusal[];
}

/** Sends a body of JSON; tries again as it sees fit. */
export type SendBatch = (body: string, signal: AbortSignal) => Promise<Acknowledgement>;

interface Waiting {
  /** Place among all that were ever added. */
  readonly number: number;
  readonly json: string;
  readonly sizeBytes: number;
  readonly addedAt: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

type BatchLimits = Pick<EventQueueOptions, "eventsMax" | "bytesMax">;

/**
 * Gathers events until there are enough of them, or the first has waited long enough, and sends them. The next batch
 * waits for the one before: so events arrive in the order they were added, and what comes meanwhile makes larger
 * batches of a slow service. Each event is settled for itself: acknowledged, refused, or failed with its batch.
 *
 * A batch that the service finds too large is sent in parts, and the batches after it are as the service says.
 */
export class EventQueue {
  readonly #options: EventQueueOptions;
  readonly #send: SendBatch;
  readonly #encoder = new TextEncoder();
  readonly #cancel = new AbortController();
  #limits: BatchLimits;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** Of the batch under way. */
  #sent: readonly Waiting[] = [];
  #sentBytes = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #addedCount = 0;
  /** Events before it wait for no others. */
  #urgentBefore = 0;
  #flushes: { readonly before: number; readonly resolve: () => void }[] = [];
  #closing: Promise<void> | undefined;

  constructor(options: EventQueueOptions, send: SendBatch) {
    this.#options = options;
    this.#limits = { eventsMax: options.eventsMax, bytesMax: options.bytesMax };
    this.#send = send;
  }

  /**
   * Resolves when the service has acknowledged the event.
   *
   * @param json must have an `id`, as it may be sent twice.
   * @throws FoldbackClientError QUEUE_FULL, CLIENT_CLOSED: it was not taken; EVENT_INVALID: refused by the service, which
   *   took the others of the batch; else what the batch failed of.
   */
  add(json: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closing !== undefined) throw closed();
      const sizeBytes = this.#encoder.encode(json).length;
      this.#checkRoom(sizeBytes);
      const number = this.#addedCount++;
      const addedAt = performance.now();
      this.#waiting.push({ number, json, sizeBytes, addedAt, resolve, reject });
      this.#waitingBytes += sizeBytes;
      this.#schedule();
    });
  }

  /** Sends what waits now without waiting for more. Resolves when all of it is settled, well or not. */
  flush(): Promise<void> {
    const before = this.#addedCount;
    if (this.#waiting.length + this.#sent.length === 0) return Promise.resolve();
    this.#urgentBefore = before;
    return new Promise((resolve) => {
      this.#flushes.push({ before, resolve });
      this.#schedule();
    });
  }

  /**
   * Takes no more, and sends what waits. Resolves when all of it is settled: after `timeoutMs` what is not acknowledged
   * fails with CLIENT_CLOSED, and the request under way is cancelled. Twice is once.
   */
  close(timeoutMs: number): Promise<void> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  async #close(timeoutMs: number): Promise<void> {
    const timer = setTimeout(() => this.#cancel.abort(closed()), timeoutMs);
    await this.flush();
    clearTimeout(timer);
  }

  #checkRoom(sizeBytes: number): void {
    const { queueEventsMax, queueBytesMax } = this.#options;
    const count = this.#waiting.length + this.#sent.length;
    const bytes = this.#waitingBytes + this.#sentBytes + sizeBytes;
    if (count < queueEventsMax && bytes <= queueBytesMax) return;
    throw new FoldbackClientError(
      "QUEUE_FULL",
      `${count} events wait to be acknowledged, ${bytes} bytes with this one; allowed: ${queueEventsMax} and ` +
        `${queueBytesMax}. It was not taken: track it later`,
      { details: { queueEventsMax, queueBytesMax } },
    );
  }

  #schedule(): void {
    if (this.#sent.length > 0 || this.#waiting.length === 0) return;
    const [first] = this.#waiting;
    const { eventsMax, bytesMax } = this.#limits;
    const leftMs = first.addedAt + this.#options.delayMs - performance.now();
    const isDue =
      leftMs <= 0 ||
      first.number < this.#urgentBefore ||
      this.#waiting.length >= eventsMax ||
      this.#waitingBytes + this.#waiting.length >= bytesMax;
    if (!isDue) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#schedule();
      }, leftMs);
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
    void this.#sendNext();
  }

  /** Fails for no reason: what goes wrong is told to the events. */
  async #sendNext(): Promise<void> {
    const count = lengthOfBatch(this.#waiting, this.#limits);
    this.#sent = this.#waiting.splice(0, count);
    this.#sentBytes = sizeOf(this.#sent);
    this.#waitingBytes -= this.#sentBytes;
    await this.#deliver(this.#sent);
    const settledBefore = this.#sent[count - 1].number + 1;
    this.#sent = [];
    this.#sentBytes = 0;
    for (const { before, resolve } of this.#flushes) if (before <= settledBefore) resolve();
    this.#flushes = this.#flushes.filter(({ before }) => before > settledBefore);
    this.#schedule();
  }

  async #deliver(batch: readonly Waiting[]): Promise<void> {
    try {
      const body = `[${batch.map(({ json }) => json).join(",")}]`;
      const { refused, ...reply } = await this.#send(body, this.#cancel.signal);
      const refusals = new Map(refused.map((refusal) => [refusal.index, refusal]));
      for (const [index, { resolve, reject }] of batch.entries()) {
        const refusal = refusals.get(index);
        if (refusal === undefined) resolve();
        else reject(refusedAs(refusal, reply));
      }
    } catch (error) {
      const isTooLarge = error instanceof FoldbackClientError && error.code === "BATCH_TOO_LARGE";
      if (isTooLarge && batch.length > 1) await this.#deliverInParts(batch, error.details);
      else for (const { reject } of batch) reject(error);
    }
  }

  /** Parts of what the service says that it takes; halves, where it does not say or it is not that. */
  async #deliverInParts(
    batch: readonly Waiting[],
    { batchEventsMax, bodyBytesMax }: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const { eventsMax, bytesMax } = this.#limits;
    this.#limits = {
      eventsMax: Math.min(eventsMax, positive(batchEventsMax) ?? eventsMax),
      bytesMax: Math.min(bytesMax, positive(bodyBytesMax) ?? bytesMax),
    };
    const half = Math.ceil(batch.length / 2);
    const isAllowed = lengthOfBatch(batch, this.#limits) === batch.length;
    const limits = isAllowed ? { ...this.#limits, eventsMax: half } : this.#limits;
    for (let start = 0; start < batch.length; ) {
      const rest = batch.slice(start);
      const count = lengthOfBatch(rest, limits);
      await this.#deliver(rest.slice(0, count));
      start += count;
    }
  }
}

/** How many of the first make a batch: at least one. */
function lengthOfBatch(events: readonly Waiting[], { eventsMax, bytesMax }: BatchLimits): number {
  let bodyBytes = 1; // brackets, and a comma between two
  let count = 0;
  for (const { sizeBytes } of events) {
    bodyBytes += sizeBytes + 1;
    if (count > 0 && (count === eventsMax || bodyBytes > bytesMax)) break;
    count++;
  }
  return count;
}

function sizeOf(events: readonly Waiting[]): number {
  return events.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function positive(value: unknown): number | undefined {
  return typeof value === "number" && value > 0 ? value : undefined;
}

function refusedAs(
  { field, came, allowed }: Refusal,
  reply: Omit<Acknowledgement, "refused">,
): FoldbackClientError {
  return new FoldbackClientError("EVENT_INVALID", `${field} is ${came}; allowed: ${allowed}`, {
    ...reply,
    details: { field, came, allowed },
  });
}

function closed(): FoldbackClientError {
  return new FoldbackClientError(
    "CLIENT_CLOSED",
    "the client was closed before the event was acknowledged",
  );
}
