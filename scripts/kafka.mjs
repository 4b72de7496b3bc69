/**
 * Real Apache Kafka brokers on this machine, for tests and benches: `node scripts/kafka.mjs start`, then `stop`.
 *
 * Fetched once from Maven Central into `build/kafka/` (Java 17 and Maven must be there), then three nodes on
 * loopback and free ports, each broker and controller in one (KRaft, no ZooKeeper), with small heaps. Every
 * node has a plain listener and one with TLS and SASL (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512).
 *
 * `KAFKA_BROKERS=host:port,…` names a cluster that is there; then none is started.
 */
import { execFile, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs, promisify } from "node:util";
import { isMain, root } from "./lib/project.mjs";

/**
 * @typedef {{ id: number, port: number, securePort: number, controllerPort: number, pid: number }} KafkaNode
 * @typedef {{ directory: string, nodes: KafkaNode[], certificateFile: string, user: string, password: string }} KafkaCluster
 * @typedef {{ readonly missing: string }} NoKafka
 */

const pom = join(root, "scripts", "kafka", "pom.xml");
const folder = join(root, "build", "kafka");
const libraries = join(folder, "libs");
const defaultDirectory = join(folder, "cluster");

/** A broker at rest takes 150 MB of heap; three fit a machine that has other things to do. */
const javaFlags = ["-Xmx256m", "-Xms64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
/** Of a process that starts on a busy machine. */
const startMsMax = 90_000;

const runFile = promisify(execFile);

/**
 * Fetches the brokers, unless they are there. Takes half a minute and the network.
 *
 * @returns {Promise<NoKafka | undefined>} what this machine lacks.
 */
export async function prepareKafka() {
  const wanted = createHash("sha256").update(readFileSync(pom)).digest("hex");
  // The last thing that is written: what was broken off is done again.
  const done = join(folder, "fetched.txt");
  const java = await failureOf("java", ["-version"]);
  if (java !== undefined) return { missing: `Java 17 (${java})` };
  if (existsSync(done) && readFileSync(done, "utf8") === wanted) return undefined;
  rmSync(libraries, { recursive: true, force: true });
  mkdirSync(libraries, { recursive: true });
  const maven = await failureOf("mvn", ["--version"]);
  if (maven !== undefined) return { missing: `Maven (${maven})` };
  const fetched = await failureOf("mvn", [
    ...["--quiet", "--batch-mode", "--file", pom],
    "dependency:copy-dependencies",
    `-DoutputDirectory=${libraries}`,
    "-DincludeScope=runtime",
  ]);
  if (fetched !== undefined) return { missing: `org.apache.kafka from Maven Central (${fetched})` };
  writeFileSync(done, wanted);
  return undefined;
}

/**
 * A new, empty cluster in the directory; returns when every node answers.
 *
 * @param {{ directory?: string, nodeCount?: number }} [options]
 * @returns {Promise<KafkaCluster>}
 */
export async function startCluster({ directory = defaultDirectory, nodeCount = 3 } = {}) {
  if (existsSync(join(directory, "cluster.json"))) await stopCluster(directory);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const ports = await freePorts(3 * nodeCount);
  const nodes = Array.from({ length: nodeCount }, (_, i) => ({
    id: i + 1,
    port: ports[3 * i],
    securePort: ports[3 * i + 1],
    controllerPort: ports[3 * i + 2],
    pid: 0,
  }));
  const cluster = {
    directory,
    nodes,
    certificateFile: join(directory, "certificate.pem"),
    user: "foldback",
    password: randomBytes(12).toString("hex"),
  };
  await makeCertificate(cluster);
  const id = randomBytes(16).toString("base64url");
  await Promise.all(nodes.map((node) => formatNode(cluster, node, id)));
  for (const node of nodes) node.pid = await spawnNode(cluster, node);
  save(cluster);
  await Promise.all(nodes.map((node) => answers(cluster, node)));
  return cluster;
}

/**
 * The cluster that was started in the directory.
 *
 * @param {string} [directory]
 * @returns {KafkaCluster}
 */
export function clusterIn(directory = defaultDirectory) {
  return JSON.parse(readFileSync(join(directory, "cluster.json"), "utf8"));
}

/** @param {KafkaCluster} cluster */
export function brokersOf({ nodes }) {
  return nodes.map(({ port }) => `127.0.0.1:${port}`);
}

/**
 * Ends a node: `SIGKILL` as a machine ends that loses its power, `SIGTERM` in good order.
 *
 * @param {KafkaCluster} cluster
 * @param {number} id
 * @param {NodeJS.Signals} [signal]
 */
export async function signalNode(cluster, id, signal = "SIGKILL") {
  const node = nodeOf(cluster, id);
  if (node.pid === 0 || !isRunning(node.pid)) return;
  process.kill(node.pid, signal);
  if (signal === "SIGSTOP" || signal === "SIGCONT") return;
  for (let waited = 0; isRunning(node.pid) && waited < startMsMax; waited += 50)
    await setTimeout(50);
}

/**
 * Starts a node again that was ended; returns when it answers.
 *
 * @param {KafkaCluster} cluster
 * @param {number} id
 */
export async function restartNode(cluster, id) {
  const node = nodeOf(cluster, id);
  if (node.pid !== 0 && isRunning(node.pid)) return;
  node.pid = await spawnNode(cluster, node);
  save(cluster);
  await answers(cluster, node);
}

/** @param {string} [directory] */
export async function stopCluster(directory = defaultDirectory) {
  const cluster = clusterIn(directory);
  // Without power rather than in good order: what they hold goes as well.
  await Promise.all(cluster.nodes.map(({ id }) => signalNode(cluster, id)));
  rmSync(directory, { recursive: true, force: true });
}

/**
 * @param {KafkaCluster} cluster
 * @param {number} id
 */
function nodeOf(cluster, id) {
  const node = cluster.nodes.find((candidate) => candidate.id === id);
  if (node === undefined) throw new Error(`no node ${id}`);
  return node;
}

/** @param {KafkaCluster} cluster */
function save(cluster) {
  writeFileSync(join(cluster.directory, "cluster.json"), JSON.stringify(cluster, null, 2));
}

/**
 * @param {KafkaCluster} cluster
 * @param {KafkaNode} node
 * @param {string} clusterId
 */
async function formatNode(cluster, node, clusterId) {
  mkdirSync(nodeDirectory(cluster, node), { recursive: true });
  const properties = propertiesFile(cluster, node);
  writeFileSync(properties, propertiesOf(cluster, node));
  const { user, password } = cluster;
  const credentials = ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((mechanism) => [
    "--add-scram",
    `${mechanism}=[name=${user},password=${password}]`,
  ]);
  await runFile("java", [
    ...javaFlags,
    ...["-cp", join(libraries, "*"), "kafka.tools.StorageTool", "format"],
    ...["--cluster-id", clusterId, "--config", properties, ...credentials],
  ]);
}

/**
 * @param {KafkaCluster} cluster
 * @param {KafkaNode} node
 */
function propertiesOf(cluster, node) {
  const { nodes, directory, user, password } = cluster;
  const voters = nodes.map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`);
  const replicas = Math.min(3, nodes.length);
  const inSync = Math.min(2, nodes.length);
  const jaas = "org.apache.kafka.common.security";
  const login = `username="${user}" password="${password}"`;
  const settings = {
    "process.roles": "broker,controller",
    "node.id": node.id,
    "controller.quorum.voters": voters.join(","),
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    listeners:
      `PLAINTEXT://127.0.0.1:${node.port},SECURE://127.0.0.1:${node.securePort},` +
      `CONTROLLER://127.0.0.1:${node.controllerPort}`,
    "advertised.listeners": `PLAINTEXT://127.0.0.1:${node.port},SECURE://127.0.0.1:${node.securePort}`,
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL",
    "log.dirs": join(nodeDirectory(cluster, node), "data"),
    "auto.create.topics.enable": false,
    "offsets.topic.replication.factor": replicas,
    "offsets.topic.num.partitions": 3,
    "transaction.state.log.replication.factor": replicas,
    "transaction.state.log.min.isr": inSync,
    "transaction.state.log.num.partitions": 3,
    "group.initial.rebalance.delay.ms": 0,
    // For tests that end a node: who is gone is known after seconds, not after half a minute.
    "broker.session.timeout.ms": 4000,
    "broker.heartbeat.interval.ms": 500,
    "replica.lag.time.max.ms": 4000,
    // What otherwise is reserved for cleaning, 128 MiB, is half of the heap.
    "log.cleaner.dedupe.buffer.size": 4_194_304,
    "num.network.threads": 2,
    "num.io.threads": 2,
    "ssl.keystore.location": join(directory, "keys.p12"),
    "ssl.keystore.password": password,
    "ssl.keystore.type": "PKCS12",
    "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
    "listener.name.secure.plain.sasl.jaas.config": `${jaas}.plain.PlainLoginModule required ${login} user_${user}="${password}";`,
    "listener.name.secure.scram-sha-256.sasl.jaas.config": `${jaas}.scram.ScramLoginModule required;`,
    "listener.name.secure.scram-sha-512.sasl.jaas.config": `${jaas}.scram.ScramLoginModule required;`,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}

/** @param {KafkaCluster} cluster */
async function makeCertificate({ directory, certificateFile, password }) {
  const store = ["-keystore", join(directory, "keys.p12"), "-storetype", "PKCS12"];
  const secret = ["-storepass", password, "-alias", "broker"];
  await runFile("keytool", [
    ...["-genkeypair", ...store, ...secret, "-keyalg", "EC", "-groupname", "secp256r1"],
    ...["-validity", "2", "-dname", "CN=127.0.0.1", "-ext", "san=ip:127.0.0.1,dns:localhost"],
    ...["-ext", "bc=ca:true"],
  ]);
  const { stdout } = await runFile("keytool", ["-exportcert", "-rfc", ...store, ...secret]);
  writeFileSync(certificateFile, stdout);
}

/**
 * @param {KafkaCluster} cluster
 * @param {KafkaNode} node
 */
async function spawnNode(cluster, node) {
  const output = openSync(outputFile(cluster, node), "a");
  const words = [
    ...javaFlags,
    ...["-cp", join(libraries, "*"), "kafka.Kafka", propertiesFile(cluster, node)],
  ];
  // It outlives this script, and a terminal's interruption is not for it.
  const child = spawn("java", words, { detached: true, stdio: ["ignore", output, output] });
  await once(child, "spawn");
  child.unref();
  closeSync(output);
  return child.pid ?? 0;
}

/**
 * @param {KafkaCluster} cluster
 * @param {KafkaNode} node
 */
async function answers(cluster, node) {
  for (let waited = 0; waited < startMsMax; waited += 100) {
    if (await accepts(node.port)) return;
    if (!isRunning(node.pid)) break;
    await setTimeout(100);
  }
  const output = readFileSync(outputFile(cluster, node), "utf8").slice(-2000);
  throw new Error(`Kafka's node ${node.id} does not answer; it said:\n${output}`);
}

/** @param {number} port */
async function accepts(port) {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false; // nobody listens yet, which is what was asked
  } finally {
    socket.destroy();
  }
}

/** @param {number} pid */
function isRunning(pid) {
  try {
    process.kill(pid, 0);
  } catch {
    return false; // no such process
  }
  // Ended, but not yet collected by whoever started it.
  const status = `/proc/${pid}/stat`;
  return !existsSync(status) || !/\) Z /.test(readFileSync(status, "utf8"));
}

/**
 * All at once, so that they differ.
 *
 * @param {number} count
 */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => server.close()).map((server) => once(server, "close")));
  return ports;
}

/**
 * @param {KafkaCluster} cluster
 * @param {KafkaNode} node
 */
function nodeDirectory(cluster, { id }) {
  return join(cluster.directory, `node-${id}`);
}

/**
 * @param {KafkaCluster} cluster
 * @param {KafkaNode} node
 */
function propertiesFile(cluster, node) {
  return join(nodeDirectory(cluster, node), "server.properties");
}

/**
 * @param {KafkaCluster} cluster
 * @param {KafkaNode} node
 */
function outputFile(cluster, node) {
  return join(nodeDirectory(cluster, node), "output.txt");
}

/**
 * Why it did not work, in its own last words; undefined if it did.
 *
 * @param {string} command
 * @param {string[]} words
 */
async function failureOf(command, words) {
  try {
    await runFile(command, words, { maxBuffer: 16 * 1024 * 1024 });
    return undefined;
  } catch (error) {
    const { message, stdout = "" } = /** @type {Error & { stdout?: string }} */ (error);
    return stdout.trim() === ""
      ? message.split("\n")[0]
      : stdout.trim().split("\n").slice(0, 3).join(" ");
  }
}

const help = `node scripts/kafka.mjs COMMAND [--directory DIR]
  start              three brokers, and what KAFKA_BROKERS is then
  stop               ends them, and removes what they held
  signal ID SIGNAL   SIGKILL, SIGTERM, SIGSTOP or SIGCONT to one of them
  restart ID         starts one again that was ended`;

/** @param {string[]} words */
async function main(words) {
  const { values, positionals } = parseArgs({
    args: words,
    allowPositionals: true,
    options: { directory: { type: "string", default: defaultDirectory } },
  });
  const { directory } = values;
  const [command = "", id = "", signal = ""] = positionals;
  if (command === "stop") await stopCluster(directory);
  else if (command === "signal") {
    await signalNode(clusterIn(directory), Number(id), /** @type {NodeJS.Signals} */ (signal));
  } else if (command === "restart") await restartNode(clusterIn(directory), Number(id));
  else if (command === "start") {
    const lacks = await prepareKafka();
    if (lacks === undefined) {
      console.log(`export KAFKA_BROKERS=${brokersOf(await startCluster({ directory })).join(",")}`);
      return;
    }
    console.error(`no Kafka here: ${lacks.missing}`);
    process.exitCode = 1;
  } else {
    console.error(help);
    process.exitCode = 2;
  }
}

if (isMain(import.meta.url)) await main(process.argv.slice(2));
