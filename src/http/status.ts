import type { ErrorCode } from "../core/index.ts";

/** Every code has a status: a new error does not compile until it has one. */
export const statusByCode: Readonly<Record<ErrorCode, number>> = {
  EVENT_INVALID: 400, // the caller must change the event
  BATCH_TOO_LARGE: 413, // the caller must split the batch
  REQUEST_INVALID: 400, // the caller must change the request
  CONFIG_INVALID: 500, // never reaches a running server
  FILE_UNREADABLE: 500, // the server reads no files on request
  LOG_UNAVAILABLE: 503, // the disk; the caller may retry, with the same ids
  DATA_CORRUPT: 500, // an operator must look
  DATA_LOCKED: 500, // never reaches a running server
  ADDRESS_UNAVAILABLE: 500, // never reaches a running server
  OVERLOADED: 503, // the caller may retry
  TABLE_FULL: 503, // an operator must raise the limit, or rows must expire
  CLOSED: 503, // the caller may retry elsewhere
};
