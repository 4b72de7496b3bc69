/** How an error becomes a reply: problem details of RFC 9457, with our codes. */
import type { Problem, ProblemCode } from "../contract/index.ts";
import type { FoldbackError } from "../core/index.ts";

/** Every code has a status and a title: a new error does not compile until it has them. */
const problems: Readonly<Record<ProblemCode, { readonly status: number; readonly title: string }>> =
  {
    EVENT_INVALID: { status: 400, title: "No event could be taken" },
    REQUEST_INVALID: { status: 400, title: "The request is not what it may be" },
    UNAUTHENTICATED: { status: 401, title: "No key, or one that is not known" },
    FORBIDDEN: { status: 403, title: "The key may not do this" },
    NOT_FOUND: { status: 404, title: "There is no such thing" },
    METHOD_NOT_ALLOWED: { status: 405, title: "The route does not take this method" },
    PRECONDITION_FAILED: { status: 412, title: "It has changed meanwhile" },
    BATCH_TOO_LARGE: { status: 413, title: "The request is too large" },
    MEDIA_TYPE_UNSUPPORTED: { status: 415, title: "The body is of a type that is not read" },
    RATE_LIMITED: { status: 429, title: "Too many requests" },
    CONFIG_INVALID: { status: 500, title: "The config is wrong" }, // never reaches a running server
    FILE_UNREADABLE: { status: 500, title: "A file can't be read" }, // the server reads no files on request
    DATA_CORRUPT: { status: 500, title: "Bytes on disk are damaged" }, // an operator must look
    DATA_LOCKED: { status: 500, title: "The data directory is in use" }, // never reaches a running server
    ADDRESS_UNAVAILABLE: { status: 500, title: "The address is taken" }, // never reaches a running server
    INTERNAL: { status: 500, title: "A bug in the server" },
    LOG_UNAVAILABLE: { status: 503, title: "The log can't write" }, // the caller may retry, with the same ids
    OVERLOADED: { status: 503, title: "More comes than can be done" }, // the caller may retry
    TABLE_FULL: { status: 503, title: "The model is at its maximum" }, // an operator must raise it, or rows expire
    MATRIX_TOO_LARGE: { status: 413, title: "Too many distances" }, // the caller must allow more memory, or take another linkage
    CLOSED: { status: 503, title: "The engine is stopping" }, // the caller may retry elsewhere
  };

export const problemType = "application/problem+json; charset=utf-8";

/** @param facts for programs, beside the standard fields: those can't be replaced. */
export function problemFor(
  code: ProblemCode,
  detail: string,
  facts: Readonly<Record<string, unknown>> = {},
): Problem {
  const { status, title } = problems[code];
  return { ...facts, type: `urn:foldback:problem:${code}`, title, status, detail, code };
}

export function problemOfError(error: FoldbackError): Problem {
  return problemFor(error.code, error.message, error.details);
}
