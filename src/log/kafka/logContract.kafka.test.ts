/** The contract of logs, over real brokers, with files in memory that can be stopped dead. */
import { afterAll } from "vitest";
import { testTopic } from "../../testing/kafkaBrokers.ts";
import { logConformance } from "../../testing/logConformance.ts";
import { SimulatedFiles } from "../../testing/simulatedFiles.ts";
import { openBrokerTopic } from "./brokerTopic.ts";
import { openKafkaLog } from "./kafkaLog.ts";
import type { Topic } from "./topicPartition.ts";

// A partition a log: making a topic for each would take most of the time.
const kafka = testTopic({ partitionCount: 100 });
let partitionsUsed = 0;
const left: Topic[] = [];

afterAll(() => Promise.all(left.map((topic) => topic.close())));

logConformance("Kafka, real brokers", async (options) => {
  const topicPartition = partitionsUsed++;
  const files = new SimulatedFiles();
  let connection: Topic | undefined;
  const open = () =>
    openKafkaLog({
      ...options,
      kafka,
      topicPartition,
      directory: "log",
      files,
      segmentBytesMax: 2_000,
      openTopic: async (settings) => {
        connection = await openBrokerTopic(settings);
        left.push(connection);
        return connection;
      },
    });
  let log = await open();
  return {
    log,
    async reopen() {
      await log.close();
      log = await open();
      return log;
    },
    async crash() {
      files.stopAt(files.operationCount + 1, "before");
      await connection?.close();
      await log.close().catch(() => undefined); // so that nothing of it goes on beside the next
      files.restart("torn");
      log = await open();
      return log;
    },
    dispose: () => log.close(),
  };
});
