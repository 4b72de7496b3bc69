import type { Event } from "../event.ts";
import { type EventBatch, maxBatchEvents, unreadable } from "../eventFile.ts";
import { itemSetOf } from "../itemSet.ts";
import { parseEvent } from "../parseEvent.ts";
import type { Refusal } from "../refusal.ts";

/** Most items that are held: with a title and ten properties each, about 2 GB. */
const maxDraftItems = 5_000_000;

/**
 * The catalogue of a source, held until the time is known that it is to be said at: the last description
 * of each item, in the order of their first.
 *
 * Its events have no id. An id that is a function of the description would make a description that comes
 * a second time a duplicate, although another has replaced it in between (hidden, shown, hidden again);
 * what an import already finds in the log is told by the log's latest description of each item.
 */
export class CatalogueDraft {
  readonly #source: string | undefined;
  readonly #events = new Map<string, Event>();

  /** @param source of the events; undefined: they have none. */
  constructor(source?: string) {
    this.#source = source;
  }

  get size(): number {
    return this.#events.size;
  }

  /**
   * Takes a description.
   *
   * @param index what a refusal calls it.
   * @returns `replaced` where the item had one from this source already.
   * @throws FoldbackError FILE_UNREADABLE beyond the limit.
   */
  add(
    item: unknown,
    properties: Readonly<Record<string, unknown>>,
    place: { readonly name: string; readonly index: number },
  ): Refusal | "added" | "replaced" {
    const input = { ...itemSetOf(item, properties, 0), source: this.#source };
    const parsed = parseEvent(input, { now: 0 }, place.index);
    if (!parsed.ok) return parsed.refusal;
    const key = parsed.event.item as string; // an item_set without one is refused
    const isReplaced = this.#events.has(key);
    if (!isReplaced && this.size === maxDraftItems) {
      const allowed = `${maxDraftItems} in one import; give the catalogue in parts`;
      throw unreadable(place.name, `more than ${maxDraftItems} items`, allowed);
    }
    this.#events.set(key, parsed.event);
    return isReplaced ? "replaced" : "added";
  }

  /** @param time of the descriptions, epoch milliseconds. */
  *batches(time: number, read: Pick<EventBatch, "name" | "bytesRead">): Generator<EventBatch> {
    let events: Event[] = [];
    for (const event of this.#events.values()) {
      events.push({ ...event, time });
      if (events.length < maxBatchEvents) continue;
      yield { ...read, events, refused: [] };
      events = [];
    }
    if (events.length > 0) yield { ...read, events, refused: [] };
  }
}

/**
 * Puts the catalogue before the first event, at its time: so that what is learned of an item's first
 * events knows what the item is. Where there are no events, it is said at `otherwise()`.
 *
 * @param events of which the catalogue is complete by the time that the first comes, as it is with events
 *   that were sorted by time.
 */
export async function* catalogueFirst(
  catalogue: CatalogueDraft,
  events: AsyncIterable<EventBatch>,
  otherwise: () => number,
): AsyncGenerator<EventBatch> {
  let isSaid = false;
  let last: Pick<EventBatch, "name" | "bytesRead"> = { name: "", bytesRead: 0 };
  for await (const batch of events) {
    last = { name: batch.name, bytesRead: batch.bytesRead };
    if (!isSaid && batch.events.length > 0) {
      isSaid = true;
      yield* catalogue.batches(batch.events[0].time, last);
    }
    yield batch;
  }
  if (!isSaid) yield* catalogue.batches(otherwise(), last);
}
