/** The thread that watches: it looks every tenth of a millisecond, about. */
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "#foldback/core";
import { Arena, EmbeddingTable } from "#foldback/embedding";
import { Progress } from "#foldback/engine";
import { accountIdOf } from "#foldback/features";
import { nowMs, type Seen, type WatcherData } from "./watched.ts";

assert(parentPort !== null, "the watcher is started by the server");
const { shared, accounts, stop } = workerData as WatcherData; // by the server, its only starter
const everyMs = 0.1;

const progress = new Progress(shared.progress);
const table = EmbeddingTable.attach(Arena.attach(shared.arena), shared.model.tables.account);
const { dim } = shared.model.options;
const ids = BigUint64Array.from(accounts, accountIdOf);
const rows = new Uint32Array(ids.length);
let vectors = new Float32Array(ids.length * dim);
let before = new Float32Array(ids.length * dim);
const timesMs: number[] = [];
const offsets: number[] = [];
const changesMs: number[][] = accounts.map(() => []);
let lookCount = 0;
let offset = -1;
const stopped = new Int32Array(stop);
for (let isStopped = false; !isStopped; ) {
  isStopped = Atomics.wait(stopped, 0, 0, everyMs) !== "timed-out"; // and looks once more
  lookCount++;
  const { nextOffset } = progress;
  const atMs = nowMs();
  if (nextOffset === offset) continue;
  offset = nextOffset;
  timesMs.push(atMs);
  offsets.push(offset);
  table.find(ids, rows);
  table.gather(rows, vectors);
  for (let i = 0; i < rows.length; i++)
    for (let d = i * dim; d < (i + 1) * dim; d++) {
      if (vectors[d] === before[d]) continue;
      changesMs[i].push(atMs);
      break;
    }
  [vectors, before] = [before, vectors];
}
parentPort.postMessage({
  timesMs,
  offsets,
  changesMs,
  lookCount,
} satisfies Omit<Seen, "saved">);
