import type { EventQueueOptions } from "./eventQueue.ts";
import { type RequestOptions, type TransportOptions, timerMsMax } from "./transport.ts";

export interface ClientOptions {
  /** Where the service is; a path in it is kept. */
  readonly baseUrl: string | URL;
  /** As `foldback key` made it; in a page, everybody can read it. */
  readonly apiKey?: string;
  /** Instead of the global one. */
  readonly fetch?: typeof globalThis.fetch;
  /** How long a try may take until its reply is read. Default 10,000. */
  readonly timeoutMs?: number;
  /** Tries of a call at most. Default 3. */
  readonly attemptsMax?: number;
  /** How long all tries of a call, and the waits between them, may take. Default 15,000. */
  readonly totalMsMax?: number;
  /** The wait after the first try, at most; it doubles with each. Default 200. */
  readonly backoffMs?: number;
  /** The longest wait, unless the service asks for a longer one. Default 10,000. */
  readonly backoffMsMax?: number;
  readonly batch?: BatchOptions;
  /** From 0 to 1: what waits are drawn with. Default `Math.random`. */
  readonly random?: () => number;
}

/** Of what `track` sends. */
export interface BatchOptions {
  /** A batch goes when it has so many events. Default 500; the service takes 5,000 unless it is told otherwise. */
  readonly eventsMax?: number;
  /** Or so many bytes. Default 1 MiB; the service takes 8. */
  readonly bytesMax?: number;
  /** Or when its first event has waited so long. Default 100. */
  readonly delayMs?: number;
  /** Events that are not acknowledged yet; beyond, `track` fails with QUEUE_FULL. Default 10,000. */
  readonly queueEventsMax?: number;
  /** The same in bytes. Default 16 MiB. */
  readonly queueBytesMax?: number;
  /** Tries of a batch. Default 10: with the waits between them, as long as a restart of the service takes. */
  readonly attemptsMax?: number;
  /** How long all tries of a batch may take. Default 60,000. */
  readonly totalMsMax?: number;
  /** How long `close` waits for acknowledgements. Default 10,000. */
  readonly closeMsMax?: number;
}

export interface ResolvedOptions {
  readonly transport: TransportOptions;
  readonly queue: EventQueueOptions;
  /** Of a batch, where they are not those of a call. */
  readonly batchRequest: Pick<Required<RequestOptions>, "attemptsMax" | "totalMsMax">;
  readonly closeMsMax: number;
}

const kiB = 1024;

/** @throws RangeError, TypeError naming the option. */
export function resolveOptions(options: ClientOptions): ResolvedOptions {
  const { apiKey, fetch = globalThis.fetch, random = Math.random, batch = {} } = options;
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new TypeError("apiKey is no key; allowed: printable ASCII characters without spaces");
  }
  const number = (name: string, value: number | undefined, byDefault: number, least = 1) => {
    if (value === undefined) return byDefault;
    if (value >= least && value <= timerMsMax) return value; // no NaN, either
    throw new RangeError(`${name} is ${value}; allowed: a number from ${least} to ${timerMsMax}`);
  };
  return {
    transport: {
      baseUrl: baseOf(options.baseUrl),
      apiKey,
      fetch,
      random,
      backoffMs: number("backoffMs", options.backoffMs, 200, 0),
      backoffMsMax: number("backoffMsMax", options.backoffMsMax, 10_000, 0),
      limits: {
        timeoutMs: number("timeoutMs", options.timeoutMs, 10_000),
        attemptsMax: number("attemptsMax", options.attemptsMax, 3),
        totalMsMax: number("totalMsMax", options.totalMsMax, 15_000),
      },
    },
    queue: {
      eventsMax: number("batch.eventsMax", batch.eventsMax, 500),
      bytesMax: number("batch.bytesMax", batch.bytesMax, 1024 * kiB),
      delayMs: number("batch.delayMs", batch.delayMs, 100, 0),
      queueEventsMax: number("batch.queueEventsMax", batch.queueEventsMax, 10_000),
      queueBytesMax: number("batch.queueBytesMax", batch.queueBytesMax, 16 * 1024 * kiB),
    },
    batchRequest: {
      attemptsMax: number("batch.attemptsMax", batch.attemptsMax, 10),
      totalMsMax: number("batch.totalMsMax", batch.totalMsMax, 60_000),
    },
    closeMsMax: number("batch.closeMsMax", batch.closeMsMax, 10_000, 0),
  };
}

/** With a slash at its end, so that paths are below it. */
function baseOf(baseUrl: string | URL): URL {
  const base = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (
    base === undefined ||
    !/^https?:$/.test(base.protocol) ||
    base.username !== "" ||
    base.search !== ""
  ) {
    throw new TypeError(
      `baseUrl is ${JSON.stringify(String(baseUrl))}; allowed: an http or https URL without user and query`,
    );
  }
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  return base;
}
