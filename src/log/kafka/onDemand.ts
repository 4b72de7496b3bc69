/**
 * What needs Kafka, loaded when it is asked for: the client library and what stands on it take 0.1 s of a processor, in
 * every thread that has the log.
 */
import type { EmbeddedLog } from "../embeddedLog.ts";
import type { CopyOptions, CopyResult } from "./copyToKafka.ts";
import type { KafkaIngest, KafkaIngestOptions } from "./kafkaIngest.ts";
import type { KafkaLog, KafkaLogOptions } from "./kafkaLog.ts";

/** See `kafkaLog.ts`. */
export async function openKafkaLog(options: KafkaLogOptions): Promise<KafkaLog> {
  return (await import("./kafkaLog.ts")).openKafkaLog(options);
}

/** See `kafkaIngest.ts`. */
export async function openKafkaIngest(options: KafkaIngestOptions): Promise<KafkaIngest> {
  return (await import("./kafkaIngest.ts")).openKafkaIngest(options);
}

/** See `copyToKafka.ts`. */
export async function copyToKafka(log: EmbeddedLog, options: CopyOptions): Promise<CopyResult> {
  return (await import("./copyToKafka.ts")).copyToKafka(log, options);
}
