import type { Event } from "./event.ts";
import { type EventBatch, maxBatchEvents } from "./eventFile.ts";
import { SortedRuns } from "./sortedRuns.ts";

/** Events that are sorted in memory, at 150 to 400 bytes each. */
const runLengthDefault = 1_000_000;

/**
 * Gives the events of all batches by event time, equal times in the order they came. While it reads it
 * passes on batches without events, which hold the refusals and the progress. O(n log n) time.
 *
 * Up to `runLength` events are sorted in memory. Of more, runs of so many are sorted and written to files in
 * a temporary directory, and merged from there: an external merge sort (Knuth, TAOCP 3, 5.4).
 */
export async function* inTimeOrder(
  batches: AsyncIterable<EventBatch>,
  runLength = runLengthDefault,
): AsyncGenerator<EventBatch> {
  const runs = new SortedRuns();
  let events: Event[] = [];
  let isInMemory = true;
  let last: Pick<EventBatch, "name" | "bytesRead"> | undefined;
  try {
    for await (const batch of batches) {
      if (events.length >= runLength && batch.events.length > 0) {
        await runs.add(sorted(events));
        events = [];
        isInMemory = false;
      }
      for (const event of batch.events) events.push(event);
      const { rows: _, ...told } = batch;
      yield { ...told, events: [] };
      last = { name: batch.name, bytesRead: batch.bytesRead };
    }
    if (last === undefined) return;
    if (isInMemory) {
      sorted(events);
      for (let at = 0; at < events.length; at += maxBatchEvents) {
        yield { ...last, events: events.slice(at, at + maxBatchEvents), refused: [] };
      }
      return;
    }
    if (events.length > 0) await runs.add(sorted(events));
    events = [];
    for await (const batch of runs.merged()) yield { ...last, events: batch, refused: [] };
  } finally {
    await runs.remove(); // also where the reader stops early
  }
}

/** In place; stable, by the language's word. What is sorted already costs one pass. */
function sorted(events: Event[]): Event[] {
  const isSorted = events.every((event, i) => i === 0 || events[i - 1].time <= event.time);
  return isSorted ? events : events.sort((a, b) => a.time - b.time);
}
