/** Events as rows of the case's tables: `access` starts a session, what else it does in it are its actions. */
import type { Event, EventSource } from "../../event/index.ts";
import { isDone } from "../doneEvents.ts";
import type { Refusals } from "./refusals.ts";
import type { Staging } from "./staging.ts";

/**
 * Takes events in the order in which they come.
 *
 * The genre of an action is `context.genre`, else the first of its item's `categories`, as the last `item_set` has them. Events of
 * anonymous sessions, and those without a session, say nothing of who is behind an account, and are left out.
 *
 * @param file as `Staging.addFile` gave it. @param firstRow what the first event is called, from 1.
 */
export async function stageEvents(
  staging: Staging,
  file: number,
  events: readonly Event[],
  firstRow: number,
): Promise<void> {
  for (const [index, event] of events.entries()) {
    const row = firstRow + index;
    if (event.type === "access") {
      if (event.account !== undefined) await staging.append("access", file, row, accessRow(event));
    } else if (event.type === "item_set") noteGenre(staging, event);
    else if (isDone(event.type) && event.account !== undefined) {
      if (event.session !== undefined) await staging.append("action", file, row, actionRow(event));
    }
  }
}

/** Of a file of events; refused ones are counted. */
export async function stageEventFile(
  staging: Staging,
  source: EventSource,
  options: { readonly refusals: Refusals; readonly onProgress?: (rows: number) => void },
): Promise<void> {
  const file = staging.addFile(source.name);
  let count = 0;
  for await (const { events, refused, name } of source.batches()) {
    for (const { index, field } of refused) {
      options.refusals.add(`events whose ${field} is not allowed`, name, index);
    }
    await stageEvents(staging, file, events, count + 1);
    count += events.length;
    options.onProgress?.(count);
  }
}

function accessRow(event: Event): (string | null)[] {
  const { location } = event;
  return [
    event.account ?? null,
    event.session ?? null,
    event.device ?? null,
    location?.city ?? null,
    location?.state ?? null,
    location?.zip ?? null,
    null,
    null,
    new Date(event.time).toISOString(),
    null,
    null,
    location?.country ?? event.country ?? null,
    location?.timeZone ?? null,
  ];
}

function actionRow(event: Event): (string | null)[] {
  const genre = event.context?.["genre"];
  return [
    event.account ?? null,
    event.session ?? null,
    event.type,
    event.item ?? null,
    event.artist ?? null,
    event.playlist ?? null,
    new Date(event.time).toISOString(),
    genre === undefined ? null : String(genre),
  ];
}

function noteGenre(staging: Staging, { item, context }: Event): void {
  const categories = context?.["categories"];
  const genre = typeof categories === "string" ? categories.split("|")[0].trim() : "";
  if (item !== undefined) staging.setGenre(item, genre);
}
