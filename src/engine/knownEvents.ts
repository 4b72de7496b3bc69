import { hash64 } from "../core/index.ts";
import type { Event } from "../event/index.ts";
import type { EmbeddedLog, KnownIds } from "../log/index.ts";
import { beginningOf } from "./offlineLog.ts";

/**
 * What of an import the log has already, however long ago: when it appends, the log itself looks for ids among
 * those of its last 48 hours only, and history is older.
 *
 * An event is known by its source, type and id, also where it was erased since. A description of an item is
 * known by being what the log's latest description of it says: one that was replaced in between is said again.
 *
 * Memory: 12 to 24 bytes an event with an id, and about 100 an item.
 */
export class KnownEvents {
  readonly #ids: KnownIds;
  /** Hash of the latest description, by item. */
  readonly #described = new Map<string, number>();

  private constructor(ids: KnownIds) {
    this.#ids = ids;
  }

  /** Reads the whole log, about 2 µs a record. @param onRead told how many records were read. */
  static async of(log: EmbeddedLog, onRead: (records: number) => void): Promise<KnownEvents> {
    const known = new KnownEvents(await log.knownIds(onRead));
    let records = 0;
    for await (const batch of log.readBatches(beginningOf(log))) {
      for (const { event } of batch) {
        if (isDescription(event)) known.#described.set(event.item, descriptionHash(event));
      }
      records += batch.length;
      onRead(records);
    }
    return known;
  }

  /** Those that are new; from then on they are known. */
  rest(events: readonly Event[]): readonly Event[] {
    return events.filter((event) => this.#isNew(event));
  }

  #isNew(event: Event): boolean {
    if (!isDescription(event)) return this.#ids.isNew(event);
    const description = descriptionHash(event);
    if (this.#described.get(event.item) === description) return false;
    this.#described.set(event.item, description);
    return true;
  }
}

function isDescription(event: Event): event is Event & { readonly item: string } {
  return event.type === "item_set" && event.item !== undefined;
}

/** What is said of the item, in whatever order: 53 bits. */
function descriptionHash({ artist, context = {} }: Event): number {
  const properties = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1));
  return Number(BigInt.asUintN(53, hash64(JSON.stringify([artist ?? "", properties]))));
}
