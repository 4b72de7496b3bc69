import { setTimeout } from "node:timers/promises";
import { FoldbackError } from "../../core/index.ts";
import type { Offset } from "../../event/index.ts";
import type { ReplicaLog } from "../embeddedLog.ts";
import type { Fetched, Topic, TopicPartition } from "./topicPartition.ts";
import type { TopicDecoder } from "./topicRecords.ts";

export interface FollowerOptions {
  readonly topic: Topic;
  readonly partition: TopicPartition;
  readonly copy: ReplicaLog;
  readonly decoder: TopicDecoder;
  /** The copy has taken the offsets from `from` on: one entry each, -1 where it was dropped. */
  readonly onTaken: (from: Offset, offsets: readonly Offset[]) => void;
  /** The copy takes nothing any more, until it is opened again. */
  readonly onEnd: (reason: FoldbackError) => void;
  readonly onReachable: (isReachable: boolean, message: string) => void;
  /** How long `reaches` waits while nothing can be taken. */
  readonly timeoutMs: number;
}

const pauseMsMin = 50;
const pauseMsMax = 2_000;

/** Brings what a partition holds into its copy, and waits for more, until it is closed. */
export class TopicFollower {
  readonly #options: FollowerOptions;
  readonly #following: Promise<void>;
  #waiting: (() => void)[] = [];
  /** Past the copy's end where the topic ends with what is no record: the end of a transaction. */
  #position: Offset;
  #end: FoldbackError | undefined;
  #isClosing = false;
  #duplicateCount = 0;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#position = options.copy.nextOffset;
    this.#following = this.#follow();
  }

  /** Why nothing is taken any more. */
  get end(): FoldbackError | undefined {
    return this.#end;
  }

  get duplicateCount(): number {
    return this.#duplicateCount;
  }

  /** Resolves when the copy has every record below the offset; fails when it takes nothing any more, or can't for `timeoutMs`. */
  async reaches(offset: Offset): Promise<void> {
    while (this.#position < offset) {
      if (this.#end !== undefined) throw this.#end;
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  /** Closes the topic as well, which ends the fetch that waits. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#options.topic.close();
    await this.#following;
  }

  /** The next fetch is under way while what the last one brought is written. */
  async #follow(): Promise<void> {
    const { copy, onReachable, timeoutMs } = this.#options;
    let next = this.#fetch(copy.nextOffset);
    let pauseMs = pauseMsMin;
    let isReachable = true;
    let stuckSince = 0;
    while (!this.#isClosing) {
      try {
        const fetched = await next;
        next = this.#fetch(fetched.nextOffset);
        await this.#take(fetched);
        if (!isReachable) onReachable(true, "it is read again");
        isReachable = true;
        pauseMs = pauseMsMin;
      } catch (error) {
        if (this.#isClosing) return;
        if (!(error instanceof FoldbackError)) throw error; // a bug ends the process
        if (isReachable) stuckSince = performance.now();
        const isLate = this.#waiting.length > 0 && performance.now() - stuckSince > timeoutMs;
        if (error.code !== "LOG_UNAVAILABLE" || copy.stats().isStopped || isLate) {
          this.#stop(error);
          return;
        }
        if (isReachable) onReachable(false, error.message);
        isReachable = false;
        await setTimeout(pauseMs, undefined, { ref: false });
        pauseMs = Math.min(pauseMsMax, 2 * pauseMs);
        next = this.#fetch(copy.nextOffset);
      }
    }
  }

  #fetch(from: Offset): Promise<Fetched> {
    const fetching = this.#options.partition.fetch(from);
    fetching.catch(() => undefined); // told to whoever waits for it, if anybody still does
    return fetching;
  }

  async #take({ records, nextOffset }: Fetched): Promise<void> {
    const { copy, decoder, onTaken } = this.#options;
    for (let begin = 0; begin < records.length; ) {
      const from = copy.nextOffset;
      const { call, count } = decoder.decode(records, begin, from);
      const { offsets, duplicateCount } = await copy.take(call);
      this.#duplicateCount += duplicateCount;
      onTaken(from, offsets);
      begin += count;
    }
    this.#position = nextOffset;
    for (const goOn of this.#waiting.splice(0)) goOn();
  }

  #stop(reason: FoldbackError): void {
    this.#end = reason;
    for (const goOn of this.#waiting.splice(0)) goOn();
    this.#options.onEnd(reason);
  }
}
