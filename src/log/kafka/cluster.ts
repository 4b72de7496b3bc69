/**
 * The brokers of a cluster, by Kafka's protocol: who leads a partition, connections to them, and what to make of
 * their errors. Everything that imports the client library is behind this file, so that who has no Kafka never loads it.
 */
import { isIP } from "node:net";
import { setTimeout } from "node:timers/promises";
import {
  Admin,
  type API,
  type Broker,
  type Connection,
  type ConnectionOptions,
  ConnectionPool,
} from "@platformatic/kafka";
import { FoldbackError } from "../../core/index.ts";
import type { KafkaSettings } from "./kafkaOptions.ts";

/** An answer that takes longer is no answer: the broker is paused, or the network cut. */
const requestMsMax = 10_000;
const connectMsMax = 5_000;
const pauseMsMin = 50;
const pauseMsMax = 1_000;

export interface Leader {
  readonly connection: Connection;
  readonly topicId: string;
}

export class Cluster {
  readonly settings: KafkaSettings;
  readonly admin: Admin;
  readonly #pool: ConnectionPool;
  #versions: Map<number, { min: number; max: number }> | undefined;
  #isStale = false;
  #isClosed = false;

  constructor(settings: KafkaSettings) {
    this.settings = settings;
    const options = connectionOptions(settings);
    this.admin = new Admin({
      ...options,
      clientId: settings.clientId,
      bootstrapBrokers: [...settings.brokers],
      timeout: requestMsMax,
      // Retrying is done here, until a time rather than a number.
      retries: 0,
      metadataMaxAge: 60_000,
      autocreateTopics: false,
    });
    this.#pool = new ConnectionPool(settings.clientId, options);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** A connection to the broker that leads the partition now, as far as is known; each caller of `Cluster` has its own. */
  async leaderOf(topic: string, partition: number): Promise<Leader> {
    const metadata = await this.admin.metadata({ topics: [topic], forceUpdate: this.#isStale });
    this.#isStale = false;
    const found = metadata.topics.get(topic);
    const broker = metadata.brokers.get(found?.partitions[partition]?.leader ?? -1);
    if (found === undefined || broker === undefined) {
      this.#isStale = true;
      throw new Error(`partition ${partition} of ${topic} has no leader now`);
    }
    return { connection: await this.#pool.get(broker satisfies Broker), topicId: found.id };
  }

  /** The newest of an API's versions that the brokers have too. */
  async api<Arguments extends unknown[], Reply>(
    candidates: readonly API<Arguments, Reply>[],
  ): Promise<API<Arguments, Reply>> {
    this.#versions ??= new Map(
      (await this.admin.listApis()).map(({ apiKey, minVersion, maxVersion }) => [
        apiKey,
        { min: minVersion, max: maxVersion },
      ]),
    );
    for (const candidate of candidates) {
      const range = this.#versions.get(candidate.key);
      if (range === undefined) continue;
      if (candidate.version >= range.min && candidate.version <= range.max) return candidate;
    }
    const wanted = candidates.map(({ version }) => version).join(", ");
    const message =
      `the brokers do not speak any of versions ${wanted} of Kafka's API ${candidates[0].key}; ` +
      `allowed: Apache Kafka 3.5 or later, or what speaks the same protocol`;
    throw new FoldbackError("CONFIG_INVALID", message);
  }

  /** After an error: who leads is looked up anew, and a connection that did not answer is not used again. */
  forget(error: unknown, connection: Connection | undefined): void {
    this.#isStale = true;
    if (kafkaErrorOf(error) === undefined) connection?.socket.destroy();
  }

  /**
   * Tries until it works, an error says that it never will, or the time is over.
   *
   * @throws FoldbackError what `attempt` throws as one; CONFIG_INVALID for a refused login; LOG_UNAVAILABLE.
   */
  async retried<Value>(what: string, attempt: () => Promise<Value>): Promise<Value> {
    const { timeoutMs } = this.settings;
    const began = performance.now();
    for (let pauseMs = pauseMsMin; ; pauseMs = Math.min(pauseMsMax, 2 * pauseMs)) {
      try {
        return await attempt();
      } catch (error) {
        if (error instanceof FoldbackError) throw error;
        const refused = this.refusalOf(error);
        if (refused !== undefined) throw refused;
        if (this.#isClosed || performance.now() - began + pauseMs > timeoutMs) {
          throw this.unavailable(what, error);
        }
        this.#isStale = true;
        await setTimeout(pauseMs, undefined, { ref: false });
      }
    }
  }

  /** What no retry mends: a login that is refused, or a thing that the login may not do. */
  refusalOf(error: unknown): FoldbackError | undefined {
    const { sasl, brokers } = this.settings;
    const id = kafkaErrorOf(error) ?? "";
    const isLogin = find(error, "code", "PLT_KFK_AUTHENTICATION") !== undefined;
    if (!isLogin && !/AUTHORIZATION_FAILED|SASL/.test(id)) return undefined;
    const who = sasl === undefined ? "without a login" : `as ${sasl.username} by ${sasl.mechanism}`;
    const message = `Kafka at ${brokers.join(", ")} refused foldback, which came ${who}: ${textOf(error)}`;
    return new FoldbackError("CONFIG_INVALID", message, { details: { setting: "kafka.sasl" } });
  }

  unavailable(what: string, error: unknown): FoldbackError {
    const { brokers } = this.settings;
    const message =
      `${what} did not work: ${textOf(error)}. Check that the brokers run (${brokers.join(", ")}) and that ` +
      `enough copies of the partition are in sync, then retry`;
    // The library's own errors hold connections, with what they were made from: only their words go on.
    return new FoldbackError("LOG_UNAVAILABLE", message, { cause: new Error(textOf(error)) });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    // Not in good order: an answer that is waited for may take half a second, or never come.
    for (const [, connection] of this.#pool) connection.socket.destroy();
    await Promise.allSettled([this.#pool.close(), this.admin.close()]);
  }
}

function connectionOptions({ brokers, tls, sasl }: KafkaSettings): ConnectionOptions {
  // Proxies in front of many brokers tell them apart by the name; an address is none.
  const haveNames = brokers.every((broker) => isIP(broker.replace(/:\d+$/, "")) === 0);
  return {
    connectTimeout: connectMsMax,
    requestTimeout: requestMsMax,
    ...(tls !== undefined && tls !== false && { tls: tls === true ? {} : { ...tls } }),
    ...(haveNames && { tlsServerName: true }),
    ...(sasl !== undefined && {
      sasl: {
        mechanism: sasl.mechanism.toUpperCase() as "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512",
        username: sasl.username,
        password: sasl.password,
      },
    }),
  };
}

/** The name of the error that a broker answered with, such as `NOT_ENOUGH_REPLICAS`; undefined where none answered. */
export function kafkaErrorOf(error: unknown): string | undefined {
  const ids = idsIn(error);
  // What it says of single records comes first, under no name of its own.
  return ids.find((id) => id !== "UNKNOWN_SERVER_ERROR") ?? ids[0];
}

function idsIn(error: unknown): string[] {
  const own = errorFields(error)["apiId"];
  return [...(typeof own === "string" ? [own] : []), ...partsOf(error).flatMap(idsIn)];
}

function find(error: unknown, name: string, value: unknown): unknown {
  if (errorFields(error)[name] === value) return error;
  return partsOf(error).find((part) => find(part, name, value) !== undefined);
}

/** In the library's words, the innermost, on one line. */
function textOf(error: unknown): string {
  const [part] = partsOf(error);
  if (part !== undefined) return textOf(part);
  return error instanceof Error ? error.message.replace(/\s+/g, " ") : String(error);
}

function partsOf(error: unknown): unknown[] {
  const { errors, cause } = errorFields(error);
  const parts = Array.isArray(errors) ? [...(errors as unknown[])] : [];
  if (cause !== undefined && cause !== null) parts.push(cause);
  return parts;
}

function errorFields(error: unknown): Record<string, unknown> {
  return typeof error === "object" && error !== null ? (error as Record<string, unknown>) : {};
}
