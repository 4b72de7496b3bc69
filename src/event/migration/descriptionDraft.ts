import { type DescribedKind, descriptionOf } from "../description.ts";
import type { Event } from "../event.ts";
import { type EventBatch, maxBatchEvents, unreadable } from "../eventFile.ts";
import { parseEvent } from "../parseEvent.ts";
import type { Refusal } from "../refusal.ts";
import { withContentId } from "./contentId.ts";

/** Most that are held: with a title and ten properties each, about 2 GB. */
const maxDescriptions = 5_000_000;

/**
 * The descriptions of a source, held until the time is known that they are to be said at: the last of each item
 * and account, in the order of their first.
 *
 * Those of items have no id. An id that is a function of the description would make a description that comes
 * a second time a duplicate, although another has replaced it in between (hidden, shown, hidden again);
 * what an import already finds in the log is told by the log's latest description of each item. Those of accounts have
 * such an id all the same: by it an import knows one that was erased since (`KnownEvents`).
 */
export class DescriptionDraft {
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
   * @param place index: what a refusal calls it.
   * @returns `replaced` where there was one of that name in this source already.
   * @throws FoldbackError FILE_UNREADABLE beyond the limit.
   */
  add(
    kind: DescribedKind,
    name: unknown,
    properties: Readonly<Record<string, unknown>>,
    place: { readonly name: string; readonly index: number },
  ): Refusal | "added" | "replaced" {
    const input = { ...descriptionOf(kind, name, properties, 0), source: this.#source };
    const parsed = parseEvent(input, { now: 0 }, place.index);
    if (!parsed.ok) return parsed.refusal;
    const { event } = parsed;
    const key = `${kind} ${event[kind]}`;
    const isReplaced = this.#events.has(key);
    if (!isReplaced && this.size === maxDescriptions) {
      const allowed = `${maxDescriptions} in one import; give them in parts`;
      throw unreadable(place.name, `more than ${maxDescriptions} items and accounts`, allowed);
    }
    this.#events.set(key, kind === "account" ? withContentId(event) : event);
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
 * Puts the descriptions before the first event, at its time: so that what is learned of an item's first
 * events knows what the item is. Where there are no events, they are said at `otherwise()`.
 *
 * @param events of which the draft is complete by the time that the first comes, as it is with events
 *   that were sorted by time.
 */
export async function* descriptionsFirst(
  draft: DescriptionDraft,
  events: AsyncIterable<EventBatch>,
  otherwise: () => number,
): AsyncGenerator<EventBatch> {
  let isSaid = false;
  let last: Pick<EventBatch, "name" | "bytesRead"> = { name: "", bytesRead: 0 };
  for await (const batch of events) {
    last = { name: batch.name, bytesRead: batch.bytesRead };
    if (!isSaid && batch.events.length > 0) {
      isSaid = true;
      yield* draft.batches(batch.events[0].time, last);
    }
    yield batch;
  }
  if (!isSaid) yield* draft.batches(otherwise(), last);
}
