/**
 * One opener of a data directory at a time, also when an earlier one was killed.
 *
 * Idea: claims instead of one lock file. Each opener first puts down a claim, a file whose name no
 * other ever has, and only then looks at the claims of others. Whoever finds a living one takes its own
 * back. Of two openers, the one whose claim came second must see the first one's, so never do both
 * stay; when both saw each other, both step back and try again after a random pause. A dead opener's
 * claim is deleted by whoever finds it: since names are never used twice, that can't hit a living one,
 * which is the race that taking over a single stale lock file has.
 *
 *   lock-41237-1f0c9a2b7d3e4f50      {"pid":41237,"start":"8817234","machine":"9b1c…/pid:[4026531836]"}
 *
 * Alive means: on the same machine, since the same boot, in the same process namespace, the process is
 * there and started at the same moment (a number that was given again does not count). Where that can't
 * be looked up, as between containers that share a volume, the claim counts as alive until it has not
 * been touched for 20 s; its owner touches it every 5 s.
 */
import { randomBytes } from "node:crypto";
import {
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { FoldbackError } from "../core/index.ts";
import type { DirectoryLock } from "./files.ts";

interface Claim {
  readonly pid: number;
  /** When the process started, in the kernel's own units; empty where it can't be told. */
  readonly start: string;
  readonly machine: string;
}

const claimPrefix = "lock-";
const touchEveryMs = 5_000;
const silentMsMax = 4 * touchEveryMs; // a busy thread may miss a few touches
const attemptCount = 8; // two openers that step back at once meet again 8 times with odds below 1 in 10^6

export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const name = `${claimPrefix}${process.pid}-${randomBytes(8).toString("hex")}`;
  const path = join(directory, name);
  for (let attempt = 1; ; attempt++) {
    guard(directory, () => writeFileSync(path, JSON.stringify(ownClaim()), { flag: "wx" }));
    const holder = livingClaim(directory, name);
    if (holder === undefined) return hold(path);
    removeIfThere(path);
    if (attempt === attemptCount) throw locked(directory, holder);
    await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 20));
  }
}

function hold(path: string): DirectoryLock {
  const touching = setInterval(() => {
    const now = new Date();
    try {
      utimesSync(path, now, now);
    } catch {
      // Only other containers look at the time, and the log's own next write meets the same trouble
      // with the directory and reports it; a timer has nobody to tell.
      clearInterval(touching);
    }
  }, touchEveryMs);
  touching.unref();
  return {
    release() {
      clearInterval(touching);
      removeIfThere(path);
    },
  };
}

/** The first living claim that is not `ownName`; deletes the dead ones on its way. */
function livingClaim(
  directory: string,
  ownName: string,
): { path: string; pid: number | undefined } | undefined {
  for (const name of guard(directory, () => readdirSync(directory))) {
    if (!name.startsWith(claimPrefix) || name === ownName) continue;
    const path = join(directory, name);
    const text = readIfThere(path);
    if (text === undefined) continue; // released since it was listed
    const claim = parseClaim(text);
    if (isAlive(path, claim)) return { path, pid: claim?.pid };
    removeIfThere(path);
  }
  return undefined;
}

function isAlive(path: string, claim: Claim | undefined): boolean {
  if (claim === undefined || claim.machine !== machine()) return touchedLately(path);
  try {
    process.kill(claim.pid, 0); // signal 0 only asks
  } catch (error) {
    if (errorCode(error) === "ESRCH") return false; // EPERM: there, under another user
  }
  return claim.start === "" || claim.start === processStart(claim.pid);
}

function touchedLately(path: string): boolean {
  try {
    return Date.now() - statSync(path).mtimeMs < silentMsMax;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
}

function ownClaim(): Claim {
  return { pid: process.pid, start: processStart(process.pid), machine: machine() };
}

/** Within which a process number means one process: the boot and the process namespace. */
function machine(): string {
  const boot = readIfThere("/proc/sys/kernel/random/boot_id")?.trim();
  if (boot === undefined) return hostname(); // not Linux
  return `${boot}/${readlinkSync("/proc/self/ns/pid")}`;
}

function processStart(pid: number): string {
  const stat = readIfThere(`/proc/${pid}/stat`);
  if (stat === undefined) return "";
  // Field 22, starttime. The name, field 2, may hold spaces and brackets: count from its end.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

/** Undefined when the text is no claim: another opener is in the middle of writing it, or died there. */
function parseClaim(text: string): Claim | undefined {
  try {
    const claim = JSON.parse(text) as Partial<Claim> | null; // each field is checked below
    const { pid, start, machine: of } = claim ?? {};
    if (typeof pid !== "number" || typeof start !== "string" || typeof of !== "string") return;
    return { pid, start, machine: of };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ESRCH") return undefined;
    throw error;
  }
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
}

function guard<Value>(directory: string, run: () => Value): Value {
  try {
    return run();
  } catch (cause) {
    const message = `could not lock ${directory}: ${String(cause)}; check that it can be written to`;
    throw new FoldbackError("LOG_UNAVAILABLE", message, { cause, details: { path: directory } });
  }
}

function locked(
  directory: string,
  holder: { path: string; pid: number | undefined },
): FoldbackError {
  const who = holder.pid === undefined ? "another process" : `process ${holder.pid}`;
  const message =
    `${directory} is in use by ${who} (${holder.path}); stop it, or give this one another directory. ` +
    `After a crash on another machine or in another container, try again in ${silentMsMax / 1000} s`;
  return new FoldbackError("DATA_LOCKED", message, {
    details: { directory, pid: holder.pid, claim: holder.path },
  });
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
