import { BrokerPartition } from "./brokerPartition.ts";
import { Cluster } from "./cluster.ts";
import type { KafkaSettings } from "./kafkaOptions.ts";
import { prepareTopic } from "./prepareTopic.ts";
import type { Topic } from "./topicPartition.ts";

/**
 * Opens the topic, which is made if it is not there.
 *
 * @throws FoldbackError CONFIG_INVALID, LOG_UNAVAILABLE.
 */
export async function openBrokerTopic(settings: KafkaSettings): Promise<Topic> {
  const clusters = [new Cluster(settings)];
  const [cluster] = clusters;
  const close = async (): Promise<void> => {
    await Promise.all(clusters.map((each) => each.close()));
  };
  try {
    const { topicId, batchBytesMax } = await prepareTopic(cluster);
    return {
      id: topicId,
      partition: (partition) => {
        // Connects when it is first read from, if ever.
        const reading = new Cluster(settings);
        clusters.push(reading);
        return new BrokerPartition({ cluster, reading, partition, topicId, batchBytesMax });
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
