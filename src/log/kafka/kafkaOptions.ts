import { FoldbackError } from "../../core/index.ts";

export interface KafkaSasl {
  readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
  readonly username: string;
  /** Never in an error or a notice. */
  readonly password: string;
}

export interface KafkaTls {
  /** Certificates (PEM) to trust instead of the system's. */
  readonly ca?: string;
  /** The client's own, where the brokers ask for one, PEM. */
  readonly cert?: string;
  readonly key?: string;
}

/** A topic of events, and how to reach it. */
export interface KafkaOptions {
  /** Some of the brokers, `host:port`; they name the others. */
  readonly brokers: readonly string[];
  /** Default `events`. Made if it is not there. */
  readonly topic?: string;
  /**
   * How many partitions the topic has, 1 to 10,000: the most learn nodes there can ever be, as accounts stay with their
   * partition. Fixed when it is made; a topic that has another number is refused. Default 1.
   */
  readonly partitionCount?: number;
  /** Copies of each partition among the brokers, when the topic is made. Default 3. */
  readonly replicationFactor?: number;
  /** Copies that must have a record before it is acknowledged, when the topic is made. Default 2, or 1 for one copy. */
  readonly minInSyncReplicas?: number;
  /** How long the topic keeps a record, milliseconds; -1: for ever. When the topic is made. Default -1. */
  readonly retentionMs?: number;
  /** The largest record batch, and so the largest append, when the topic is made. Default 8 MiB. */
  readonly batchBytesMax?: number;
  /** How long an append or the opening goes on trying while brokers are away. Default 30 s. */
  readonly timeoutMs?: number;
  readonly tls?: boolean | KafkaTls;
  readonly sasl?: KafkaSasl;
  /** What the brokers call this client in their logs. Default `foldback`. */
  readonly clientId?: string;
}

export type KafkaSettings = Required<Omit<KafkaOptions, "sasl" | "tls">> &
  Pick<KafkaOptions, "sasl" | "tls">;

/** Kafka's own rule for names. */
const topicPattern = /^[\w.-]{1,249}$/;
const brokerPattern = /^(\[[\da-fA-F:]+\]|[^\s:/]+):\d{1,5}$/;
const mechanisms: readonly string[] = ["plain", "scram-sha-256", "scram-sha-512"];

/** Fills in the defaults. @throws FoldbackError CONFIG_INVALID naming the setting that is out of range. */
export function checkKafkaOptions(options: KafkaOptions): KafkaSettings {
  const replicationFactor = options.replicationFactor ?? 3;
  const settings = {
    topic: "events",
    partitionCount: 1,
    minInSyncReplicas: Math.min(2, replicationFactor),
    retentionMs: -1,
    batchBytesMax: 8 * 1024 * 1024,
    timeoutMs: 30_000,
    clientId: "foldback",
    ...options,
    replicationFactor,
  };
  if (settings.brokers.length === 0)
    throw invalid("brokers", "an empty list", "host:port of at least one broker");
  for (const broker of settings.brokers) {
    if (!brokerPattern.test(broker)) throw invalid("brokers", `"${broker}"`, "host:port");
  }
  if (!topicPattern.test(settings.topic)) {
    throw invalid("topic", `"${settings.topic}"`, "1 to 249 of letters, digits, dot, _ and -");
  }
  checkRange("partitionCount", settings.partitionCount, 1, 10_000);
  checkRange("replicationFactor", settings.replicationFactor, 1, 32_767);
  checkRange("minInSyncReplicas", settings.minInSyncReplicas, 1, settings.replicationFactor);
  checkRange("retentionMs", settings.retentionMs, -1, Number.MAX_SAFE_INTEGER);
  // Held in memory a few times over, by the brokers as well.
  checkRange("batchBytesMax", settings.batchBytesMax, 1_024, 32 * 1024 * 1024);
  checkRange("timeoutMs", settings.timeoutMs, 100, 3_600_000);
  const { sasl } = settings;
  if (sasl !== undefined) {
    if (!mechanisms.includes(sasl.mechanism)) {
      throw invalid("sasl.mechanism", `"${sasl.mechanism}"`, mechanisms.join(", "));
    }
    for (const name of ["username", "password"] as const) {
      if (typeof sasl[name] !== "string" || sasl[name] === "") {
        throw invalid(`sasl.${name}`, "nothing", "a text that is not empty");
      }
    }
  }
  return settings;
}

function checkRange(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw invalid(name, String(value), `whole numbers from ${min} to ${max}`);
}

function invalid(name: string, came: string, allowed: string): FoldbackError {
  const message = `kafka.${name} is ${came}; allowed: ${allowed}`;
  return new FoldbackError("CONFIG_INVALID", message, { details: { setting: `kafka.${name}` } });
}
