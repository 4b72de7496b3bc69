import { type Clock, systemClock } from "../../core/index.ts";
import { type Event, eventKey } from "../../event/index.ts";
import type { AppendOptions } from "../log.ts";
import { closed, overloaded, tooLarge } from "../refusals.ts";
import { openBrokerTopic } from "./brokerTopic.ts";
import { checkKafkaOptions, type KafkaOptions } from "./kafkaOptions.ts";
import { PartitionAppender } from "./partitionAppender.ts";
import { topicPartitionOf } from "./partitioner.ts";
import type { OpenTopic, Topic } from "./topicPartition.ts";
import { recordsOf } from "./topicRecords.ts";

export interface KafkaIngestOptions {
  readonly kafka: KafkaOptions;
  readonly clock?: Clock;
  /** Events that wait for the brokers; beyond, `append` is `OVERLOADED`. Default 262,144. */
  readonly queueEventsMax?: number;
  /** Opens the topic; a test's own, for faults. */
  readonly openTopic?: OpenTopic;
}

/** Brings events into the topic, on a node that need not hold any of its partitions. */
export interface KafkaIngest {
  /**
   * Resolves when every event is acknowledged by its partition. Nothing is said of duplicates: they are dropped where the
   * topic is read.
   *
   * @throws FoldbackError BATCH_TOO_LARGE, OVERLOADED, CLOSED: nothing is there; LOG_UNAVAILABLE: of each partition's events all are
   *   there or none. Sent again with the same ids, each is there once.
   */
  append(events: readonly Event[], options?: AppendOptions): Promise<void>;
  /** Waits for the appends already made. */
  close(): Promise<void>;
}

/**
 * Opens a topic for writing, all of its partitions.
 *
 * @throws FoldbackError CONFIG_INVALID, LOG_UNAVAILABLE.
 * @example
 * const ingest = await openKafkaIngest({ kafka: { brokers: ["127.0.0.1:9092"], partitionCount: 12 } });
 * await ingest.append([{ type: "like", time: Date.now(), account: "a1", item: "song-9" }]);
 */
export async function openKafkaIngest(options: KafkaIngestOptions): Promise<KafkaIngest> {
  const settings = checkKafkaOptions(options.kafka);
  const { clock = systemClock, queueEventsMax = 262_144, openTopic = openBrokerTopic } = options;
  const topic = await openTopic(settings);
  const appenders = Array.from(
    { length: settings.partitionCount },
    (_, i) => new PartitionAppender(topic.partition(i)),
  );
  return new TopicIngest({ topic, appenders, now: () => clock.now(), queueEventsMax });
}

class TopicIngest implements KafkaIngest {
  readonly #topic: Topic;
  readonly #appenders: readonly PartitionAppender[];
  readonly #now: () => number;
  readonly #queueEventsMax: number;
  #queuedEventCount = 0;
  #closing: Promise<void> | undefined;

  constructor(parts: {
    topic: Topic;
    appenders: readonly PartitionAppender[];
    now: () => number;
    queueEventsMax: number;
  }) {
    this.#topic = parts.topic;
    this.#appenders = parts.appenders;
    this.#now = parts.now;
    this.#queueEventsMax = parts.queueEventsMax;
  }

  async append(events: readonly Event[], options: AppendOptions = {}): Promise<void> {
    if (this.#closing !== undefined) throw closed();
    const count = events.length;
    if (count > this.#queueEventsMax) throw tooLarge(`${count} events`, this.#queueEventsMax);
    if (this.#queuedEventCount + count > this.#queueEventsMax) {
      throw overloaded(this.#queuedEventCount, this.#queueEventsMax);
    }
    const { timeOfEvents = false } = options;
    const time = this.#now();
    const calls = [...this.#byPartition(events)].map(([partition, own]) => ({
      appender: this.#appenders[partition],
      records: recordsOf(own, { time, timeOfEvents }),
    }));
    // Before any is sent, so that what is refused is nowhere.
    for (const { appender, records } of calls) appender.check(records);
    this.#queuedEventCount += count;
    try {
      const appending = calls.map(({ appender, records }) => appender.append(records));
      // Each has ended before the call does: a retry stands behind it.
      const ends = await Promise.allSettled(appending);
      const failed = ends.find((end) => end.status === "rejected");
      if (failed !== undefined) throw failed.reason;
    } finally {
      this.#queuedEventCount -= count;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all(this.#appenders.map((appender) => appender.drain()));
    await this.#topic.close();
  }

  #byPartition(events: readonly Event[]): Map<number, Event[]> {
    const byPartition = new Map<number, Event[]>();
    for (const event of events) {
      const partition = topicPartitionOf(eventKey(event), this.#appenders.length);
      const own = byPartition.get(partition);
      if (own === undefined) byPartition.set(partition, [event]);
      else own.push(event);
    }
    return byPartition;
  }
}
