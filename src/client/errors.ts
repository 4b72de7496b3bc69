import type { ProblemCode } from "../contract/index.ts";

/** What goes wrong without the service saying so. Permanent, as its own codes are. */
export type ClientErrorCode =
  /** There was no reply: no connection, or it ended. Whether the request was taken is not known. */
  | "UNREACHABLE"
  /** There was no whole reply in time. Whether the request was taken is not known. */
  | "TIMED_OUT"
  /** The reply is none of the service's: of a proxy, or of something else at that address. */
  | "REPLY_INVALID"
  /** As many events as may wait are waiting: this one was not taken. */
  | "QUEUE_FULL"
  /** The client was closed, before the call or before the event was acknowledged. */
  | "CLIENT_CLOSED";

/** Codes of later versions of the service are texts that this version does not know. */
export type FoldbackErrorCode = ProblemCode | ClientErrorCode | (string & Record<never, never>);

export interface FoldbackClientErrorOptions {
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** A call that failed, in the end. */
export class FoldbackClientError extends Error {
  readonly code: FoldbackErrorCode;
  /** Of the reply; undefined where there was none. */
  readonly status: number | undefined;
  /** By which the service's logs have the request; undefined where there was none. */
  readonly requestId: string | undefined;
  /** Facts for programs, where there are any: the parameter, the limit, the field. */
  readonly details: Readonly<Record<string, unknown>>;
  /** How long the service asked to be left alone. */
  readonly retryAfterMs: number | undefined;

  constructor(code: FoldbackErrorCode, message: string, options: FoldbackClientErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "FoldbackClientError";
    this.code = code;
    this.status = options.status;
    this.requestId = options.requestId;
    this.details = options.details ?? {};
    this.retryAfterMs = options.retryAfterMs;
  }
}
