import { randomUUID } from "node:crypto";
import type { KafkaOptions } from "../log/index.ts";

/** The brokers that `vitest.kafka.config.ts` has started, or that `KAFKA_BROKERS` names. */
export function testBrokers(): string[] {
  const brokers = process.env["KAFKA_BROKERS"];
  if (brokers === undefined) throw new Error("no brokers: npm run test:kafka starts them");
  return brokers.split(",");
}

/** A topic that no other test has; made by who opens it first. */
export function testTopic(options: Partial<KafkaOptions> = {}): KafkaOptions {
  return { brokers: testBrokers(), topic: `foldback-test-${randomUUID()}`, ...options };
}
