import { setTimeout as wait } from "node:timers/promises";
import {
  type Event,
  encodeEvent,
  eventKey,
  type LogRecord,
  type Offset,
  type Offsets,
} from "../event/index.ts";
import type { EmbeddedLog } from "../log/index.ts";
import { checkLimit } from "./catalogue.ts";
import { isOfAny, isOfSomebody } from "./erasures.ts";
import { unsaidTypes } from "./exportFile.ts";

export interface EventFilter {
  /** Of these types alone; none: of each. */
  readonly types?: readonly string[];
  readonly account?: string;
  readonly item?: string;
}

export interface EventsRequest extends EventFilter {
  /** Only what stands before this offset; from the newest on without. */
  readonly before?: Offset;
  /** Events at most; 1 to 1000. */
  readonly limit: number;
}

export interface EventLinesRequest extends EventFilter {
  /** Event times, epoch milliseconds: from the first, to before the second. */
  readonly from?: number;
  readonly to?: number;
}

/** An event at its place in the log. */
export interface LoggedEvent {
  readonly offset: Offset;
  /** When the log took it, epoch milliseconds. */
  readonly logTime: number;
  readonly event: Event;
}

export interface EventsPage {
  /** The newest first. */
  readonly events: readonly LoggedEvent[];
  /** Give it as `before` to go on; not there where the log begins. */
  readonly next?: Offset;
  /** Records that were looked at: with a filter, a page may end before it is full. */
  readonly looked: number;
}

/** Of a request. */
const lookedMax = 100_000;
/** The log is read forwards, a window at a time, each before the last. */
const windowMax = 8192;
/** Beyond so many texts to look for, decoding costs as much. */
const textsMax = 8;
/** An export pauses for as long as it worked, so that at most half of the thread is its. */
const pauseMsMin = 1;

interface Parts {
  readonly log: EmbeddedLog;
  /** What the log calls an account. */
  readonly nameOf: (account: string) => string;
  /** Sessions that logged in to the account. */
  readonly sessionsOf: (accounts: readonly string[]) => Promise<readonly string[]>;
  /** @throws FoldbackError CLOSED. */
  readonly checkOpen: () => void;
}

/** What stands in the log, to be looked at and taken along. Events that were erased are not there any more. */
export class LoggedEvents {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * The newest events that match, and, by `before`, those before them. Looks at 100,000 records at most, and says how far it came: a rare event is
   * found by going on.
   *
   * @throws FoldbackError REQUEST_INVALID for a limit out of range; CLOSED; DATA_CORRUPT.
   */
  async page({ before, limit, ...filter }: EventsRequest): Promise<EventsPage> {
    const { log, nameOf, checkOpen } = this.#parts;
    checkOpen();
    checkLimit(limit);
    const account = filter.account === undefined ? undefined : nameOf(filter.account);
    const matches = matcherOf({ ...filter, ...(account !== undefined && { account }) });
    const partition = account === undefined ? undefined : log.partitionOf(account);
    const { first, head } = ends(log);
    const begin = Math.min(before ?? head, head);
    const lowest = Math.max(first, begin - lookedMax);
    const wants = wantsOf(filter, account === undefined ? [] : [account]);
    let found: LoggedEvent[] = [];
    let end = begin;
    for (let window = limit; end > lowest && found.length < limit; window *= 2) {
      const from = Math.max(lowest, end - Math.min(window, windowMax));
      const matching: LoggedEvent[] = [];
      for await (const records of log.readRange(offsetsOf(log, from, partition), end, wants)) {
        for (const record of records) if (matches(record.event)) matching.push(loggedOf(record));
      }
      found = [...found, ...matching.reverse()];
      end = from;
    }
    const events = found.slice(0, limit);
    // What of the last window did not fit on the page stands at the beginning of the next.
    const next =
      found.length >= limit && events.length > 0 ? events[events.length - 1].offset : end;
    return { events, looked: begin - next, ...(next > first && { next }) };
  }

  /**
   * The events that match, as JSON with a line end each, in the order of the log, in parts: what is there when it begins. What the engine itself said
   * (`served`, `heartbeat`, …) is left out, as no import takes it.
   *
   * Of an account, all that would be erased with it, what it was shown included: also what its sessions did before they logged in, and links
   * that name it.
   *
   * @throws FoldbackError CLOSED; DATA_CORRUPT.
   */
  async *lines({ from, to, account, ...filter }: EventLinesRequest): AsyncGenerator<string> {
    const { log, nameOf, sessionsOf, checkOpen } = this.#parts;
    checkOpen();
    const { first, head } = ends(log);
    const names = account === undefined ? undefined : [nameOf(account)];
    const all = names && new Set([...names, ...(await sessionsOf(names))]);
    const isOfFilter = matcherOf(filter);
    const isWanted = (event: Event): boolean =>
      isOfFilter(event) &&
      (all === undefined ? !unsaidTypes.has(event.type) : isOfAny(all, event)) &&
      event.time >= (from ?? -Infinity) &&
      event.time < (to ?? Infinity);
    let beganMs = performance.now();
    const wants = wantsOf(filter, [...(all ?? [])]);
    for await (const records of log.readRange(offsetsOf(log, first), head, wants)) {
      checkOpen();
      const lines = records.flatMap(({ event }) =>
        isWanted(event) ? [`${encodeEvent(event)}\n`] : [],
      );
      const workedMs = performance.now() - beganMs;
      if (lines.length > 0) yield lines.join("");
      await wait(Math.max(pauseMsMin, workedMs));
      beganMs = performance.now();
    }
  }
}

function matcherOf({ types = [], account, item }: EventFilter): (event: Event) => boolean {
  const wanted = new Set(types);
  return (event) =>
    event.type !== "erased" &&
    event.type !== "erase" &&
    (wanted.size === 0 || wanted.has(event.type)) &&
    (account === undefined || (eventKey(event) === account && isOfSomebody(event))) &&
    (item === undefined || event.item === item);
}

/** Whether the JSON of an event may match: each kind of text that all that match have is looked for. Undefined: there is none. */
function wantsOf(
  { types = [], item }: EventFilter,
  names: readonly string[],
): ((payload: Buffer) => boolean) | undefined {
  const groups = [
    types.map((type) => `"type":${JSON.stringify(type)}`),
    names.map((name) => JSON.stringify(name)),
    item === undefined ? [] : [JSON.stringify(item)],
  ]
    .filter((texts) => texts.length > 0 && texts.length <= textsMax)
    .map((texts) => texts.map((text) => Buffer.from(text)));
  if (groups.length === 0) return undefined;
  return (payload) => groups.every((texts) => texts.some((text) => payload.includes(text)));
}

function loggedOf({ offset, logTime, event }: LogRecord): LoggedEvent {
  return { offset, logTime, event };
}

function ends(log: EmbeddedLog): { readonly first: Offset; readonly head: Offset } {
  const head = log.heads().reduce((a, b) => Math.max(a, b), 0);
  // Beyond the head there may be offsets that were given to nothing.
  return { first: Math.min(log.stats().firstOffset, head), head };
}

/** @param partition the only one that is read. */
function offsetsOf(log: EmbeddedLog, from: Offset, partition?: number): Offsets {
  return Array.from({ length: log.partitionCount }, (_, of) =>
    partition === undefined || of === partition ? from : Infinity,
  );
}
