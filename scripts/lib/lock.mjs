/**
 * One process at a time, by a file that holds the owner's process id. Node built-ins only.
 */
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A first set-up takes a minute on a slow line; who waits ten has met a stuck process. */
const waitMsMax = 600_000;
const pollMs = 100;

/**
 * Runs `work` while no other process holds the same lock file, and waits for the one that does.
 *
 * The lock of a process that has died is taken over. (Two that take over the same dead lock in the same
 * microseconds can both get in; the work done under it here is safe to repeat.)
 *
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @param {{ onWait?: (owner: number) => void, timeoutMs?: number }} [options]
 * @returns {Promise<T>}
 */
export async function withLock(file, work, { onWait, timeoutMs = waitMsMax } = {}) {
  mkdirSync(dirname(file), { recursive: true });
  const giveUpAt = Date.now() + timeoutMs;
  let told = false;
  while (!tryTake(file)) {
    const owner = ownerOf(file);
    if (owner === null || !isAlive(owner)) {
      rmSync(file, { force: true });
      continue;
    }
    if (Date.now() > giveUpAt) {
      throw new Error(
        `process ${owner} has held ${file} for too long. Stop it, or delete the file if it is not ours.`,
      );
    }
    if (!told) onWait?.(owner);
    told = true;
    await sleep(pollMs);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/** @param {string} file */
function tryTake(file) {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, file); // appears together with its content, so nobody ever reads half a lock
    return true;
  } catch (error) {
    if (isSystemError(error) && error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

/**
 * @param {string} file
 * @returns {number | null} null when it was given back meanwhile
 */
function ownerOf(file) {
  try {
    const owner = Number(readFileSync(file, "utf8"));
    return Number.isInteger(owner) && owner > 0 ? owner : null;
  } catch (error) {
    if (isSystemError(error) && error.code === "ENOENT") return null;
    throw error;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0); // signal 0 only asks
    return true;
  } catch (error) {
    return isSystemError(error) && error.code === "EPERM"; // another user's, but alive
  }
}

/**
 * @param {unknown} error
 * @returns {error is NodeJS.ErrnoException}
 */
function isSystemError(error) {
  return error instanceof Error && "code" in error;
}
