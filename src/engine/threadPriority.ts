import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";
import { basename } from "node:path";

/** Where both want a processor, serving gets three quarters of it; more would starve training beside a busy neighbour. */
const niceness = 5;

/**
 * This thread lets others go first: a list is waited for, learning is not. Linux alone has priorities of single
 * threads, which go by the numbers that processes have; elsewhere nothing is done.
 */
export function letOthersFirst(): void {
  try {
    const thread = Number(basename(readlinkSync("/proc/thread-self")));
    setPriority(thread, niceness);
  } catch {
    // Another system, or one that hides its threads: it is as it would be without.
  }
}
