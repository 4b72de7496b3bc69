import { ConfigResourceTypes } from "@platformatic/kafka";
import { FoldbackError } from "../../core/index.ts";
import { type Cluster, kafkaErrorOf } from "./cluster.ts";
import type { KafkaSettings } from "./kafkaOptions.ts";

/** A producer whose clock is further ahead than this is refused, as log time never goes back from there. Kafka 4's default. */
const clockAheadMsMax = 3_600_000;

/**
 * The topic as it is, made if it is not there.
 *
 * @throws FoldbackError CONFIG_INVALID: another number of partitions, settings that would lose events or their times, or more copies than
 *   brokers; LOG_UNAVAILABLE.
 */
export async function prepareTopic(
  cluster: Cluster,
): Promise<{ topicId: string; batchBytesMax: number }> {
  const { settings } = cluster;
  const { topic, partitionCount } = settings;
  const found = await cluster.retried(`looking for topic ${topic}`, async () => {
    try {
      return await partitionsOf(cluster);
    } catch (error) {
      if (!isUnknownTopic(error)) throw error;
      await create(cluster);
      return partitionsOf(cluster);
    }
  });
  if (found.count !== partitionCount) {
    const message =
      `topic ${topic} has ${found.count} partitions; the config says ${partitionCount}. The number is fixed, as accounts ` +
      `stay with their partition: set kafka.partitionCount to ${found.count}, or name another topic`;
    throw invalid("kafka.partitionCount", message);
  }
  const config = await cluster.retried(`reading the settings of topic ${topic}`, () =>
    configOf(cluster),
  );
  checkConfig(settings, config);
  const batchBytesMax = Number(config.get("max.message.bytes") ?? settings.batchBytesMax);
  return { topicId: found.id, batchBytesMax: Math.min(batchBytesMax, settings.batchBytesMax) };
}

async function partitionsOf({ admin, settings }: Cluster): Promise<{ id: string; count: number }> {
  const { topic } = settings;
  const metadata = await admin.metadata({ topics: [topic], forceUpdate: true });
  const found = metadata.topics.get(topic);
  // A new topic is known before its leaders are.
  if (found === undefined || found.partitions.some(({ leader }) => leader < 0)) {
    throw new Error(`topic ${topic} has no leaders yet`);
  }
  return { id: found.id, count: found.partitionsCount };
}

async function create({ admin, settings }: Cluster): Promise<void> {
  const { topic, partitionCount, replicationFactor } = settings;
  try {
    await admin.createTopics({
      topics: [topic],
      partitions: partitionCount,
      replicas: replicationFactor,
      configs: Object.entries(topicConfig(settings)).map(([name, value]) => ({ name, value })),
    });
  } catch (error) {
    const id = kafkaErrorOf(error);
    if (id === "TOPIC_ALREADY_EXISTS") return; // another node was first, with the same settings or it is refused below
    if (id === "INVALID_REPLICATION_FACTOR") {
      const message =
        `topic ${topic} can't be made with ${replicationFactor} copies: the cluster has fewer brokers. ` +
        `Add brokers, or set kafka.replicationFactor (1 copy loses events with its broker)`;
      throw invalid("kafka.replicationFactor", message);
    }
    throw error;
  }
}

function topicConfig(settings: KafkaSettings): Record<string, string> {
  return {
    "cleanup.policy": "delete",
    "retention.ms": String(settings.retentionMs),
    "retention.bytes": "-1",
    "min.insync.replicas": String(settings.minInSyncReplicas),
    "max.message.bytes": String(settings.batchBytesMax),
    // The producing node's clock, or the event's own time for imports: what log time is made from.
    "message.timestamp.type": "CreateTime",
    "message.timestamp.after.max.ms": String(clockAheadMsMax),
    "unclean.leader.election.enable": "false",
  };
}

async function configOf({ admin, settings }: Cluster): Promise<Map<string, string>> {
  const resourceType = ConfigResourceTypes.TOPIC;
  try {
    const [{ configs }] = await admin.describeConfigs({
      resources: [{ resourceType, resourceName: settings.topic }],
    });
    return new Map(configs.map(({ name, value }) => [name, value ?? ""]));
  } catch (error) {
    // Who may read and write a topic need not be allowed to look at its settings: then they are taken for ours.
    if (kafkaErrorOf(error)?.endsWith("AUTHORIZATION_FAILED") === true) return new Map();
    throw error;
  }
}

function checkConfig({ topic }: KafkaSettings, config: ReadonlyMap<string, string>): void {
  const policy = config.get("cleanup.policy") ?? "delete";
  if (policy.includes("compact")) {
    const message =
      `topic ${topic} has cleanup.policy ${policy}: compacting keeps one event an account. Set it to delete, or name ` +
      `another topic`;
    throw invalid("kafka.topic", message);
  }
  const timestamp = config.get("message.timestamp.type") ?? "CreateTime";
  if (timestamp !== "CreateTime") {
    const message =
      `topic ${topic} has message.timestamp.type ${timestamp}: imported history would lose its times. Set it to ` +
      `CreateTime, or name another topic`;
    throw invalid("kafka.topic", message);
  }
}

/** Told by its code, or in the library's words, which are of a fixed version. */
function isUnknownTopic(error: unknown): boolean {
  if (kafkaErrorOf(error) === "UNKNOWN_TOPIC_OR_PARTITION") return true;
  return error instanceof Error && error.message.startsWith("Unknown topic ");
}

function invalid(setting: string, message: string): FoldbackError {
  return new FoldbackError("CONFIG_INVALID", message, { details: { setting } });
}
