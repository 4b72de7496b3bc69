/** How long to wait between tries. */

export interface Backoff {
  /** The most that the first wait may be. */
  readonly backoffMs: number;
  /** The most that any may be, unless the service asks for more. */
  readonly backoffMsMax: number;
}

/**
 * The wait after try number `attempt`, from 1: drawn from 0 to a bound that doubles with each ("full jitter"), so that
 * clients that failed at once do not come back at once. Where the service said how long, that comes before it: the
 * same herd was told the same time.
 *
 * Source: Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 *
 * @param random from 0 to 1.
 */
export function waitMs(
  attempt: number,
  { backoffMs, backoffMsMax }: Backoff,
  random: number,
  retryAfterMs = 0,
): number {
  return retryAfterMs + random * Math.min(backoffMsMax, backoffMs * 2 ** (attempt - 1));
}

/** `retry-after`: seconds, or a date (RFC 9110, 10.2.3); undefined where it is neither. */
export function retryAfterMsOf(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

/** @throws the signal's reason, as soon as it is there. */
export function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const end = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error); // what it is, is the caller's affair
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", end);
      resolve();
    }, ms);
    signal?.addEventListener("abort", end, { once: true });
  });
}
