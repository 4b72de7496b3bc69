import { readFileSync } from "node:fs";
import { FoldbackError, type Static, Type } from "../core/index.ts";
import type { KafkaOptions } from "../log/index.ts";
import { closed, whole } from "./settingTypes.ts";

const dayMs = 86_400_000;

export const kafkaSettings = Type.Object(
  {
    brokers: Type.Array(Type.String({ minLength: 1 }), {
      description:
        "Brokers of Apache Kafka, `host:port`, to keep the log in ([KAFKA.md](KAFKA.md)); none: it is in the data directory alone.",
      default: [],
      maxItems: 100,
    }),
    topic: Type.String({
      description: "The topic of events; made if it is not there.",
      default: "events",
      pattern: "^[A-Za-z0-9._-]{1,249}$",
    }),
    replicationFactor: whole("Copies among the brokers, when the topic is made.", 3, 1, 32_767),
    minInSyncReplicas: whole(
      "Copies that must have an event before it is acknowledged, when the topic is made.",
      2,
      1,
      32_767,
    ),
    retentionDays: whole(
      "How long the topic keeps events, when it is made; 0: for ever.",
      0,
      0,
      36_500,
    ),
    timeoutSeconds: whole("How long an append goes on trying while brokers are away.", 30, 1, 3600),
    tls: Type.Boolean({ description: "Whether connections are encrypted.", default: false }),
    tlsCaFile: Type.String({
      description: "Certificates (PEM) to trust instead of the system's.",
      default: "",
    }),
    saslMechanism: Type.Union(
      [
        Type.Literal("none"),
        Type.Literal("plain"),
        Type.Literal("scram-sha-256"),
        Type.Literal("scram-sha-512"),
      ],
      { description: "How the brokers are logged in to.", default: "none" },
    ),
    saslUsername: Type.String({ description: "Who logs in.", default: "" }),
    saslPasswordFile: Type.String({
      description: "A file with the password; it is never in the config itself.",
      default: "",
    }),
  },
  { ...closed, default: {} },
);

type KafkaSettings = Static<typeof kafkaSettings>;

/**
 * How the log reaches its brokers. One partition: a node that runs the whole engine has all accounts.
 *
 * @throws FoldbackError CONFIG_INVALID for a file that can't be read.
 */
export function kafkaOptionsOf(settings: KafkaSettings): KafkaOptions {
  const { brokers, topic, replicationFactor, minInSyncReplicas } = settings;
  const { retentionDays, timeoutSeconds, tls, tlsCaFile, saslMechanism } = settings;
  return {
    brokers,
    topic,
    partitionCount: 1,
    replicationFactor,
    minInSyncReplicas: Math.min(minInSyncReplicas, replicationFactor),
    retentionMs: retentionDays === 0 ? -1 : retentionDays * dayMs,
    timeoutMs: timeoutSeconds * 1_000,
    ...(tls && { tls: tlsCaFile === "" ? true : { ca: read("tlsCaFile", tlsCaFile) } }),
    ...(saslMechanism !== "none" && {
      sasl: {
        mechanism: saslMechanism,
        username: settings.saslUsername,
        password: read("saslPasswordFile", settings.saslPasswordFile).trim(),
      },
    }),
  };
}

function read(name: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const setting = `log.kafka.${name}`;
    const message = `${setting} is "${path}", which can't be read; allowed: the path of a file`;
    throw new FoldbackError("CONFIG_INVALID", message, { cause, details: { setting } });
  }
}
