import type { Offset } from "../../event/index.ts";
import type { KafkaSettings } from "./kafkaOptions.ts";

/** A record that is to be appended. */
export interface ProducedRecord {
  /** Undefined where the event has none. */
  readonly key: Buffer | undefined;
  readonly value: Buffer;
  /** The record's timestamp (CreateTime), epoch milliseconds, from 0. */
  readonly time: number;
}

/** A record as it stands in the topic, whoever wrote it. */
export interface TopicRecord {
  readonly offset: Offset;
  /** Its timestamp, epoch milliseconds; below 0: none. */
  readonly time: number;
  readonly value: Buffer | undefined;
  /** Whether a node of ours wrote it: its value is what `encodeEvent` gave. */
  readonly isOurs: boolean;
}

export interface Fetched {
  /** With growing offsets; not all offsets have a record. */
  readonly records: readonly TopicRecord[];
  /** Where to fetch on: more than one past the last record where the topic has something else there. */
  readonly nextOffset: Offset;
}

/** What the partition holds now: offsets from `first` up to, and without, `next`. */
export interface TopicRange {
  readonly first: Offset;
  readonly next: Offset;
}

/**
 * A topic, as the log needs it: over Kafka's protocol (`brokerTopic.ts`), and in memory with faults from a seed
 * (`testing/simulatedTopic.ts`).
 */
export interface Topic {
  /** Its own id: another one, where a topic was deleted and made again under its name. */
  readonly id: string;
  partition(partition: number): TopicPartition;
  /** Ends what is under way with an error. A second call does nothing. */
  close(): Promise<void>;
}

export type OpenTopic = (settings: KafkaSettings) => Promise<Topic>;

export interface TopicPartition {
  /** The most bytes of one `produce`, as `producedBytes` counts them. */
  readonly batchBytesMax: number;
  /**
   * Appends the records in one piece, whole or not at all; one call at a time, a second is the caller's to hold back.
   *
   * @returns the offset of the first; the others follow without a gap.
   * @throws FoldbackError BATCH_TOO_LARGE, CONFIG_INVALID: not there; LOG_UNAVAILABLE: there or not.
   */
  produce(records: readonly ProducedRecord[]): Promise<Offset>;
  /**
   * What stands at `from` and after it, some megabytes at most; where nothing does, waits for it up to half a second.
   *
   * @throws FoldbackError LOG_UNAVAILABLE: ask again; DATA_CORRUPT: the topic does not have that offset any more; CLOSED.
   */
  fetch(from: Offset): Promise<Fetched>;
  /** @throws FoldbackError LOG_UNAVAILABLE. */
  range(): Promise<TopicRange>;
}

/** What stands around key and value in a record batch, at most: lengths, differences, our header. */
const recordOverheadBytes = 48;
/** The head of a record batch. */
export const batchOverheadBytes = 61;

export function producedBytes({ key, value }: ProducedRecord): number {
  return recordOverheadBytes + (key?.length ?? 0) + value.length;
}
