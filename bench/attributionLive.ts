/**
 * What does it cost to have attribution at any moment, rather than from files when it is asked for?
 *
 * Touches, conversions and logins of accounts that come and go, a tenth of them late by up to three days, into the live view: how long an
 * event takes, what memory a touch takes, and how long the thread is taken for by an answer.
 */
import { createHash } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  AttributionView,
  compareLive,
  creditLive,
  gridSettings,
  timeToConversion,
} from "#foldback/attribution";
import { dayMs, Random } from "#foldback/core";
import type { Event } from "#foldback/event";
import { count, figure, quantile } from "./lib/report.ts";

const conversions = ["purchase", "subscribe"];
const start = Date.UTC(2026, 0, 1);
const spanMs = 60 * dayMs;
const lateMs = 3 * dayMs;

export async function run({ smoke }: { readonly smoke: boolean }): Promise<void> {
  const events = eventsOf(smoke ? 20_000 : 500_000);
  const heapBefore = heapBytes();
  const view = new AttributionView({
    ...{ partitionCount: 1, conversions, accountsMax: 1e7, sessionsMax: 1e7, eventsMax: 10_000 },
    ...{ conversionsMs: 90 * dayMs, lookbackMs: 90 * dayMs },
  });
  const slices: number[] = [];
  const slice = 1000;
  let logTime = start;
  const began = process.cpuUsage();
  for (let from = 0; from < events.length; from += slice) {
    const before = process.cpuUsage();
    for (let at = from; at < Math.min(from + slice, events.length); at++) {
      logTime = Math.max(logTime, events[at].time);
      view.apply({ partition: 0, offset: at, logTime, event: events[at] });
    }
    slices.push(process.cpuUsage(before).user / slice);
  }
  const cpuUs = process.cpuUsage(began).user / events.length;
  const kept = [...view.state.identities()];
  const touches = kept.reduce((sum, identity) => sum + identity.touches().length, 0);
  const converted = kept.reduce((sum, identity) => sum + identity.conversions.length, 0);
  figure(
    "events",
    `${count(events.length)}: ${count(touches)} touches, ${count(converted)} conversions`,
  );
  figure(
    "an event",
    `${cpuUs.toFixed(1)} µs of CPU; p99 of slices of ${slice}: ${quantile(slices, 0.99).toFixed(1)} µs`,
  );
  figure(
    "memory",
    `${((heapBytes() - heapBefore) / touches).toFixed(0)} bytes a touch kept, all counted`,
  );

  const settings = { ...gridSettings({ by: ["channel"] }), events: conversions };
  const journeys = { events: conversions, lookbackMs: 30 * dayMs, journey: "full" } as const;
  const asked = {
    "grid of 36 cells, by channel": () => compareLive(view, { settings, money: {} }),
    "credit, all models": () =>
      creditLive(view, { journeys, money: {}, sums: { halfLifeMs: 7 * dayMs }, credit: {} }),
    "time to conversion": () => timeToConversion(view, journeys),
  };
  const digest = createHash("sha256");
  for (const [name, answer] of Object.entries(asked)) {
    const before = process.cpuUsage();
    digest.update(JSON.stringify(answer()));
    const ms = process.cpuUsage(before).user / 1000;
    figure(name, `${ms.toFixed(0)} ms of CPU`);
  }
  figure("checksum", digest.digest("hex").slice(0, 16));
}

/** Of 20 events: 14 touches, 1 conversion, 5 logins. One in ten comes up to three days late. */
function eventsOf(total: number): Event[] {
  const random = new Random(1);
  const accounts = Math.max(1, Math.round(total / 20));
  const came = Array.from({ length: total }, (_, at) => {
    const account = `account-${random.below(accounts)}`;
    const time = start + Math.floor((at / total) * spanMs);
    const event = eventOf(random, account, time, at);
    return { event, at: random.below(10) === 0 ? time + random.below(lateMs) : time };
  });
  return came.sort((a, b) => a.at - b.at).map(({ event }) => event);
}

function eventOf(random: Random, account: string, time: number, number: number): Event {
  const id = String(number);
  const what = random.below(20);
  if (what === 0) return { id, type: conversions[random.below(2)], time, account, value: 10 };
  const session = `${account}-${random.below(4)}`;
  if (what <= 5) return { type: "play", time, account, session, item: "song" };
  const type = ["ad_click", "ad_engaged_view", "ad_impression", "visit"][random.below(4)];
  const ad = {
    channel: `channel-${random.below(12)}`,
    campaign: `campaign-${random.below(200)}`,
    cost: 0.01,
  };
  return random.below(5) === 0
    ? { id, type, time, session, ad }
    : { id, type, time, account, session, ad };
}

function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void; // what the flag gives
  collect();
  return process.memoryUsage().heapUsed;
}
