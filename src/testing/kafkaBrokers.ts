import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
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

/** As `scripts/kafka.mjs` notes it. */
export interface TestCluster {
  readonly nodes: readonly {
    readonly id: number;
    readonly port: number;
    readonly securePort: number;
  }[];
  readonly certificateFile: string;
  readonly user: string;
  readonly password: string;
}

const directory = process.env["FOLDBACK_KAFKA_CLUSTER"];
const root = fileURLToPath(new URL("../..", import.meta.url));
const script = join(root, "scripts", "kafka.mjs");

/** The tests' own cluster, whose brokers may be ended; undefined where it is somebody else's. */
export function testCluster(): TestCluster | undefined {
  if (directory === undefined) return undefined;
  return JSON.parse(readFileSync(join(directory, "cluster.json"), "utf8")) as TestCluster;
}

export async function signalBroker(id: number, signal: NodeJS.Signals): Promise<void> {
  await runScript("signal", String(id), signal);
}

/** Resolves when it answers again. */
export async function restartBroker(id: number): Promise<void> {
  await runScript("restart", String(id));
}

async function runScript(...words: string[]): Promise<void> {
  await promisify(execFile)(process.execPath, [script, ...words, "--directory", directory ?? ""]);
}
