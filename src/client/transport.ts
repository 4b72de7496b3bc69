/** One request, tried until it is answered or its limits are reached. */
import type { Problem } from "../contract/index.ts";
import { type Backoff, retryAfterMsOf, wait, waitMs } from "./backoff.ts";
import { FoldbackClientError } from "./errors.ts";
import { newId } from "./id.ts";
import { dataOfEvents } from "./serverSentEvents.ts";

/** Limits of a call; what is left out is as the client was made. */
export interface RequestOptions {
  /** Ends the call at once: it rejects with the signal's reason, as `fetch` does. */
  readonly signal?: AbortSignal;
  /** How long a try may take until its reply is read. */
  readonly timeoutMs?: number;
  /** Tries at most; 1: no second one. */
  readonly attemptsMax?: number;
  /** How long all tries and the waits between them may take. */
  readonly totalMsMax?: number;
}

export interface TransportOptions extends Backoff {
  /** Ends with a slash. */
  readonly baseUrl: URL;
  readonly apiKey: string | undefined;
  readonly fetch: typeof globalThis.fetch;
  readonly random: () => number;
  readonly limits: Required<Omit<RequestOptions, "signal">>;
}

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Relative to the base: `v1/events`. */
  readonly path: string;
  /** JSON, where `headers` have no other `content-type`. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether nothing is done twice where the service gets it twice. */
  readonly isRepeatable: boolean;
  /** A status that is a reply, and no error, beside those of success. */
  readonly alsoReply?: number;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Headers;
  readonly requestId: string;
  /** Of JSON; undefined where there is none. */
  readonly body: unknown;
}

/** Timers of a longer time than that end at once. */
export const timerMsMax = 2 ** 31 - 1;

export class Transport {
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /** @throws FoldbackClientError of the last try; or the signal's reason. */
  async send(request: HttpRequest, options: RequestOptions = {}): Promise<HttpReply> {
    const { limits, random } = this.#options;
    const { signal, timeoutMs = limits.timeoutMs } = options;
    const { attemptsMax = limits.attemptsMax, totalMsMax = limits.totalMsMax } = options;
    const endsAt = performance.now() + Math.min(totalMsMax, timerMsMax);
    const requestId = newId(); // of all tries, so that the service's logs show them together
    for (let attempt = 1; ; attempt++) {
      try {
        const leftMs = endsAt - performance.now();
        return await this.#attempt(request, requestId, Math.min(timeoutMs, leftMs), signal);
      } catch (error) {
        if (!(error instanceof FoldbackClientError) || !mayRepeat(request, error)) throw error;
        const pauseMs = waitMs(attempt, this.#options, random(), error.retryAfterMs);
        if (attempt >= attemptsMax || performance.now() + pauseMs >= endsAt) throw error;
        await wait(pauseMs, signal);
      }
    }
  }

  /**
   * What is sent without an end, as it comes; tried once. Ends with the service's stream; fails with a FoldbackClientError, or the signal's
   * reason.
   */
  async *events(path: string, signal?: AbortSignal): AsyncGenerator<unknown, void, undefined> {
    const requestId = newId();
    try {
      const body = await this.stream(path, "text/event-stream", signal, requestId);
      for await (const data of dataOfEvents(body)) yield JSON.parse(data);
    } catch (cause) {
      throw unreachable(path, cause, signal, requestId);
    }
  }

  /**
   * A body that is read as it comes; tried once.
   *
   * @throws FoldbackClientError, or the signal's reason, before its first byte.
   */
  async stream(
    path: string,
    mediaType: string,
    signal?: AbortSignal,
    requestId = newId(),
  ): Promise<ReadableStream<Uint8Array>> {
    const { baseUrl, apiKey, fetch } = this.#options;
    try {
      const response = await fetch(new URL(path, baseUrl), {
        method: "GET",
        headers: {
          accept: mediaType,
          ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
          "x-request-id": requestId,
        },
        cache: "no-store",
        ...(signal && { signal }),
      });
      const { body, headers } = response;
      if (response.ok && body !== null && isOf(mediaType, headers)) return body;
      replyOf(response, await response.text(), requestId, undefined);
      throw replyInvalid(response.status, `none of ${mediaType}`, { requestId });
    } catch (cause) {
      throw unreachable(path, cause, signal, requestId);
    }
  }

  async #attempt(
    { method, path, body, headers, alsoReply }: HttpRequest,
    requestId: string,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<HttpReply> {
    signal?.throwIfAborted();
    const { baseUrl, apiKey, fetch } = this.#options;
    const controller = new AbortController();
    const onAbort = () => controller.abort(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      controller.abort();
    }, timeoutMs);
    try {
      const response = await fetch(new URL(path, baseUrl), {
        method,
        headers: {
          ...(body !== undefined && { "content-type": "application/json" }),
          ...headers,
          ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
          "x-request-id": requestId,
        },
        body: body ?? null,
        cache: "no-store", // what is recommended next is another list
        signal: controller.signal,
      });
      // Always to its end: else the connection is not used again.
      return replyOf(response, await response.text(), requestId, alsoReply);
    } catch (cause) {
      if (cause instanceof FoldbackClientError) throw cause;
      signal?.throwIfAborted();
      const what = `${method} ${new URL(path, baseUrl).pathname}`;
      if (isLate) {
        const message = `${what}: no whole reply within ${Math.round(timeoutMs)} ms`;
        throw new FoldbackClientError("TIMED_OUT", message, { requestId, cause });
      }
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new FoldbackClientError("UNREACHABLE", `${what}: ${reason}`, { requestId, cause });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    }
  }
}

/**
 * What was turned away without being taken may be sent again, whatever it is; what may have been taken, only where
 * twice is once. What a second try can't change is not tried again.
 */
function mayRepeat({ isRepeatable }: HttpRequest, { code, status }: FoldbackClientError): boolean {
  if (status === 429 || code === "OVERLOADED") return true;
  if (!isRepeatable) return false;
  if (code === "UNREACHABLE" || code === "TIMED_OUT") return true;
  return status === 502 || status === 503 || status === 504;
}

/** @throws FoldbackClientError for what is no success. */
function replyOf(
  { ok, status, headers }: Response,
  text: string,
  sentId: string,
  alsoReply: number | undefined,
): HttpReply {
  const requestId = headers.get("x-request-id") ?? sentId;
  const mediaType = headers.get("content-type")?.split(";", 1)[0].trim().toLowerCase();
  const isReply = ok || (status === alsoReply && mediaType === "application/json");
  const body = text === "" ? undefined : jsonOf(text);
  if (isReply && (body !== undefined || text === "")) return { status, headers, requestId, body };

  const retryAfterMs = retryAfterMsOf(headers.get("retry-after"), Date.now());
  if (!isReply && mediaType === "application/problem+json" && isProblem(body)) {
    const { type: _, title: _title, status: _status, detail, code, ...details } = body;
    throw new FoldbackClientError(code, detail, { status, requestId, details, retryAfterMs });
  }
  throw replyInvalid(status, text, { requestId, retryAfterMs });
}

function replyInvalid(
  status: number,
  text: string,
  facts: { readonly requestId: string; readonly retryAfterMs?: number | undefined },
): FoldbackClientError {
  return new FoldbackClientError(
    "REPLY_INVALID",
    `the reply with status ${status} is none of the service's: ${JSON.stringify(text.slice(0, 80))}`,
    { status, ...facts },
  );
}

/** What a stream failed of. @throws the signal's reason. */
function unreachable(
  path: string,
  cause: unknown,
  signal: AbortSignal | undefined,
  requestId: string,
): FoldbackClientError {
  if (cause instanceof FoldbackClientError) return cause;
  signal?.throwIfAborted();
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new FoldbackClientError("UNREACHABLE", `GET /${path}: ${reason}`, {
    requestId,
    cause,
  });
}

function isOf(mediaType: string, headers: Headers): boolean {
  return headers.get("content-type")?.startsWith(mediaType) ?? false;
}

/** Undefined where it is no JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isProblem(body: unknown): body is Problem {
  if (typeof body !== "object" || body === null) return false;
  const { code, detail } = body as { readonly code?: unknown; readonly detail?: unknown };
  return typeof code === "string" && typeof detail === "string";
}
