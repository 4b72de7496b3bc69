import {
  type Connection,
  FetchIsolationLevels,
  fetchV13,
  fetchV14,
  fetchV15,
  fetchV16,
  fetchV17,
  initProducerIdV3,
  initProducerIdV4,
  initProducerIdV5,
  ListOffsetTimestamps,
  listOffsetsV5,
  listOffsetsV6,
  listOffsetsV7,
  listOffsetsV8,
  listOffsetsV9,
} from "@platformatic/kafka";
import { FoldbackError } from "../../core/index.ts";
import type { Offset } from "../../event/index.ts";
import { closed, tooLarge } from "../refusals.ts";
import { type Cluster, kafkaErrorOf } from "./cluster.ts";
import { recordsIn } from "./fetchedBatches.ts";
import { produceApis } from "./produceApis.ts";
import { encodeRecordBatch } from "./recordBatch.ts";
import type { Fetched, ProducedRecord, TopicPartition, TopicRange } from "./topicPartition.ts";

const fetchApis = [fetchV17.api, fetchV16.api, fetchV15.api, fetchV14.api, fetchV13.api];
const offsetApis = [
  listOffsetsV9.api,
  listOffsetsV8.api,
  listOffsetsV7.api,
  listOffsetsV6.api,
  listOffsetsV5.api,
];
const producerIdApis = [initProducerIdV5.api, initProducerIdV4.api, initProducerIdV3.api];

/** How long a broker holds an answer back where nothing is new. */
const fetchWaitMs = 500;
/** A few batches; one that is larger comes whole all the same. */
const fetchBytesMax = 8 * 1024 * 1024;
/** How long the leader waits for the other copies before it says that they were too few. */
const replicasMsMax = 8_000;
const sequenceEnd = 2 ** 31;

/** What says for sure that nothing of a batch was appended, and that the same batch never will be. */
const refusals: Readonly<Record<string, (max: number) => FoldbackError>> = {
  MESSAGE_TOO_LARGE: (max) => tooLarge("more than the topic's max.message.bytes", max),
  RECORD_LIST_TOO_LARGE: (max) => tooLarge("more than the topic's segment.bytes", max),
  INVALID_TIMESTAMP: () =>
    new FoldbackError(
      "CONFIG_INVALID",
      "the brokers refuse the time of a record: it is more than message.timestamp.after.max.ms ahead of their clocks " +
        "(or before.max.ms behind). Set this machine's clock right, or import history into a topic that takes it",
    ),
};
/** The broker does not know this producer any more, or not as it is; nothing of this attempt was appended. */
const lostProducer = new Set([
  "UNKNOWN_PRODUCER_ID",
  "INVALID_PRODUCER_EPOCH",
  "OUT_OF_ORDER_SEQUENCE_NUMBER",
  "DUPLICATE_SEQUENCE_NUMBER",
]);
/** The broker answered, and said that it appended nothing. */
const nothingAppended = new Set([
  "NOT_ENOUGH_REPLICAS",
  "NOT_LEADER_OR_FOLLOWER",
  "LEADER_NOT_AVAILABLE",
  "UNKNOWN_TOPIC_OR_PARTITION",
  "FENCED_LEADER_EPOCH",
]);

interface ProducerState {
  readonly id: bigint;
  readonly epoch: number;
  /** Of the next batch's first record. */
  sequence: number;
}

/**
 * A batch is sent by one at a time, with a producer's id and a sequence number that stay the same however often it is
 * sent: the broker that leads, and the one that leads after it, append it once. Where the end stays unknown, the
 * next batch has another id, so that it can't be taken for a repetition.
 */
export class BrokerPartition implements TopicPartition {
  readonly batchBytesMax: number;
  readonly #topicId: string;
  readonly #cluster: Cluster;
  readonly #reading: Cluster;
  readonly #partition: number;
  #producer: ProducerState | undefined;

  /** @param parts `reading` has connections of its own, as a broker answers the requests of one in turn, and holds back a fetch. */
  constructor(parts: {
    cluster: Cluster;
    reading: Cluster;
    partition: number;
    topicId: string;
    batchBytesMax: number;
  }) {
    this.batchBytesMax = parts.batchBytesMax;
    this.#topicId = parts.topicId;
    this.#cluster = parts.cluster;
    this.#reading = parts.reading;
    this.#partition = parts.partition;
  }

  async produce(records: readonly ProducedRecord[]): Promise<Offset> {
    const { topic } = this.#cluster.settings;
    // Whether an attempt may have been appended without our knowing.
    let isUncertain = false;
    try {
      const api = await this.#cluster.retried("finding the brokers", () =>
        this.#cluster.api(produceApis),
      );
      return await this.#cluster.retried(`appending to ${this.#name}`, async () => {
        const producer = (this.#producer ??= await this.#newProducer());
        const { connection } = await this.#cluster.leaderOf(topic, this.#partition);
        try {
          const reply = await api.async(connection, {
            topic,
            partition: this.#partition,
            batch: encodeRecordBatch(records, producer),
            timeoutMs: replicasMsMax,
          });
          producer.sequence = (producer.sequence + records.length) % sequenceEnd;
          return Number(reply.responses[0].partitionResponses[0].baseOffset);
        } catch (error) {
          this.#cluster.forget(error, connection);
          const id = kafkaErrorOf(error) ?? "";
          const refusal = refusals[id];
          if (refusal !== undefined) throw refusal(this.batchBytesMax);
          if (lostProducer.has(id)) {
            this.#producer = undefined;
            // What an earlier attempt did is known by no one any more; sent under another id it might stand twice.
            if (isUncertain) throw this.#cluster.unavailable(`appending to ${this.#name}`, error);
          } else if (!nothingAppended.has(id)) isUncertain = true;
          throw error;
        }
      });
    } catch (error) {
      if (isUncertain) this.#producer = undefined;
      throw error;
    }
  }

  async fetch(from: Offset): Promise<Fetched> {
    const cluster = this.#reading;
    const { topic } = cluster.settings;
    let connection: Connection | undefined;
    try {
      const api = await cluster.api(fetchApis);
      const leader = await cluster.leaderOf(topic, this.#partition);
      connection = leader.connection;
      if (leader.topicId !== this.#topicId) throw this.#replaced();
      const reply = await api.async(
        connection,
        fetchWaitMs,
        1,
        fetchBytesMax,
        FetchIsolationLevels.READ_COMMITTED,
        0,
        0,
        [{ topicId: leader.topicId, partitions: [this.#fetchFrom(from)] }],
        [],
        "",
      );
      return recordsIn(reply.responses[0]?.partitions[0], from);
    } catch (error) {
      if (error instanceof FoldbackError) throw error;
      if (cluster.isClosed) throw closed();
      if (kafkaErrorOf(error) === "OFFSET_OUT_OF_RANGE") throw this.#outOfRange(from);
      cluster.forget(error, connection);
      throw cluster.refusalOf(error) ?? cluster.unavailable(`reading ${this.#name}`, error);
    }
  }

  async range(): Promise<TopicRange> {
    const api = await this.#cluster.api(offsetApis);
    const at = (timestamp: bigint): Promise<Offset> =>
      this.#cluster.retried(`asking for the offsets of ${this.#name}`, async () => {
        const { topic } = this.#cluster.settings;
        const { connection } = await this.#cluster.leaderOf(topic, this.#partition);
        const partitions = [{ partitionIndex: this.#partition, currentLeaderEpoch: -1, timestamp }];
        try {
          const isolation = FetchIsolationLevels.READ_COMMITTED;
          const reply = await api.async(connection, -1, isolation, [{ name: topic, partitions }]);
          return Number(reply.topics[0].partitions[0].offset);
        } catch (error) {
          this.#cluster.forget(error, connection);
          throw error;
        }
      });
    return {
      first: await at(ListOffsetTimestamps.EARLIEST),
      next: await at(ListOffsetTimestamps.LATEST),
    };
  }

  get #name(): string {
    return `partition ${this.#partition} of topic ${this.#cluster.settings.topic}`;
  }

  async #newProducer(): Promise<ProducerState> {
    const api = await this.#cluster.api(producerIdApis);
    const { topic } = this.#cluster.settings;
    // Any broker gives one to a producer without transactions.
    const { connection } = await this.#cluster.leaderOf(topic, this.#partition);
    try {
      const reply = await api.async(connection, null, 0, -1n, -1);
      return { id: reply.producerId, epoch: reply.producerEpoch, sequence: 0 };
    } catch (error) {
      this.#cluster.forget(error, connection);
      throw error;
    }
  }

  #fetchFrom(from: Offset) {
    return {
      partition: this.#partition,
      currentLeaderEpoch: -1,
      fetchOffset: BigInt(from),
      lastFetchedEpoch: -1,
      partitionMaxBytes: fetchBytesMax,
    };
  }

  #outOfRange(from: Offset): FoldbackError {
    const message =
      `${this.#name} does not hold offset ${from}: its retention has passed it, or brokers have lost what they ` +
      `acknowledged. Raise the topic's retention.ms; to go on with what is there, remove the copy's directory`;
    return new FoldbackError("DATA_CORRUPT", message, { details: { offset: from } });
  }

  #replaced(): FoldbackError {
    const message = `topic ${this.#cluster.settings.topic} was deleted and made again while it was read. Open the log anew`;
    return new FoldbackError("DATA_CORRUPT", message);
  }
}
