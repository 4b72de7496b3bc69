import { FoldbackError } from "../../core/index.ts";
import type { LogRecord, Offset } from "../../event/index.ts";
import { nodeFiles, type StorageFiles } from "../../storage/index.ts";
import type { EmbeddedLog } from "../embeddedLog.ts";
import { openBrokerTopic } from "./brokerTopic.ts";
import { checkIdentity } from "./copyIdentity.ts";
import { checkKafkaOptions, type KafkaOptions } from "./kafkaOptions.ts";
import { PartitionAppender } from "./partitionAppender.ts";
import type { OpenTopic, TopicPartition, TopicRecord } from "./topicPartition.ts";
import { recordOf } from "./topicRecords.ts";

export interface CopyOptions {
  /** A topic of one partition, which is empty or holds what an earlier copy, broken off, has brought there. */
  readonly kafka: KafkaOptions;
  /** Where the log is, which becomes the topic's copy. */
  readonly directory: string;
  readonly onProgress?: (progress: CopyProgress) => void;
  readonly files?: StorageFiles;
  readonly openTopic?: OpenTopic;
}

export interface CopyProgress {
  readonly step: "copied" | "compared";
  readonly records: number;
}

export interface CopyResult {
  readonly recordCount: number;
  /** Of these, how many an earlier copy had brought there. */
  readonly foundCount: number;
  /**
   * Whether the directory is the topic's copy now, offset for offset. Not where the log begins after offset 0, as
   * its oldest segments were removed: then a new data directory is filled from the topic.
   */
  readonly isAdopted: boolean;
}

/**
 * Brings a log into a topic, record by record in its order, with log times as record times; then reads the topic and
 * compares every record. Broken off, it goes on from where it was. Nobody else may write to the topic meanwhile.
 *
 * @param log of the directory, open, and held by the caller alone.
 * @throws FoldbackError CONFIG_INVALID where the topic holds something else; LOG_UNAVAILABLE, DATA_CORRUPT.
 */
export async function copyToKafka(log: EmbeddedLog, options: CopyOptions): Promise<CopyResult> {
  const { kafka, directory, files = nodeFiles, openTopic = openBrokerTopic } = options;
  const { onProgress = () => {} } = options;
  const settings = checkKafkaOptions({ ...kafka, partitionCount: 1 });
  const topic = await openTopic(settings);
  try {
    const partition = topic.partition(0);
    const { recordCount } = log.stats();
    const range = await partition.range();
    const foundCount = range.next;
    if (range.first > 0 || foundCount > recordCount) throw holdsOther(settings.topic, range.next);
    const appender = new PartitionAppender(partition);
    let index = 0;
    let firstOffset = 0;
    for await (const records of log.readBatches(beginning(log))) {
      if (index === 0) firstOffset = records[0].offset;
      const begin = Math.max(0, foundCount - index);
      if (begin < records.length) {
        const base = await appender.append(records.slice(begin).map(producedOf));
        if (base !== index + begin) throw holdsOther(settings.topic, base);
      }
      index += records.length;
      onProgress({ step: "copied", records: index });
    }
    await compare(log, partition, settings.topic, (records) =>
      onProgress({ step: "compared", records }),
    );
    const isAdopted = firstOffset === 0 && index === recordCount;
    if (isAdopted) {
      const identity = { topic: settings.topic, topicId: topic.id, partition: 0 };
      await checkIdentity({ files, directory }, identity, true);
    }
    return { recordCount: index, foundCount, isAdopted };
  } finally {
    await topic.close();
  }
}

async function compare(
  log: EmbeddedLog,
  partition: TopicPartition,
  topic: string,
  onCompared: (records: number) => void,
): Promise<void> {
  let position: Offset = 0;
  let waiting: readonly TopicRecord[] = [];
  let at = 0;
  for await (const records of log.readBatches(beginning(log))) {
    for (const record of records) {
      if (at === waiting.length) {
        const fetched = await partition.fetch(position);
        waiting = fetched.records;
        at = 0;
      }
      const found = waiting[at++];
      const { value, time } = producedOf(record);
      const isSame =
        found?.offset === position && found.time === time && found.value?.equals(value) === true;
      if (!isSame) throw holdsOther(topic, position);
      position++;
    }
    onCompared(position);
  }
}

function producedOf({ event, logTime }: LogRecord) {
  return recordOf(event, logTime);
}

function beginning(log: EmbeddedLog): number[] {
  return new Array<number>(log.partitionCount).fill(0);
}

function holdsOther(topic: string, offset: Offset): FoldbackError {
  const message =
    `topic ${topic} holds other records than this log (at offset ${offset}). Copy into a topic of its own, ` +
    `to which nobody else writes yet: name another by log.kafka.topic`;
  return new FoldbackError("CONFIG_INVALID", message, { details: { topic, offset } });
}
