/** Seeded streams of events about items, as records of a log, for the views that learn from them. */
import { dayMs, hash32, hourMs, Random } from "../core/index.ts";
import { type Event, eventKey, type LogRecord } from "../event/index.ts";

export interface FeedbackStreamOptions {
  readonly seed: number;
  readonly count: number;
  /** Default 10. */
  readonly accountCount?: number;
  /** Default 40. */
  readonly itemCount?: number;
  /** Default 4. */
  readonly partitionCount?: number;
}

/** Event time of the first, near which all of them are. */
export const streamTime = Date.UTC(2021, 5, 1);

/** One partition, offsets from 0, event time as log time where that does not go back. */
export function recordsOf(events: readonly Event[]): LogRecord[] {
  let logTime = 0;
  return events.map((event, offset) => {
    logTime = Math.max(logTime, event.time);
    return { partition: 0, offset, logTime, event };
  });
}

/**
 * Records that reach what the views do: several partitions, gaps in offsets, late events, repeats, short
 * plays, skips, unlikes, events without an item or a rule, the catalogue, anonymous sessions. The lower
 * an account's or item's number, the more often it comes.
 */
export function feedbackStream(options: FeedbackStreamOptions): LogRecord[] {
  const { seed, count, partitionCount = 4 } = options;
  const random = new Random(seed);
  let offset = 0;
  let logTime = streamTime;
  return Array.from({ length: count }, () => {
    logTime += random.below(2) === 0 ? random.below(hourMs / 2) : random.below(10_000);
    offset += 1 + random.below(3);
    const event = drawEvent(random, logTime, options);
    return { partition: hash32(eventKey(event)) % partitionCount, offset, logTime, event };
  });
}

/** Only those that say that the account wants the item, each item once an account, all in time. */
export function takenOnce(records: readonly LogRecord[]): LogRecord[] {
  const taken = new Set<string>();
  return records.flatMap((record): LogRecord[] => {
    const { item, account } = record.event;
    const pair = `${account} ${item}`;
    if (item === undefined || account === undefined || taken.has(pair)) return [];
    taken.add(pair);
    return [{ ...record, event: { type: "like", account, item, time: record.logTime } }];
  });
}

function drawEvent(random: Random, logTime: number, options: FeedbackStreamOptions): Event {
  const { accountCount = 10, itemCount = 40 } = options;
  const few = (limit: number): number => Math.floor(limit * random.uniform() ** 2);
  const item = `item-${few(itemCount)}`;
  const isLate = random.below(8) === 0;
  const time = isLate ? logTime - random.below(5 * dayMs) : logTime;
  const type = types[random.below(types.length)];
  if (type === "item_set") return { type, time, item, context: drawContext(random) };
  const name = `account-${few(accountCount)}`;
  const who = random.below(6) === 0 ? { session: `session of ${name}` } : { account: name };
  if (type === "access") return { type, time, ...who };
  return { type, time, ...who, item, ...(type === "play" ? { seconds: random.below(90) } : {}) };
}

function drawContext(random: Random): Record<string, string | number> {
  const categories = [0, 1, 2].slice(0, random.below(4)).map(() => `category-${random.below(5)}`);
  return {
    ...(random.below(4) === 0 ? {} : { title: `Title ${random.below(100)}` }),
    ...(random.below(4) === 0 ? {} : { released: 1950 + random.below(72) }),
    ...(categories.length === 0 ? {} : { categories: categories.join("|") }),
  };
}

/** As often as they should come; `impression` and `access` have no rule. */
const types = [
  ...["like", "like", "like", "rate", "rate", "play", "play", "play", "save", "view_content"],
  ...["skip", "unlike", "add_to_cart", "impression", "access", "item_set"],
];
