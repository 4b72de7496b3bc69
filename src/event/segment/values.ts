/** Values of Segment's messages, as senders write them. What none of these can read stays as it came. */
import { type Fields, isAbsent, isName, isObject } from "../eventChecks.ts";
import { parseRfc3339 } from "../rfc3339.ts";

/** A value at a path within an object: `price`, `artist.id`. A name that has a dot itself comes first. */
export function valueAt(root: Fields, path: string): unknown {
  if (Object.hasOwn(root, path)) return root[path];
  let value: unknown = root;
  for (const name of path.split(".")) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

export type Reader = (value: unknown) => unknown;

/** An id: a text, or a number, as databases have them. An empty text is none. */
export const readId: Reader = (value) => {
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  return value === "" ? undefined : value;
};

/** A number, also where it is written as a text: the spec's own examples have `rating: "5"`. */
export const readNumber: Reader = (value) => {
  if (typeof value !== "string") return value;
  if (value === "") return undefined;
  return /^-?\d{1,15}(?:\.\d{1,15})?$/.test(value) ? Number(value) : value;
};

/** ISO 4217; senders write it small, too. */
export const readCurrency: Reader = (value) => {
  if (typeof value !== "string") return value;
  return value === "" ? undefined : value.toUpperCase();
};

/** A name of at most 256 characters, or nothing: for what an event can do without. */
export const readName: Reader = (value) => (isName(value) ? value : undefined);

/** A place in a list, or nothing. */
export const readPosition: Reader = (value) => {
  const position = readNumber(value);
  return Number.isSafeInteger(position) && (position as number) >= 0 ? position : undefined; // a number, by the check
};

/** Seconds, or nothing. */
export const readSeconds: Reader = (value) => {
  const seconds = readNumber(value);
  return typeof seconds === "number" && seconds >= 0 ? seconds : undefined;
};

interface MessageTime {
  /** Epoch milliseconds; what came, where it is no time. */
  readonly time: unknown;
  /** The field that it came from. */
  readonly field: "timestamp" | "originalTimestamp" | "sentAt";
}

/**
 * When a message happened by the server's clock, whatever the sender's clock says:
 * `receivedAt − (sentAt − originalTimestamp)`.
 *
 * What senders call `timestamp` is Segment's `originalTimestamp`; in a message that has both, Segment has
 * corrected `timestamp` already. Without `sentAt` the sender's clock is believed; without a time it is now.
 *
 * Source: Segment, "Spec: Common Fields", Timestamps.
 */
export function timeOf(message: Fields, batchSentAt: unknown, receivedAt: number): MessageTime {
  const { timestamp, originalTimestamp } = message;
  const field = isAbsent(timestamp) ? "originalTimestamp" : "timestamp";
  const came = timestamp ?? originalTimestamp;
  if (isAbsent(came)) return { time: receivedAt, field: "timestamp" };
  const original = instantOf(came);
  if (original === undefined) return { time: came, field };
  if (!isAbsent(timestamp) && !isAbsent(originalTimestamp)) return { time: original, field };
  const cameSentAt = message["sentAt"] ?? batchSentAt;
  if (isAbsent(cameSentAt)) return { time: original, field };
  const sentAt = instantOf(cameSentAt);
  if (sentAt === undefined) return { time: cameSentAt, field: "sentAt" };
  return { time: receivedAt - (sentAt - original), field };
}

function instantOf(value: unknown): number | undefined {
  const time = typeof value === "string" ? parseRfc3339(value) : value;
  return Number.isSafeInteger(time) ? (time as number) : undefined; // isSafeInteger holds for numbers only
}
