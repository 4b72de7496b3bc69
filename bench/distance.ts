/**
 * How long after the 202 has an event moved the weights, while 5,000 events a second come in?
 *
 * The engine and its HTTP service in a process of their own, as `foldback serve` runs them, with default
 * settings but for snapshots: they are taken more often, so that several fall into the run. In its log is
 * the past of a simulated service (10,000 accounts), learned from before; then the events that follow
 * are sent in requests of 10 over 8 connections, each when its time has come, whatever the replies (open
 * loop). In the server's process a thread looks every tenth of a millisecond how far training is; when each
 * 202 came is known here, and both read one clock. The distance of an event is from its 202 until
 * training has passed its record.
 *
 * Among the events are likes by accounts of our own, whose vectors that thread compares at each look: they
 * must be others by the time that training has passed the like.
 *
 * Compared in the same run: what comes while a snapshot is being written, and while none is.
 */
import { createWriteStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { assert, hash64 } from "#foldback/core";
import { openEmbeddedLog } from "#foldback/log";
import { simulate } from "#foldback/simulate";
import { bar, count, figure, quantile, spread, withDirectory } from "./lib/report.ts";
import { Client, foldback, withProcess } from "./lib/server.ts";
import { nowMs, type Seen } from "./lib/watched.ts";

const eventsPerSecond = 5000;
const requestEvents = 10;
const connectionCount = 8;
const probeCount = 40;
/** One request in so many ends with a like by one of our accounts. */
const probeEvery = 100;
const medianMsMax = 2;
const p99MsMax = 20;
/** A look may be so much later than what it sees: a tenth, and what the system takes to wake a thread. */
const lookMs = 1;

interface Size {
  readonly past: number;
  readonly seconds: number;
  readonly snapshotEveryRecords: number;
}

const sizes: Record<"full" | "smoke", Size> = {
  full: { past: 200_000, seconds: 60, snapshotEveryRecords: 50_000 },
  smoke: { past: 3000, seconds: 2, snapshotEveryRecords: 2500 },
};

interface Sent {
  readonly sentAtMs: number;
  readonly acceptedAtMs: number;
  readonly ids: readonly string[];
}

interface Probe {
  readonly id: string;
  readonly account: number;
}

type LiveEvent = Readonly<Record<string, unknown>> & { readonly id?: string };

const probeAccounts = Array.from({ length: probeCount }, (_, i) => `probe-${i}`);

export async function run({ smoke }: { smoke: boolean }): Promise<void> {
  const size = sizes[smoke ? "smoke" : "full"];
  await withDirectory(async (directory) => {
    const data = join(directory, "data");
    const seenPath = join(directory, "seen.json");
    const simulation = simulate({ accounts: smoke ? 200 : 10_000, days: 30, seed: 1 });
    const next = (): LiveEvent => {
      const { value } = simulation.next();
      assert(value !== undefined, "the simulated service goes on");
      return { ...value.event };
    };
    await writeEvents(join(directory, "past.ndjson"), size.past, next);
    await foldback("ingest", join(directory, "past.ndjson"), "--data", data);
    const requests = makeRequests((size.seconds * eventsPerSecond) / requestEvents, next);

    const { snapshotEveryRecords } = size;
    const config = { dataDirectory: data, http: { port: 0 }, training: { snapshotEveryRecords } };
    const program = fileURLToPath(new URL("./lib/watchedServer.js", import.meta.url));
    const args = [program, JSON.stringify(config), seenPath, JSON.stringify(probeAccounts)];
    const sent = await withProcess(args, async ({ client, address, stop }) => {
      const { records } = await client.ready();
      figure("log", `${count(records)} records, learned from before`);
      const clients = Array.from({ length: connectionCount }, () => new Client(address));
      const sent = await sendOpenLoop(clients, requests.bodies);
      for (const one of clients) one.close();
      await stop();
      return sent;
    });
    const seen = JSON.parse(readFileSync(seenPath, "utf8")) as Seen;
    report(sent, seen, await offsetsOf(data, size.past), requests.probes, smoke);
  });
}

async function writeEvents(path: string, total: number, next: () => LiveEvent): Promise<void> {
  const file = createWriteStream(path);
  for (let i = 0; i < total; i++) file.write(`${JSON.stringify(next())}\n`);
  await new Promise<void>((resolve) => {
    file.end(resolve);
  });
}

function makeRequests(
  requestCount: number,
  next: () => LiveEvent,
): { readonly bodies: readonly { json: Buffer; ids: string[] }[]; readonly probes: Probe[] } {
  const probes: Probe[] = [];
  let item: unknown;
  const bodies = Array.from({ length: requestCount }, (_, i) => {
    const events = Array.from({ length: requestEvents }, (): LiveEvent => {
      const event = next();
      if (event["type"] === "play") item = event["item"];
      return { ...event, id: event.id ?? `none-${i}` };
    });
    if (i % probeEvery === probeEvery - 1 && item !== undefined) {
      const account = probes.length % probeCount;
      const id = `probe-${probes.length}`;
      const time = events[requestEvents - 1]["time"];
      events[requestEvents - 1] = { id, type: "like", time, account: probeAccounts[account], item };
      probes.push({ id, account });
    }
    return { json: Buffer.from(JSON.stringify(events)), ids: events.map(({ id }) => id ?? "") };
  });
  return { bodies, probes };
}

/** Each request at its time, over the connections in turn. */
async function sendOpenLoop(
  clients: readonly Client[],
  bodies: readonly { readonly json: Buffer; readonly ids: readonly string[] }[],
): Promise<Sent[]> {
  const everyMs = (1000 * requestEvents) / eventsPerSecond;
  const replies: Promise<Sent>[] = [];
  const late: number[] = [];
  const beganMs = nowMs();
  for (const [i, { json, ids }] of bodies.entries()) {
    const dueMs = beganMs + i * everyMs;
    while (nowMs() < dueMs) await setTimeout(1);
    late.push(nowMs() - dueMs);
    const send = async (): Promise<Sent> => {
      const sentAtMs = nowMs();
      const { status, text } = await clients[i % clients.length].post("/v1/events", json);
      const acceptedAtMs = nowMs();
      assert(status === 202, `a request is accepted, not answered ${status} ${text.slice(0, 200)}`);
      return { sentAtMs, acceptedAtMs, ids };
    };
    replies.push(send());
  }
  const sent = await Promise.all(replies);
  const seconds = (nowMs() - beganMs) / 1000;
  const total = bodies.length * requestEvents;
  figure(
    "load",
    `${count(total)} events in ${seconds.toFixed(1)} s, ${count(total / seconds)} a second, ` +
      `requests of ${requestEvents} over ${connectionCount} connections`,
  );
  figure("sent late", spread(late));
  return sent;
}

/** The offset of each event that has an id, from a place on. */
async function offsetsOf(data: string, from: number): Promise<Map<string, number>> {
  const log = await openEmbeddedLog({ directory: join(data, "log") });
  const offsets = new Map<string, number>();
  for await (const records of log.readBatches(new Array<number>(log.partitionCount).fill(from)))
    for (const { event, offset } of records) offsets.set(event.id ?? "", offset);
  await log.close();
  return offsets;
}

function report(
  sent: readonly Sent[],
  seen: Seen,
  offsets: ReadonlyMap<string, number>,
  probes: readonly Probe[],
  smoke: boolean,
): void {
  const offsetOf = (id: string): number => {
    const offset = offsets.get(id);
    assert(offset !== undefined, `an event that was accepted is in the log: ${id}`);
    return offset;
  };
  const passedAtMs = (id: string): number => timeOf(seen, offsetOf(id));
  const saves = seen.saved.map(({ offset, atMs }) => ({
    from: timeOf(seen, offset - 1),
    to: atMs,
  }));
  const during: number[] = [];
  const between: number[] = [];
  for (const { acceptedAtMs, ids } of sent) {
    const isDuring = saves.some(({ from, to }) => acceptedAtMs >= from && acceptedAtMs <= to);
    for (const id of ids)
      (isDuring ? during : between).push(Math.max(0, passedAtMs(id) - acceptedAtMs));
  }
  const all = [...during, ...between];
  figure(
    "looks",
    `${count(seen.lookCount)}, training seen at ${count(seen.offsets.length)} offsets`,
  );
  figure("snapshots", `${saves.length} written meanwhile`);
  for (const { offset, stallMs, longestTurnMs } of seen.saved)
    figure(
      "",
      `at ${count(offset)}: training stood still ${stallMs.toFixed(1)} ms, then at most ` +
        `${longestTurnMs.toFixed(1)} ms at once`,
    );
  figure("the 202", spread(sent.map(({ sentAtMs, acceptedAtMs }) => acceptedAtMs - sentAtMs)));
  figure("distance", `${spread(all)}, ${count(all.length)} events`);
  if (during.length > 0)
    figure("  while saving", `${spread(during)}, ${count(during.length)} events`);
  if (between.length > 0) figure("  else", `${spread(between)}, ${count(between.length)} events`);
  const checksum = hash64(sent.flatMap(({ ids }) => ids).join(" ")).toString(16);
  figure("checksum", `${checksum} of the ids that were sent`);

  const moved = probes.filter(({ id, account }) => {
    const passed = passedAtMs(id);
    const lastBefore = seen.changesMs[account].filter((atMs) => atMs <= passed + lookMs).length;
    const likes = probes.filter((one) => one.account === account);
    return lastBefore >= likes.findIndex((one) => one.id === id) + 1;
  }).length;
  bar(
    `rows that were others once training had passed the like: ${moved} of ${probes.length}`,
    moved === probes.length && probes.length > 0,
    smoke,
  );
  bar(`snapshots written in the run: ${saves.length} (3 or more)`, saves.length >= 3, smoke);
  const [half, most] = [quantile(all, 0.5), quantile(all, 0.99)];
  bar(`median ≤ ${medianMsMax} ms: ${half.toFixed(2)}`, half <= medianMsMax, smoke);
  bar(`p99 ≤ ${p99MsMax} ms: ${most.toFixed(2)}`, most <= p99MsMax, smoke);
}

/** When training was first seen past the record. */
function timeOf({ offsets, timesMs }: Seen, offset: number): number {
  let [low, high] = [0, offsets.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (offsets[middle] > offset) high = middle;
    else low = middle + 1;
  }
  assert(offsets[low] > offset, "training has passed every record in the end");
  return timesMs[low];
}
