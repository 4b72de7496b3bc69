import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { type Clock, FoldbackError, systemClock } from "../core/index.ts";
import { Arena } from "../embedding/index.ts";
import { type Event, parseEvents, type Refusal } from "../event/index.ts";
import type { StreamState } from "../features/index.ts";
import { type EmbeddedLog, openEmbeddedLog, type RefusedSnapshot } from "../log/index.ts";
import { RankingModel } from "../model/index.ts";
import { type RecommendedItem, Recommender } from "../recommend/index.ts";
import { type Config, resolveConfig, type UserConfig } from "./config.ts";
import { createState } from "./learner.ts";
import { openSnapshots, restoreState } from "./training.ts";
import { Progress, type TrainWorkerData, type TrainWorkerReport } from "./trainProtocol.ts";

export interface OpenOptions {
  readonly clock?: Clock;
  /** Told of what an operator should know: damaged snapshots, time spent on snapshots. */
  readonly onNotice?: (notice: Notice) => void;
}

export type Notice =
  | { readonly kind: "snapshotRefused"; readonly path: string; readonly reason: string }
  | { readonly kind: "snapshotSaved"; readonly offset: number; readonly stallMs: number };

export interface IngestResult {
  /** Events that are on disk now. */
  readonly accepted: number;
  /** Events dropped because the same (source, type, id) came within 48 h. */
  readonly duplicates: number;
  /** Events that break the schema: their places in the batch, and why. The others were taken. */
  readonly refused: readonly Refusal[];
}

export interface Status {
  /** Whether everything that was in the log when the engine was opened has been learned from. */
  readonly ready: boolean;
  /** Records in the log. */
  readonly records: number;
  /** Records that serving has not applied yet, and that training has not learned from yet. */
  readonly servingLag: number;
  readonly trainingLag: number;
  readonly examples: number;
  readonly items: number;
  readonly accounts: number;
  /** Offset that training went on from when the engine was opened; 0: from the beginning. */
  readonly restoredFrom: number;
}

/** Most items of one request: more is a page nobody reads, and time on the serving thread. */
export const recommendationsMax = 500;

/**
 * The engine: takes in events, learns from each, and recommends.
 *
 * One log on disk. In this thread the state that serving reads, following the log; in a worker thread
 * the trainer, following the same log; the model in memory that both share.
 *
 * @example
 * const engine = await Foldback.open({ dataDirectory: "data" });
 * await engine.ingest([{ type: "like", time: Date.now(), account: "ann", item: "song-1" }]);
 * const items = engine.recommend({ account: "ann", count: 10 });
 * await engine.close();
 */
export class Foldback {
  readonly config: Config;
  /** Fails when a thread of the engine does; the engine is of no use any more. Settles at `close`. */
  readonly closed: Promise<void>;
  readonly #clock: Clock;
  readonly #log: EmbeddedLog;
  readonly #state: StreamState;
  readonly #recommender: Recommender;
  readonly #training: TrainingThread;
  readonly #eventTypes: ReadonlySet<string>;
  readonly #stop = new AbortController();
  readonly #following: Promise<void>;
  readonly #headAtOpen: number;
  #appliedOffset: number;
  #waiting: { readonly offset: number; readonly resolve: () => void }[] = [];
  #isReady = false;

  private constructor(parts: {
    config: Config;
    clock: Clock;
    log: EmbeddedLog;
    state: StreamState;
    training: TrainingThread;
  }) {
    const { config, clock, log, state, training } = parts;
    this.config = config;
    this.#clock = clock;
    this.#log = log;
    this.#state = state;
    this.#training = training;
    const model = RankingModel.attach(
      Arena.attach(training.restored.arena),
      training.restored.model,
    );
    this.#recommender = new Recommender(state, model);
    this.#eventTypes = new Set(config.eventTypes);
    this.#headAtOpen = Math.max(...log.heads());
    this.#appliedOffset = Math.max(...state.offsets);
    this.#following = this.#follow();
    this.closed = Promise.all([this.#following, training.ended]).then(() => undefined);
    this.closed.catch(() => this.#stop.abort()); // whoever waits on it learns why
  }

  /**
   * Opens the data directory and catches up with its log; `status().ready` tells when that is done.
   *
   * @throws FoldbackError CONFIG_INVALID; DATA_LOCKED, DATA_CORRUPT, LOG_UNAVAILABLE from the log.
   */
  static async open(user: UserConfig = {}, options: OpenOptions = {}): Promise<Foldback> {
    const { clock = systemClock, onNotice = () => {} } = options;
    const config = resolveConfig(user);
    const log = await openEmbeddedLog({
      ...config.log,
      directory: join(config.dataDirectory, "log"),
      clock,
    });
    try {
      const training = await TrainingThread.start(config, log, onNotice);
      const { value: state } = restoreState(openSnapshots(config), config, createState(config));
      return new Foldback({ config, clock, log, state, training });
    } catch (error) {
      await log.close();
      throw error;
    }
  }

  /**
   * Takes a batch of events as they came, each on its own merits. When it resolves, what was accepted is
   * on disk, and the next `recommend` knows of it; the model follows within milliseconds.
   *
   * @throws FoldbackError BATCH_TOO_LARGE; LOG_UNAVAILABLE, OVERLOADED, CLOSED: then nothing was accepted.
   */
  async ingest(inputs: readonly unknown[]): Promise<IngestResult> {
    const { batchEventsMax } = this.config.http;
    if (inputs.length > batchEventsMax) {
      throw new FoldbackError(
        "BATCH_TOO_LARGE",
        `the batch has ${inputs.length} events; allowed: ${batchEventsMax}; send it in parts`,
        { details: { events: inputs.length, allowed: batchEventsMax } },
      );
    }
    const { events, refused } = parseEvents(inputs, {
      now: this.#clock.now(),
      extraTypes: this.#eventTypes,
    });
    const duplicates = events.length === 0 ? 0 : await this.#append(events);
    return { accepted: events.length - duplicates, duplicates, refused };
  }

  /**
   * What to show this account or session next, best first. Never what it already had.
   *
   * @throws FoldbackError REQUEST_INVALID for a count out of range.
   */
  recommend(request: { readonly account: string; readonly count: number }): RecommendedItem[] {
    const { account, count } = request;
    if (!Number.isInteger(count) || count < 1 || count > recommendationsMax) {
      throw new FoldbackError(
        "REQUEST_INVALID",
        `count is ${count}; allowed: whole numbers from 1 to ${recommendationsMax}`,
      );
    }
    return this.#recommender.recommend({ account, count, now: this.#clock.now() });
  }

  status(): Status {
    const records = Math.max(...this.#log.heads());
    const trained = this.#training.progress.nextOffset;
    this.#isReady ||= Math.min(this.#appliedOffset, trained) >= this.#headAtOpen;
    return {
      ready: this.#isReady,
      records,
      servingLag: Math.max(0, records - this.#appliedOffset),
      trainingLag: Math.max(0, records - trained),
      examples: this.#training.progress.exampleCount,
      items: this.#state.items.seen.length,
      accounts: this.#state.histories.accountCount,
      restoredFrom: this.#training.restored.sequence,
    };
  }

  /** Waits until training has learned from everything that is in the log now. */
  async settled(): Promise<void> {
    const head = Math.max(...this.#log.heads());
    while (this.#training.progress.nextOffset < head || this.#appliedOffset < head) {
      await Promise.race([this.closed, new Promise((resolve) => setTimeout(resolve, 2))]);
    }
  }

  /** Finishes what was begun, takes a snapshot, and ends the threads. What was acknowledged is on disk anyway. */
  async close(): Promise<void> {
    this.#training.stop();
    await this.#log.close(); // ends the following reads, here and there
    this.#stop.abort();
    await this.closed;
  }

  async #append(events: readonly Event[]): Promise<number> {
    const { offsets, duplicateCount } = await this.#log.append(events);
    const last = offsets.reduce((a, b) => Math.max(a, b), -1);
    await this.#applied(last + 1);
    return duplicateCount;
  }

  /** Until serving has applied every record below the offset. */
  #applied(offset: number): Promise<void> {
    if (this.#appliedOffset >= offset) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push({ offset, resolve });
    });
  }

  async #follow(): Promise<void> {
    const from = this.#state.offsets;
    const batches = this.#log.readBatches(from, { follow: true, signal: this.#stop.signal });
    for await (const records of batches) {
      for (const record of records) this.#state.apply(record);
      this.#appliedOffset = records[records.length - 1].offset + 1;
      const done = this.#waiting.filter(({ offset }) => offset <= this.#appliedOffset);
      if (done.length === 0) continue;
      this.#waiting = this.#waiting.filter(({ offset }) => offset > this.#appliedOffset);
      for (const { resolve } of done) resolve();
    }
    // Closed, or failed: what is on disk stays there, and nobody waits for ever.
    for (const { resolve } of this.#waiting) resolve();
  }
}

/** The training thread as the engine sees it. */
class TrainingThread {
  readonly progress: Progress;
  readonly restored: Extract<TrainWorkerReport, { kind: "restored" }>;
  /** Fails with what ended the thread, if it was not told to stop. */
  readonly ended: Promise<void>;
  readonly #worker: Worker;

  private constructor(
    worker: Worker,
    progress: Progress,
    restored: Extract<TrainWorkerReport, { kind: "restored" }>,
    ended: Promise<void>,
  ) {
    this.#worker = worker;
    this.progress = progress;
    this.restored = restored;
    this.ended = ended;
  }

  static async start(
    config: Config,
    log: EmbeddedLog,
    onNotice: (notice: Notice) => void,
  ): Promise<TrainingThread> {
    const progress = new Progress();
    const data: TrainWorkerData = { config, log: log.share(), progress: progress.buffer };
    const worker = new Worker(new URL("./trainWorker.js", import.meta.url), { workerData: data });
    const ended = new Promise<void>((resolve, reject) => {
      worker.once("error", reject);
      worker.once("exit", (code) => {
        if (code === 0) resolve();
        else reject(new Error(`the training thread ended with code ${code}`));
      });
    });
    const restored = new Promise<TrainingThread["restored"]>((resolve) => {
      worker.on("message", (report: TrainWorkerReport) => {
        if (report.kind === "restored") {
          notifyRefused(report.refused, onNotice);
          resolve(report);
        } else
          onNotice({ kind: "snapshotSaved", offset: report.sequence, stallMs: report.stallMs });
      });
    });
    const first = await Promise.race([restored, ended]);
    if (first === undefined) throw new FoldbackError("CLOSED", "the training thread ended at once");
    return new TrainingThread(worker, progress, first, ended);
  }

  stop(): void {
    this.#worker.postMessage("stop");
  }
}

function notifyRefused(
  refused: readonly RefusedSnapshot[],
  onNotice: (notice: Notice) => void,
): void {
  for (const { path, reason } of refused) onNotice({ kind: "snapshotRefused", path, reason });
}
