import { hash32 } from "../../core/index.ts";

/**
 * The partition of the topic that holds everything this account (or anonymous session) did: xxHash32 with seed 0 of
 * the key's UTF-8 bytes, modulo the number of partitions. A producer that is not ours must do the same
 * (`docs/KAFKA.md`); Kafka's own default is another hash.
 *
 * @example topicPartitionOf("account-1", 12)
 */
export function topicPartitionOf(key: string, partitionCount: number): number {
  return hash32(key) % partitionCount;
}
