import type { Event } from "./event.ts";
import { type EventBatch, maxBatchEvents, unreadable } from "./eventFile.ts";

/** Most events that are sorted: they are all in memory then, at about 150 bytes each (measured), 3 GB. */
const maxSortedEvents = 20_000_000;

/**
 * Gives the events of all batches by event time, equal times in the order they came. While it reads it
 * passes on batches without events, which hold the refusals and the progress. O(n log n) time, O(n)
 * memory; more than `maxSortedEvents` are `FILE_UNREADABLE`.
 */
export async function* inTimeOrder(batches: AsyncIterable<EventBatch>): AsyncGenerator<EventBatch> {
  const events: Event[] = [];
  let last: Pick<EventBatch, "name" | "bytesRead"> | undefined;
  let isSorted = true;
  for await (const batch of batches) {
    for (const event of batch.events) {
      isSorted &&= events.length === 0 || events[events.length - 1].time <= event.time;
      events.push(event);
    }
    if (events.length > maxSortedEvents) {
      const allowed = `${maxSortedEvents} to be sorted by time; sort the file and read it in its own order`;
      throw unreadable(batch.name, `more than ${maxSortedEvents} events`, allowed);
    }
    yield { ...batch, events: [] };
    last = { name: batch.name, bytesRead: batch.bytesRead };
  }
  if (last === undefined) return;
  if (!isSorted) events.sort((a, b) => a.time - b.time); // stable, by the language's word
  for (let at = 0; at < events.length; at += maxBatchEvents) {
    yield { ...last, events: events.slice(at, at + maxBatchEvents), refused: [] };
  }
}
