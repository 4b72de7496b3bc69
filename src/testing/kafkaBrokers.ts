import { randomUUID } from "node:crypto";
import { clusterIn, type KafkaCluster } from "../../scripts/kafka.mjs";
import type { KafkaOptions } from "../log/kafka/kafkaOptions.ts";

/** The brokers that `vitest.kafka.config.ts` has started, or that `KAFKA_BROKERS` names. */
export function testBrokers(): string[] {
  const brokers = process.env["KAFKA_BROKERS"];
  if (brokers === undefined) throw new Error("no brokers: npm run test:kafka starts them");
  return brokers.split(",");
}

/** The tests' own cluster, whose brokers may be ended; undefined where it is somebody else's. */
export function testCluster(): KafkaCluster | undefined {
  const directory = process.env["FOLDBACK_KAFKA_CLUSTER"];
  return directory === undefined ? undefined : clusterIn(directory);
}

/** A topic that no other test has; made by who opens it first. */
export function testTopic(options: Partial<KafkaOptions> = {}): KafkaOptions {
  return { brokers: testBrokers(), topic: `foldback-test-${randomUUID()}`, ...options };
}
