/**
 * A log in memory under the same contract, whose faults come from a seed: the plain twin of the embedded
 * log (a list, and a map of ids), and what the engine's other parts are tested against.
 */
import { setImmediate } from "node:timers/promises";
import { type Clock, FoldbackError, hash32, hourMs, Random } from "../core/index.ts";
import {
  decodeEvent,
  type Event,
  encodeEvent,
  eventKey,
  type LogRecord,
  type Offset,
  type Offsets,
} from "../event/index.ts";
import type { AppendOptions, AppendResult, EventLog, ReadOptions } from "../log/index.ts";

export interface SimulatedFaults {
  /** Probability that an append fails and leaves nothing. */
  readonly failBefore?: number;
  /** Probability that an append fails although its events were kept. */
  readonly failAfter?: number;
  /** An append takes up to so many turns of the event loop. */
  readonly delayTurnsMax?: number;
}

export interface SimulatedLogOptions {
  readonly clock: Clock;
  readonly partitionCount?: number;
  readonly duplicateWindowMs?: number;
  readonly queueEventsMax?: number;
  readonly seed?: number;
  readonly faults?: SimulatedFaults;
}

interface WaitingCall {
  readonly events: readonly Event[];
  readonly timeOfEvents: boolean;
  resolve(result: AppendResult): void;
  reject(error: unknown): void;
}

type Kept = Omit<LogRecord, "event"> & { readonly json: string };

export class SimulatedLog implements EventLog {
  readonly partitionCount: number;
  readonly #options: Required<SimulatedLogOptions>;
  readonly #random: Random;
  readonly #kept: Kept[] = [];
  readonly #timeById = new Map<string, number>();
  #waiting: WaitingCall[] = [];
  #waitingEventCount = 0;
  #flushing: Promise<void> | undefined;
  #state: "open" | "crashed" | "closed" = "open";
  #wake: () => void = () => undefined;
  #changed: Promise<void>;

  constructor(options: SimulatedLogOptions) {
    this.#options = {
      partitionCount: 4,
      duplicateWindowMs: 48 * hourMs,
      queueEventsMax: 262_144,
      seed: 1,
      faults: {},
      ...options,
    };
    this.partitionCount = this.#options.partitionCount;
    this.#random = new Random(this.#options.seed);
    this.#changed = this.#nextChange();
  }

  partitionOf(key: string): number {
    return hash32(key) % this.partitionCount;
  }

  async append(events: readonly Event[], options: AppendOptions = {}): Promise<AppendResult> {
    if (this.#state === "closed") throw new FoldbackError("CLOSED", "the log is closed");
    if (this.#state === "crashed") throw unavailable("it crashed");
    const { queueEventsMax } = this.#options;
    if (events.length > queueEventsMax) {
      throw new FoldbackError(
        "BATCH_TOO_LARGE",
        `${events.length} events; ${queueEventsMax} allowed`,
      );
    }
    if (this.#waitingEventCount + events.length > queueEventsMax) {
      throw new FoldbackError("OVERLOADED", `${this.#waitingEventCount} events are waiting`);
    }
    return new Promise((resolve, reject) => {
      const timeOfEvents = options.timeOfEvents ?? false;
      this.#waiting.push({ events, timeOfEvents, resolve, reject });
      this.#waitingEventCount += events.length;
      this.#flushing ??= this.#flush();
    });
  }

  heads(): Offsets {
    const heads = new Array<number>(this.partitionCount).fill(0);
    for (const { partition, offset } of this.#kept) heads[partition] = offset + 1;
    return heads;
  }

  async *read(partition: number, from: Offset, options?: ReadOptions): AsyncGenerator<LogRecord> {
    const offsets = new Array<number>(this.partitionCount).fill(Infinity);
    offsets[partition] = from;
    yield* this.readAll(offsets, options);
  }

  async *readAll(from: Offsets, options?: ReadOptions): AsyncGenerator<LogRecord> {
    for await (const records of this.readBatches(from, options)) yield* records;
  }

  async *readBatches(
    from: Offsets,
    options: ReadOptions = {},
  ): AsyncGenerator<readonly LogRecord[]> {
    const { follow = false, signal } = options;
    const isAborted = (): boolean => signal?.aborted === true;
    const wanted = [...from];
    const abort = aborted(signal);
    const end = follow ? Infinity : this.#kept.length;
    for (let next = 0; next < end && !isAborted(); ) {
      const changed = this.#changed;
      const records = this.#kept
        .slice(next, Math.min(end, next + 1_024))
        .filter(({ partition, offset }) => offset >= wanted[partition]);
      next = Math.min(end, next + 1_024, this.#kept.length);
      if (records.length > 0) {
        yield records.map(({ json, ...record }) => ({ ...record, event: decodeEvent(json) }));
      }
      if (next < this.#kept.length || next >= end) continue;
      if (this.#state !== "open" && this.#flushing === undefined) return;
      await Promise.race([changed, abort]);
    }
  }

  close(): Promise<void> {
    this.#state = "closed";
    return (this.#flushing ?? Promise.resolve()).then(() => this.#notify());
  }

  /** Stops dead: what waits is refused, and by the seed the first few of it are kept nevertheless. */
  crash(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingEventCount = 0;
    const keptCount = this.#random.below(waiting.length + 1);
    waiting.forEach((call, i) => {
      if (i < keptCount) this.#keep(call);
      call.reject(unavailable("it crashed"));
    });
    this.#state = "crashed";
    this.#notify();
  }

  /** Opens it again after `close` or `crash`; following reads from before have ended. */
  reopen(): void {
    this.#state = "open";
  }

  async #flush(): Promise<void> {
    const { failBefore = 0, failAfter = 0, delayTurnsMax = 0 } = this.#options.faults;
    await Promise.resolve();
    for (;;) {
      const turns = this.#random.below(delayTurnsMax + 1);
      for (let turn = 0; turn < turns; turn++) await setImmediate();
      const call = this.#waiting.shift(); // after the delay, so that a crash finds it waiting
      if (call === undefined) break;
      this.#waitingEventCount -= call.events.length;
      if (this.#random.uniform() < failBefore) {
        call.reject(unavailable("failed on purpose, nothing kept"));
        continue;
      }
      const result = this.#keep(call);
      this.#notify();
      if (this.#random.uniform() < failAfter) call.reject(unavailable("failed on purpose, kept"));
      else call.resolve(result);
    }
    this.#flushing = undefined;
  }

  #keep(call: WaitingCall): AppendResult {
    const offsets = call.events.map((event) => this.#keepEvent(event, call.timeOfEvents));
    return { offsets, duplicateCount: offsets.filter((offset) => offset === -1).length };
  }

  #keepEvent(event: Event, timeOfEvents: boolean): Offset {
    const time = timeOfEvents ? event.time : this.#options.clock.now();
    const logTime = Math.max(time, this.#kept.at(-1)?.logTime ?? 0);
    if (event.id !== undefined) {
      const id = JSON.stringify([event.source ?? "", event.type, event.id]);
      const before = this.#timeById.get(id);
      if (before !== undefined && logTime - before <= this.#options.duplicateWindowMs) return -1;
      this.#timeById.set(id, logTime);
    }
    const offset = this.#kept.length;
    const partition = this.partitionOf(eventKey(event));
    this.#kept.push({ partition, offset, logTime, json: encodeEvent(event) });
    return offset;
  }

  #notify(): void {
    this.#wake();
    this.#changed = this.#nextChange();
  }

  #nextChange(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) resolve();
    signal?.addEventListener("abort", () => resolve(), { once: true });
  });
}

function unavailable(what: string): FoldbackError {
  return new FoldbackError("LOG_UNAVAILABLE", `the simulated log: ${what}`);
}
