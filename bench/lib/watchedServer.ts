/**
 * The engine and its HTTP service, as `foldback serve` has them, beside a thread that watches how far
 * training is and what it does to rows. Run as a program: the settings and where to write what was seen.
 */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { Foldback, type UserConfig } from "#foldback/engine";
import { createServer } from "#foldback/http";
import { nowMs, type Saved, type Seen, type WatcherData } from "./watched.ts";

const [configJson, path, accountsJson] = process.argv.slice(2);
const saved: Saved[] = [];
const engine = await Foldback.open(JSON.parse(configJson) as UserConfig, {
  onNotice: (notice) => {
    if (notice.kind === "snapshotSaved") saved.push({ ...notice, atMs: nowMs() });
  },
});
const server = createServer(engine);
const address = await server.listen({ host: "127.0.0.1", port: 0 });
const stop = new SharedArrayBuffer(4);
const data: WatcherData = {
  shared: engine.share(),
  accounts: JSON.parse(accountsJson) as string[],
  stop,
};
const watcher = new Worker(new URL("./watcher.js", import.meta.url), { workerData: data });
process.stdout.write(`${JSON.stringify({ address })}\n`);

await once(process, "SIGTERM");
await server.close();
await engine.settled();
Atomics.store(new Int32Array(stop), 0, 1);
const [seen] = (await once(watcher, "message")) as [Omit<Seen, "saved">];
await engine.close();
writeFileSync(path, JSON.stringify({ ...seen, saved } satisfies Seen));
