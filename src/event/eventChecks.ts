/**
 * The checks that a field of an incoming event must pass.
 *
 * Each takes what came, and gives the exact value, or `undefined` where it is absent or bad. A bad one
 * is noted in `findings`, where only the first counts: `parseEvent` asks in the order of `Event`, so
 * the first noted is the first bad field in that order, and no check needs an early return.
 */
import { type Refusal, renderText, renderValue } from "./refusal.ts";
import { parseRfc3339 } from "./rfc3339.ts";

/** Longest id or name, in UTF-16 units. Four times the ids in use (a UUID has 36), and it is stored with every event. */
export const maxTextLength = 256;
/** Longest text in `context`, in UTF-16 units: a caption of the services we know (2,200) mostly fits. */
export const maxContextTextLength = 2048;
const maxContextKeyLength = 128;
/** Most named features in `context`. With the two limits above, the largest event stays below 1 MiB of JSON, even if each character is escaped. */
export const maxContextKeys = 64;
/** How far ahead of our clock an event may be: senders' clocks go wrong by minutes, not by more. */
export const maxAheadMs = 600_000;

export interface Findings {
  readonly index: number;
  refusal: Refusal | undefined;
}

export type Fields = Readonly<Record<string, unknown>>;

/** Notes a bad field; gives undefined, the value that a bad field has. */
export function refuse(
  findings: Findings,
  field: string,
  came: unknown,
  allowed: string,
): undefined {
  findings.refusal ??= { index: findings.index, field, came: renderValue(came), allowed };
}

export function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

export function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function checkText(findings: Findings, field: string, came: unknown): string | undefined {
  if (isAbsent(came)) return undefined;
  if (isName(came)) return came;
  return refuse(findings, field, came, allowedText);
}

/** Whether it can be an id or a name. */
export function isName(value: unknown): value is string {
  return isText(value, maxTextLength);
}

const allowedText = `a string of 1 to ${maxTextLength} characters, without NUL and without half a surrogate pair`;

export function checkCode(
  findings: Findings,
  field: string,
  came: unknown,
  pattern: RegExp,
  allowed: string,
): string | undefined {
  if (isAbsent(came)) return undefined;
  if (typeof came === "string" && pattern.test(came)) return came;
  return refuse(findings, field, came, allowed);
}

/** A finite number; minus zero becomes zero, since JSON would lose its sign. */
export function checkNumber(findings: Findings, field: string, came: unknown): number | undefined {
  if (isAbsent(came)) return undefined;
  if (typeof came === "number" && Number.isFinite(came)) return came + 0;
  return refuse(findings, field, came, "a finite number");
}

export function checkAmount(findings: Findings, field: string, came: unknown): number | undefined {
  if (isAbsent(came)) return undefined;
  if (typeof came === "number" && Number.isFinite(came) && came >= 0) return came + 0;
  return refuse(findings, field, came, "a finite number from 0");
}

export function checkPosition(
  findings: Findings,
  field: string,
  came: unknown,
): number | undefined {
  if (isAbsent(came)) return undefined;
  if (Number.isSafeInteger(came) && (came as number) >= 0) return (came as number) + 0; // isSafeInteger holds for numbers only
  return refuse(findings, field, came, "a whole number from 0");
}

/** @param now the clock's time, epoch milliseconds. Gives -1 for a time that is absent or bad. */
export function checkTime(findings: Findings, came: unknown, now: number): number {
  const time = typeof came === "string" ? parseRfc3339(came) : came;
  if (!Number.isSafeInteger(time)) {
    refuse(findings, "time", came, allowedTime);
    return -1;
  }
  const ms = (time as number) + 0; // isSafeInteger holds for numbers only
  if (ms >= 0 && ms <= now + maxAheadMs) return ms;
  refuse(
    findings,
    "time",
    came,
    "a time from 1970 on, at most 10 minutes after the server's clock",
  );
  return -1;
}

const allowedTime =
  "an RFC 3339 time with an offset, such as 2024-01-31T18:30:00Z, or a whole number of epoch milliseconds";

/** The named features: a flat record of texts and finite numbers; absent where it has none. */
export function checkContext(
  findings: Findings,
  came: unknown,
): Record<string, string | number> | undefined {
  if (isAbsent(came)) return undefined;
  if (!isObject(came)) return refuse(findings, "context", came, allowedContext);
  const keys = Object.keys(came);
  let context: Record<string, string | number> | undefined;
  let count = 0;
  for (const key of keys) {
    const value = came[key];
    if (isAbsent(value)) continue;
    if (++count > maxContextKeys) return refuse(findings, "context", came, allowedContext);
    if (!isContextKey(key)) return refuse(findings, "context", key, allowedContextKey);
    context ??= {};
    if (!isContextValue(value)) {
      return refuse(findings, `context.${renderText(key)}`, value, allowedContextValue);
    }
    context[key] = typeof value === "number" ? value + 0 : value;
  }
  return context;
}

/** Assigning to __proto__ would be lost, or change what the record inherits; so it is no name. */
export function isContextKey(key: string): boolean {
  return key !== "__proto__" && isText(key, maxContextKeyLength);
}

export function isContextValue(value: unknown): value is string | number {
  return typeof value === "number" ? Number.isFinite(value) : isText(value, maxContextTextLength);
}

const allowedContext = `a flat object of at most ${maxContextKeys} texts and numbers`;
const allowedContextKey = `names of 1 to ${maxContextKeyLength} characters, other than __proto__`;
const allowedContextValue = `a finite number, or a string of 1 to ${maxContextTextLength} characters, without NUL and without half a surrogate pair`;

/** Refuses the first field that is there but not known. A field that is null counts as absent. */
export function checkNames(
  findings: Findings,
  came: Fields,
  known: ReadonlySet<string>,
  prefix: string,
  allowed: string,
): void {
  for (const name of Object.keys(came)) {
    if (known.has(name) || isAbsent(came[name])) continue;
    refuse(findings, prefix + renderText(name), came[name], allowed);
    return;
  }
}

function isText(value: unknown, maxLength: number): value is string {
  return (
    typeof value === "string" && value.length > 0 && value.length <= maxLength && isClean(value)
  );
}

/** Neither NUL (ends a string in C, and in some stores) nor half a surrogate pair (has no UTF-8). */
function isClean(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 0) return false;
    if ((unit & 0xf800) !== 0xd800) continue;
    const isHigh = unit < 0xdc00;
    if (!isHigh || (text.charCodeAt(++i) & 0xfc00) !== 0xdc00) return false;
  }
  return true;
}
