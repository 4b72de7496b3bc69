/** The contract of logs, over a partition in memory; over real brokers: `realBrokers.kafka.test.ts`. */
import { logConformance } from "../../testing/logConformance.ts";
import { SimulatedFiles } from "../../testing/simulatedFiles.ts";
import { SimulatedTopic, type TopicFaults } from "../../testing/simulatedTopic.ts";
import { openKafkaLog } from "./kafkaLog.ts";

const kafka = { brokers: ["simulated:1"] };

for (const [name, faults] of Object.entries<TopicFaults>({
  "a steady topic": {},
  "slow, few records at a time, failing fetches": {
    delayTurnsMax: 3,
    fetchCountMax: 20,
    failFetch: 0.02,
  },
})) {
  logConformance(`Kafka, simulated: ${name}`, async (options) => {
    const files = new SimulatedFiles();
    const topic = new SimulatedTopic(1, faults);
    let connection = topic.open();
    const open = () => {
      connection = topic.open();
      return openKafkaLog({
        ...options,
        kafka,
        directory: "log",
        files,
        segmentBytesMax: 2_000,
        openTopic: async () => connection,
      });
    };
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
        await connection.close();
        await log.close().catch(() => undefined); // so that nothing of it goes on beside the next
        files.restart("torn");
        log = await open();
        return log;
      },
      dispose: () => log.close(),
    };
  });
}
