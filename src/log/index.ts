export { type EmbeddedLog, openEmbeddedLog } from "./embeddedLog.ts";
export { checkIsNoCopy } from "./kafka/copyIdentity.ts";
export type { CopyProgress, CopyResult } from "./kafka/copyToKafka.ts";
export type { KafkaIngest } from "./kafka/kafkaIngest.ts";
export type { KafkaLog, KafkaLogOptions, KafkaLogStats, KafkaNotice } from "./kafka/kafkaLog.ts";
export type { KafkaOptions } from "./kafka/kafkaOptions.ts";
export { copyToKafka, openKafkaIngest, openKafkaLog } from "./kafka/onDemand.ts";
export type {
  Fetched,
  ProducedRecord,
  Topic,
  TopicPartition,
  TopicRange,
  TopicRecord,
} from "./kafka/topicPartition.ts";
export type { KnownIds } from "./knownIds.ts";
export type {
  AppendOptions,
  AppendResult,
  EventLog,
  LogReader,
  ReadOptions,
} from "./log.ts";
export { attachLogReader } from "./logReader.ts";
export type { SharedLog } from "./sharedHead.ts";
