/** Why an append is not taken, in the words of every log. */
import { FoldbackError } from "../core/index.ts";

export function closed(): FoldbackError {
  return new FoldbackError("CLOSED", "the log is closed; open it again to append");
}

export function tooLarge(what: string, max: number): FoldbackError {
  const message = `one append of ${what}; allowed: ${max}. Split it`;
  return new FoldbackError("BATCH_TOO_LARGE", message, { details: { max } });
}

export function overloaded(waitingCount: number, max: number): FoldbackError {
  const message = `${waitingCount} events wait; allowed: ${max}. Wait for earlier appends, then retry`;
  return new FoldbackError("OVERLOADED", message, { details: { waitingCount, max } });
}
