/** Brokers for `vitest.kafka.config.ts`: those that `KAFKA_BROKERS` names, else three of its own, which end with the tests. */
import { join } from "node:path";
import { brokersOf, prepareKafka, startCluster, stopCluster } from "../kafka.mjs";
import { root } from "../lib/project.mjs";

const directory = join(root, "build", "kafka", "test");

export async function setup() {
  if (process.env["KAFKA_BROKERS"] !== undefined) return undefined;
  const lacks = await prepareKafka();
  if (lacks !== undefined) {
    throw new Error(
      `no Kafka here: ${lacks.missing}. Install it, or name a cluster by KAFKA_BROKERS=host:port,…`,
    );
  }
  const cluster = await startCluster({ directory });
  // What the tests need to end brokers and start them again; another's cluster is left alone.
  process.env["KAFKA_BROKERS"] = brokersOf(cluster).join(",");
  process.env["FOLDBACK_KAFKA_CLUSTER"] = directory;
  return () => stopCluster(directory);
}
