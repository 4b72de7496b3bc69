/**
 * Every expected failure of foldback, in one catalogue.
 *
 * A code is public and permanent: callers switch on it, the HTTP layer maps each to a status, and a
 * code that was once published is never reused for something else. A bug is not in this list: it is an
 * `assert`, and ends the thread it happens in.
 */
export const errorCodes = [
  /** An event breaks the schema. The caller must change the event; retrying cannot help. */
  "EVENT_INVALID",
  /** A batch has more events or bytes than is allowed. The caller must split it. */
  "BATCH_TOO_LARGE",
  /** A request parameter (query, path, body) is out of range or unknown. */
  "REQUEST_INVALID",
  /** The request has no key, or one that is not known. The caller must send one. */
  "UNAUTHENTICATED",
  /** The key is known, and does not have the scope that the route wants. */
  "FORBIDDEN",
  /** There is no such route, item or account. */
  "NOT_FOUND",
  /** The route does not take the request's method. */
  "METHOD_NOT_ALLOWED",
  /** What was to change only in a certain version has changed since. The caller must look again. */
  "PRECONDITION_FAILED",
  /** The body is of a media type or an encoding that is not read. */
  "MEDIA_TYPE_UNSUPPORTED",
  /** More requests than the limit of this caller. It may retry later. */
  "RATE_LIMITED",
  /** A setting in the config is unknown or out of range. */
  "CONFIG_INVALID",
  /** A file given for import does not exist, or is of no format we read. */
  "FILE_UNREADABLE",
  /** The log could not write or read its directory (disk full, permissions, I/O error). */
  "LOG_UNAVAILABLE",
  /** Bytes in the log or a snapshot do not match their checksum, in a place no crash can explain. */
  "DATA_CORRUPT",
  /** Another process has the data directory open. */
  "DATA_LOCKED",
  /** The address and port to listen at are taken, or not this machine's. */
  "ADDRESS_UNAVAILABLE",
  /** The queue of events waiting for the disk is full. The caller may retry. */
  "OVERLOADED",
  /** The embedding table is at its stated maximum. The caller may retry after expiry, or raise the limit. */
  "TABLE_FULL",
  /** A matrix of distances would take more memory than is allowed. The caller may allow more, or ask for what needs none. */
  "MATRIX_TOO_LARGE",
  /** The engine is stopping or stopped. */
  "CLOSED",
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/**
 * An expected failure. The message says what came, what is allowed, and what to do.
 *
 * @example throw new FoldbackError("CONFIG_INVALID", "port is 99999; allowed: 0 to 65535", { cause });
 */
export class FoldbackError extends Error {
  readonly code: ErrorCode;
  /** Facts for programs, where there are any: the field, the limit, the file. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "FoldbackError";
    this.code = code;
    this.details = options.details ?? {};
  }
}
