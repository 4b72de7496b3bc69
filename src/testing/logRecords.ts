import type { Event, LogRecord } from "../event/index.ts";
import type { LogReader } from "../log/index.ts";

/** Event time of the first of `play`. */
export const playTime = 1_700_000_000_000;

/** Events `start` to `start + count - 1` of a fixed sequence over nine accounts. */
export function play(start: number, count: number, idPrefix?: string): Event[] {
  return Array.from({ length: count }, (_, i) => ({
    ...(idPrefix === undefined ? {} : { id: `${idPrefix}${start + i}` }),
    type: "play",
    time: playTime + start + i,
    account: `account-${(start + i) % 9}`,
    item: `song-${start + i}`,
  }));
}

export async function readEverything(log: LogReader): Promise<LogRecord[]> {
  return toArray(log.readAll(new Array<number>(log.partitionCount).fill(0)));
}

export async function toArray<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const array: Value[] = [];
  for await (const value of values) array.push(value);
  return array;
}

/** Waits for what another turn of the event loop brings; the test's own time limit ends it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}
