import type { UserConfig } from "../engine/index.ts";
import type { Event } from "../event/index.ts";

/** Settings that make an engine start and learn fast, over this data directory. */
export function smallConfig(
  dataDirectory: string,
  training: NonNullable<UserConfig["training"]> = {},
): UserConfig {
  return {
    dataDirectory,
    // Requests that are injected one after the other count as one turn, which takes its time on a busy machine.
    http: { port: 0, waitMsMax: 60_000 },
    model: { dim: 4, sizeBytesMax: 64 * 1024 * 1024 },
    training: { negativesPerPositive: 3, ...training },
  };
}

/** Event time of the first of `likes`. */
export const likesBegin = 1_700_000_000_000;

/**
 * Events `start` to `start + count - 1` of a fixed sequence: 20 accounts, 60 items, one a second, each
 * with its number as id. Accounts of one of two kinds stay with their half of the items, so that there
 * is something to learn.
 */
export function likes(start: number, count: number): Event[] {
  return Array.from({ length: count }, (_, i) => {
    const n = start + i;
    const mixed = Math.imul(n + 1, 2_654_435_761) >>> 0; // Knuth's multiplicative hash
    const account = mixed % 20;
    const item = (mixed >>> 8) % 30;
    return {
      id: String(n),
      type: "like",
      time: likesBegin + n * 1000,
      account: `account-${account}`,
      item: `item-${account % 2 === 0 ? item : 30 + item}`,
    };
  });
}
