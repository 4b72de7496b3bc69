import { FoldbackClientError } from "foldback/client";

/** What a piece of work failed of, which nobody tries again by itself. */
export function told(error: unknown): unknown {
  const isGone = error instanceof FoldbackClientError && error.code === "UNREACHABLE";
  return isGone ? new Error("The service does not answer any more.") : error;
}
