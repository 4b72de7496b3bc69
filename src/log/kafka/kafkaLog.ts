/**
 * One partition of a topic as a log: Kafka orders and keeps the events, and a directory holds a copy, in the same segment files
 * as the embedded log, which everything reads that reads a log.
 *
 * ```
 * append ──► produce, acks=all ──► partition of the topic ──► fetch ──► copy ──► readers
 *    ▲                                  ▲                                │
 *    └── offsets, duplicates ───────────┼────────────────────────────────┘
 *                          other nodes, other programs
 * ```
 *
 * The copy's offsets are Kafka's own. So the position to fetch on from is the copy's end, durable with the records by
 * the same sync; and an offset, of a snapshot say, means the same on every node. An offset of the topic that gives no record (a
 * duplicate, what is no event, what a transaction left) is void in the copy. Log time is the record's time, kept from
 * going back. All of it is a function of the partition's content, so each node that reads it has the same records.
 */

import { setTimeout } from "node:timers/promises";
import { FoldbackError } from "../../core/index.ts";
import {
  type Event,
  eventKey,
  type LogRecord,
  type Offset,
  type Offsets,
} from "../../event/index.ts";
import type { BlankRequest, BlankResult } from "../blanking.ts";
import { type EmbeddedLog, openReplicaLog, type ReplicaLog } from "../embeddedLog.ts";
import { checkOptions, type EmbeddedLogOptions } from "../embeddedLogOptions.ts";
import type { KnownIds } from "../knownIds.ts";
import type { AppendOptions, AppendResult, LogStats, ReadOptions } from "../log.ts";
import { closed, overloaded, tooLarge } from "../refusals.ts";
import type { SharedLog } from "../sharedHead.ts";
import { openBrokerTopic } from "./brokerTopic.ts";
import { checkIdentity } from "./copyIdentity.ts";
import { checkKafkaOptions, type KafkaOptions, type KafkaSettings } from "./kafkaOptions.ts";
import { PartitionAppender } from "./partitionAppender.ts";
import { topicPartitionOf } from "./partitioner.ts";
import { TakenOffsets } from "./takenOffsets.ts";
import { TopicFollower } from "./topicFollower.ts";
import type { OpenTopic, Topic, TopicPartition, TopicRange } from "./topicPartition.ts";
import { recordsOf, TopicDecoder, type Unreadable } from "./topicRecords.ts";

export interface KafkaLogOptions extends EmbeddedLogOptions {
  readonly kafka: KafkaOptions;
  /** Which partition of the topic, from 0. Default 0. */
  readonly topicPartition?: number;
  /** Event types that other programs may write into the topic besides the known ones; the same on every node. */
  readonly eventTypes?: ReadonlySet<string>;
  readonly onNotice?: (notice: KafkaNotice) => void;
  /** Opens the topic; a test's own, for faults. */
  readonly openTopic?: OpenTopic;
}

export interface KafkaNotice {
  /**
   * `unreadable`: a record is no event, and is skipped. `misplaced`: an account's event is not in its partition, and is taken.
   * `unreachable`, `reachable`: reading has stopped, or goes on again.
   */
  readonly kind: "unreadable" | "misplaced" | "unreachable" | "reachable";
  readonly message: string;
  readonly offset?: Offset;
}

export interface KafkaLogStats extends LogStats {
  /** Since it was opened: records that are no events. */
  readonly unreadableCount: number;
  /** Since it was opened: records whose account belongs into another partition. */
  readonly misplacedCount: number;
}

export interface KafkaLog extends EmbeddedLog {
  stats(): KafkaLogStats;
}

/** Notices of one kind stop after so many: a producer that errs does so for every record. */
const noticesMax = 10;

/**
 * Opens one partition of a topic of events; resolves when its copy in `directory` has everything that the partition
 * held at that moment. A directory that is lost is filled again.
 *
 * In `stats`, `recordCount` counts offsets, void ones too. Where ids are forgotten early at `duplicateIdsMax`, two nodes may drop
 * different duplicates.
 *
 * @throws FoldbackError CONFIG_INVALID, DATA_LOCKED, DATA_CORRUPT, LOG_UNAVAILABLE.
 * @example
 * const log = await openKafkaLog({ directory: "data/log", kafka: { brokers: ["127.0.0.1:9092"] } });
 */
export async function openKafkaLog(options: KafkaLogOptions): Promise<KafkaLog> {
  const {
    topicPartition = 0,
    kafka,
    onNotice = () => {},
    eventTypes = new Set(),
    ...rest
  } = options;
  const { openTopic = openBrokerTopic, ...embedded } = rest;
  const settings = checkKafkaOptions(kafka);
  const { files, directory, queueEventsMax, clock } = checkOptions(embedded);
  if (
    !Number.isInteger(topicPartition) ||
    topicPartition < 0 ||
    topicPartition >= settings.partitionCount
  ) {
    const message = `topicPartition is ${topicPartition}; allowed: 0 to ${settings.partitionCount - 1}`;
    throw new FoldbackError("CONFIG_INVALID", message, { details: { setting: "topicPartition" } });
  }
  const topic = await openTopic(settings);
  let copy: ReplicaLog | undefined;
  let log: PartitionLog | undefined;
  try {
    const partition = topic.partition(topicPartition);
    const range = await partition.range();
    copy = await openReplicaLog(embedded, range.first);
    const isEmpty = copy.stats().recordCount === 0;
    const identity = { topic: settings.topic, topicId: topic.id, partition: topicPartition };
    await checkIdentity({ files, directory }, identity, isEmpty);
    checkReach(copy.nextOffset, range, directory);
    const parts = {
      settings,
      topicPartition,
      topic,
      partition,
      copy,
      queueEventsMax,
      eventTypes,
      onNotice,
    };
    log = new PartitionLog({ ...parts, now: () => clock.now() });
    await log.reaches(range.next);
    return log;
  } catch (error) {
    await topic.close();
    await (log ?? copy)?.close();
    throw error;
  }
}

function checkReach(position: Offset, { first, next }: TopicRange, directory: string): void {
  if (position >= first && position <= next) return;
  const message =
    `the copy in ${directory} ends at offset ${position}, the topic holds ${first} to ${next}: ` +
    (position < first
      ? "its retention has passed what this node has not read. "
      : "brokers have lost what they acknowledged. ") +
    `To go on with what the topic holds, remove the directory`;
  throw new FoldbackError("DATA_CORRUPT", message, { details: { position, first, next } });
}

class PartitionLog implements KafkaLog {
  readonly partitionCount: number;
  readonly #copy: ReplicaLog;
  readonly #appender: PartitionAppender;
  readonly #taken: TakenOffsets;
  readonly #settings: KafkaSettings;
  readonly #topicPartition: number;
  readonly #queueEventsMax: number;
  readonly #now: () => number;
  readonly #onNotice: (notice: KafkaNotice) => void;
  readonly #follower: TopicFollower;
  #queuedEventCount = 0;
  readonly #underWay = new Set<Promise<unknown>>();
  #unreadableCount = 0;
  #misplacedCount = 0;
  #closing: Promise<void> | undefined;

  constructor(parts: {
    settings: KafkaSettings;
    topicPartition: number;
    topic: Topic;
    partition: TopicPartition;
    copy: ReplicaLog;
    queueEventsMax: number;
    eventTypes: ReadonlySet<string>;
    onNotice: (notice: KafkaNotice) => void;
    now: () => number;
  }) {
    const { copy, partition } = parts;
    this.partitionCount = copy.partitionCount;
    this.#copy = copy;
    this.#settings = parts.settings;
    this.#topicPartition = parts.topicPartition;
    this.#queueEventsMax = parts.queueEventsMax;
    this.#now = parts.now;
    this.#onNotice = parts.onNotice;
    this.#appender = new PartitionAppender(partition);
    this.#taken = new TakenOffsets(copy.nextOffset);
    this.#follower = new TopicFollower({
      topic: parts.topic,
      timeoutMs: parts.settings.timeoutMs,
      partition,
      copy,
      decoder: new TopicDecoder({
        eventTypes: parts.eventTypes,
        partitionOf: (event) => this.#placeOf(event),
        onUnreadable: (record) => this.#noteUnreadable(record),
      }),
      onTaken: (from, offsets) => this.#taken.take(from, offsets),
      onReachable: (isReachable, message) =>
        this.#notice(isReachable ? "reachable" : "unreachable", `${this.#name}: ${message}`),
      onEnd: (reason) => {
        this.#appender.stop(reason);
        this.#taken.fail(reason);
        this.#notice("unreachable", reason.message);
      },
    });
  }

  partitionOf(key: string): number {
    return this.#copy.partitionOf(key);
  }

  append(events: readonly Event[], options: AppendOptions = {}): Promise<AppendResult> {
    const appending = this.#append(events, options);
    this.#underWay.add(appending);
    const settle = (): void => {
      this.#underWay.delete(appending);
    };
    appending.then(settle, settle);
    return appending;
  }

  heads(): Offsets {
    return this.#copy.heads();
  }

  read(partition: number, from: Offset, options?: ReadOptions): AsyncIterable<LogRecord> {
    return this.#copy.read(partition, from, options);
  }

  readAll(from: Offsets, options?: ReadOptions): AsyncIterable<LogRecord> {
    return this.#copy.readAll(from, options);
  }

  readBatches(from: Offsets, options?: ReadOptions): AsyncIterable<readonly LogRecord[]> {
    return this.#copy.readBatches(from, options);
  }

  readRange(
    from: Offsets,
    until: Offset,
    wants?: (payload: Buffer) => boolean,
  ): AsyncIterable<readonly LogRecord[]> {
    return this.#copy.readRange(from, until, wants);
  }

  share(): SharedLog {
    return this.#copy.share();
  }

  stats(): KafkaLogStats {
    return {
      ...this.#copy.stats(),
      duplicateCount: this.#follower.duplicateCount,
      queuedEventCount: this.#queuedEventCount,
      isStopped: this.#follower.end !== undefined,
      unreadableCount: this.#unreadableCount,
      misplacedCount: this.#misplacedCount,
    };
  }

  knownIds(onRead?: (records: number) => void): Promise<KnownIds> {
    return this.#copy.knownIds(onRead);
  }

  blank(request: BlankRequest): Promise<BlankResult> {
    return this.#copy.blank(request);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Resolves when the copy has everything below the offset. */
  reaches(offset: Offset): Promise<void> {
    return this.#follower.reaches(offset);
  }

  async #append(events: readonly Event[], options: AppendOptions): Promise<AppendResult> {
    if (this.#closing !== undefined) throw closed();
    const { end } = this.#follower;
    if (end !== undefined) throw end;
    const count = events.length;
    if (count === 0) return { offsets: [], duplicateCount: 0 };
    if (count > this.#queueEventsMax) throw tooLarge(`${count} events`, this.#queueEventsMax);
    if (this.#queuedEventCount + count > this.#queueEventsMax) {
      throw overloaded(this.#queuedEventCount, this.#queueEventsMax);
    }
    const { timeOfEvents = false } = options;
    const records = recordsOf(events, { time: this.#now(), timeOfEvents });
    const append = this.#taken.begin();
    this.#queuedEventCount += count;
    try {
      const base = await this.#appender.append(records);
      return await this.#inTime(this.#taken.result(append, base, count));
    } finally {
      this.#taken.end(append);
      this.#queuedEventCount -= count;
    }
  }

  /** What is acknowledged is in the topic; it is the copy that may be held up. */
  async #inTime<Value>(taking: Promise<Value>): Promise<Value> {
    const stop = new AbortController();
    const { timeoutMs } = this.#settings;
    const late = setTimeout(timeoutMs, undefined, { ref: false, signal: stop.signal }).then(
      () => {
        const message =
          `the events are in ${this.#name}, but could not be read back within ${timeoutMs} ms. ` +
          `Send them again with the same ids: each is there once`;
        throw new FoldbackError("LOG_UNAVAILABLE", message);
      },
      () => taking,
    );
    try {
      return await Promise.race([taking, late]);
    } finally {
      stop.abort();
    }
  }

  async #close(): Promise<void> {
    await this.#appender.drain();
    await Promise.allSettled(this.#underWay);
    await this.#follower.close();
    await this.#copy.close();
  }

  #placeOf(event: Event): number {
    const key = eventKey(event);
    const { partitionCount } = this.#settings;
    if (partitionCount > 1 && key !== "") {
      const place = topicPartitionOf(key, partitionCount);
      if (place !== this.#topicPartition && ++this.#misplacedCount <= noticesMax) {
        const message =
          `${this.#name} holds an event whose key belongs into partition ${place}: whoever wrote it chooses ` +
          `partitions another way (docs/KAFKA.md#partitions). What one account did is in two places now`;
        this.#notice("misplaced", message);
      }
    }
    return this.partitionOf(key);
  }

  #noteUnreadable({ offset, reason }: Unreadable): void {
    if (++this.#unreadableCount > noticesMax) return;
    const message = `${this.#name}, offset ${offset}, is no event and is skipped: ${reason}`;
    this.#onNotice({ kind: "unreadable", message, offset });
  }

  #notice(kind: KafkaNotice["kind"], message: string): void {
    this.#onNotice({ kind, message });
  }

  get #name(): string {
    return `partition ${this.#topicPartition} of topic ${this.#settings.topic}`;
  }
}
