import { type RatingsFormat, readCatalogue } from "./catalogueFile.ts";
import { type Dialect, readDelimited } from "./delimited.ts";
import type { Event } from "./event.ts";
import {
  type EventBatch,
  type EventFileOptions,
  type FileSource,
  maxBatchEvents,
} from "./eventFile.ts";
import { parseEvent } from "./parseEvent.ts";
import type { Refusal } from "./refusal.ts";
import { inTimeOrder } from "./timeOrder.ts";

const ratingsColumns = ["account", "item", "value", "time"];

const dialects: Record<RatingsFormat, Dialect> = {
  "double-colon": { delimiter: "::", quotes: false, columns: ratingsColumns },
  "movielens-tab": { delimiter: "\t", quotes: false, columns: ratingsColumns },
  "movielens-csv": {
    delimiter: ",",
    quotes: true,
    columns: () => ratingsColumns, // of that width and order: the format is chosen by its header
  },
  recbole: { delimiter: "\t", quotes: false, columns: recboleColumns },
};

/**
 * Reads ratings as `rate` events with the rating as `value`, and first, where a catalogue lies beside
 * them, its items as `item_set` events at the time of the first rating. Files of ratings go by user,
 * not by time, so `order: "time"` is what makes a stream of them.
 */
export async function* readRatings(
  source: FileSource,
  format: RatingsFormat,
  options: EventFileOptions,
): AsyncGenerator<EventBatch> {
  const inFileOrder = readDelimited(source, dialects[format], options);
  const ratings = options.order === "time" ? inTimeOrder(inFileOrder) : inFileOrder;
  let isFirst = typeof source === "string";
  for await (const batch of ratings) {
    if (isFirst && typeof source === "string" && batch.events.length > 0) {
      isFirst = false;
      yield* catalogueBatches(source, format, batch, options);
    }
    yield batch;
  }
}

function* catalogueBatches(
  path: string,
  format: RatingsFormat,
  first: EventBatch,
  options: EventFileOptions,
): Generator<EventBatch> {
  const catalogue = readCatalogue(path, format);
  if (catalogue === undefined) return;
  const { time } = first.events[0];
  const parseOptions = { ...options, now: options.clock.now() };
  const { path: name, refused } = catalogue;
  if (refused.length > 0) yield { events: [], refused, name, bytesRead: first.bytesRead };
  for (let at = 0; at < catalogue.items.length; at += maxBatchEvents) {
    const events: Event[] = [];
    const refused: Refusal[] = [];
    for (const { row, item, context } of catalogue.items.slice(at, at + maxBatchEvents)) {
      const parsed = parseEvent({ type: "item_set", time, item, context }, parseOptions, row);
      if (parsed.ok) events.push(parsed.event);
      else refused.push(parsed.refusal);
    }
    yield { events, refused, name, bytesRead: first.bytesRead };
  }
}

/** RecBole's names of columns, `name:type`, in our words; what we have no word for is context. */
function recboleColumns(header: readonly string[]): string[] {
  return header.map((cell) => {
    const name = cell.split(":", 1)[0];
    return recboleColumnNames.get(name) ?? `context.${name}`;
  });
}

const recboleColumnNames: ReadonlyMap<string, string> = new Map([
  ["user_id", "account"],
  ["session_id", "session"],
  ["item_id", "item"],
  ["rating", "value"],
  ["timestamp", "time"],
]);
