import type { KafkaSettings } from "./kafkaOptions.ts";
import type { Topic } from "./topicPartition.ts";

export type OpenTopic = (settings: KafkaSettings) => Promise<Topic>;

/** The client library is loaded by who has brokers alone: it takes 0.1 s. */
export async function openOverBrokers(settings: KafkaSettings): Promise<Topic> {
  const { openBrokerTopic } = await import("./brokerTopic.ts");
  return openBrokerTopic(settings);
}
