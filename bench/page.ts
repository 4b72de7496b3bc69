/**
 * Is the page light: how soon is it there, does it stay responsive while 2,000 events a second come, and how long is the loop?
 *
 * The service in a process of its own over the ratings of MovieTweetings, the page in Chromium. First: first contentful paint, time that the
 * main thread was blocked (tasks beyond 50 ms) and layout shift of a cold load, the median of several. Then 2,000 events a second
 * come, the page shows them, and somebody presses like now and then: the longest task of its main thread, how its heap grows from the
 * first minute to the end, after collections, and the time from click to changed list that the page itself measures. Sender, service and browser
 * share the processor. Without Chromium it says so, and goes on.
 */
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { assert, hash64, Random } from "#foldback/core";
import { chromiumPath, launchChromium } from "../dashboard/test/chromium.ts";
import {
  bar,
  count,
  figure,
  median,
  print,
  quantile,
  spread,
  withDirectory,
  writeRatings,
} from "./lib/report.ts";
import { type Client, foldback, withServer } from "./lib/server.ts";

const eventsPerSecond = 2000;
const batchesPerSecond = 10;
const paintMsMax = 800;
const blockedMsMax = 100;
const shiftMax = 0.02;
const taskMsMax = 50;
/** More than noise of one collection to the next; a page that leaks a kilobyte an event would have 200 MB. */
const growthBytesMax = 2 * 2 ** 20;

export async function run({ smoke }: { smoke: boolean }): Promise<void> {
  if (chromiumPath === undefined) {
    print("no Chromium on this machine; CHROMIUM names one. Nothing is measured");
    return;
  }
  const browserPath = chromiumPath;
  const seconds = smoke ? { warm: 1, all: 3 } : { warm: 60, all: 660 };
  await withDirectory(async (directory) => {
    const ratings = writeRatings(directory, smoke ? 2000 : 30_000, Date.now() - 60_000);
    const data = join(directory, "data");
    await foldback("ingest", ratings, "--data", data);
    await withServer({ data }, async ({ client, address, stop }) => {
      await client.ready(50);
      const browser = await launchChromium(browserPath);
      try {
        await loads(browser, address, smoke);
        await underLoad(browser, { client, address, seconds, smoke });
      } finally {
        await browser.close();
      }
      await stop();
    });
  });
}

/** What a page tells of itself: installed before it runs. Times in ms. */
const observer = `
  window.told = { tasks: [], shift: 0, paint: 0 };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) told.tasks.push([entry.startTime, entry.duration]);
  }).observe({ type: "longtask", buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) told.shift += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      if (entry.name === "first-contentful-paint") told.paint = entry.startTime;
  }).observe({ type: "paint", buffered: true });
`;

interface Told {
  /** Start and length of tasks over 50 ms. */
  readonly tasks: readonly (readonly [number, number])[];
  readonly shift: number;
  readonly paint: number;
}

const toldBy = (page: Page): Promise<Told> => page.evaluate<Told>("told"); // as `observer` made it

/** A page in a context of its own, with nothing in its cache, once its list is there. */
async function openPage(browser: Browser, address: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 } });
  const page = await context.newPage();
  await page.addInitScript(observer);
  await page.goto(address);
  await page.getByRole("button", { name: /^Like/ }).first().waitFor();
  return page;
}

async function loads(browser: Browser, address: string, smoke: boolean): Promise<void> {
  const told: Told[] = [];
  for (let turn = 0; turn < (smoke ? 1 : 9); turn++) {
    const page = await openPage(browser, address);
    await setTimeout(1500); // two readings: what moves has moved
    told.push(await toldBy(page));
    await page.context().close();
  }
  const paintMs = median(told.map(({ paint }) => paint));
  const blockedMs = median(told.map(({ tasks }) => blockedBy(tasks)));
  const shift = Math.max(...told.map((each) => each.shift));
  figure(
    "load",
    `first contentful paint ${paintMs.toFixed(0)} ms, blocked ${blockedMs.toFixed(0)} ms`,
  );
  bar(
    `first contentful paint ≤ ${paintMsMax} ms: ${paintMs.toFixed(0)}`,
    paintMs <= paintMsMax,
    smoke,
  );
  bar(
    `blocking time ≤ ${blockedMsMax} ms: ${blockedMs.toFixed(0)}`,
    blockedMs <= blockedMsMax,
    smoke,
  );
  bar(`layout shift ≤ ${shiftMax}, of all loads: ${shift.toFixed(4)}`, shift <= shiftMax, smoke);
}

function blockedBy(tasks: Told["tasks"]): number {
  return tasks.reduce((sum, [, lengthMs]) => sum + lengthMs - taskMsMax, 0);
}

interface Load {
  readonly client: Client;
  readonly address: string;
  readonly seconds: { readonly warm: number; readonly all: number };
  readonly smoke: boolean;
}

async function underLoad(
  browser: Browser,
  { client, address, seconds, smoke }: Load,
): Promise<void> {
  const page = await openPage(browser, address);
  await setTimeout(1000);
  const before = await toldBy(page);
  const sending = send(client, seconds.all);
  const loops: number[] = [];
  const heaps: number[] = [];
  const beganMs = performance.now();
  const secondsOver = (): number => (performance.now() - beganMs) / 1000;
  while (secondsOver() < seconds.all) {
    loops.push(await loopOnce(page));
    if (secondsOver() >= seconds.warm) heaps.push(await heapBytes(page));
    await setTimeout(smoke ? 100 : 2000);
  }
  const { sent, checksum } = await sending;
  const { tasks } = await toldBy(page);
  const during = tasks.slice(before.tasks.length).map(([, lengthMs]) => lengthMs);
  const longestMs = Math.max(0, ...during);
  // A line through the first and the last third would say more of less: the medians do.
  const third = Math.max(1, Math.floor(heaps.length / 3));
  const growth = median(heaps.slice(-third)) - median(heaps.slice(0, third));
  const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(2)} MiB`;
  const rate = sent / secondsOver();
  figure("events", `${count(sent)} sent, ${count(rate)} a second; checksum ${checksum}`);
  figure(
    "loop",
    `click to changed list: ${spread(loops)}, p95 ${quantile(loops, 0.95).toFixed(1)} ms, ${loops.length} likes`,
  );
  figure(
    "heap",
    `${megabytes(median(heaps.slice(0, third)))} after ${seconds.warm} s, ${megabytes(median(heaps.slice(-third)))} at the end`,
  );
  figure("tasks", `${during.length} over ${taskMsMax} ms, the longest ${longestMs.toFixed(0)} ms`);
  bar(
    `no task > ${taskMsMax} ms at ${count(eventsPerSecond)} events a second`,
    during.length === 0,
    smoke,
  );
  bar(
    `the heap grows by ≤ ${megabytes(growthBytesMax)}: ${megabytes(growth)}`,
    growth <= growthBytesMax,
    smoke,
  );
  await page.context().close();
}

/** Presses the second like, and reads what the page says that it took. */
async function loopOnce(page: Page): Promise<number> {
  const verdict = page.locator("[data-loop-ms]");
  const said = async (): Promise<string | null> =>
    (await verdict.count()) === 0 ? null : verdict.getAttribute("data-loop-ms");
  const before = await said();
  await page.getByRole("button", { name: /^Like/ }).nth(1).click();
  for (;;) {
    const now = await said();
    if (now !== null && now !== before) return Number(now);
    await setTimeout(10);
  }
}

/** What is reachable. */
async function heapBytes(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return usedSize;
}

/** Likes and plays of many, by the clock. */
async function send(client: Client, seconds: number): Promise<{ sent: number; checksum: string }> {
  const random = new Random(1);
  const size = eventsPerSecond / batchesPerSecond;
  const beganMs = performance.now();
  let sent = 0;
  let checksum = 0n;
  const replies: Promise<void>[] = [];
  for (let batch = 0; batch < seconds * batchesPerSecond; batch++) {
    const dueMs = beganMs + (batch * 1000) / batchesPerSecond;
    await setTimeout(Math.max(0, dueMs - performance.now()));
    const time = Date.now();
    const names = Array.from({ length: size }, () => [random.below(5000), random.below(3000)]);
    checksum ^= hash64(names.join(" "));
    const events = names.map(([account, item]) => ({
      type: "like",
      time,
      account: `sender-${account}`,
      item: `thing-${item}`,
    }));
    replies.push(post(client, events));
    sent += size;
  }
  await Promise.all(replies);
  return { sent, checksum: checksum.toString(16) };
}

async function post(client: Client, events: readonly object[]): Promise<void> {
  const { status, text } = await client.post("/v1/events", JSON.stringify(events));
  assert(status === 202, `events are taken, and not ${status}: ${text}`);
}
