import { FoldbackError } from "../core/index.ts";
import type { Properties } from "../event/index.ts";
import { compileFilter, type Value } from "../expression/index.ts";
import type { StreamState } from "../features/index.ts";
import { checkReadsItems } from "./rules.ts";

/** An item as the catalogue has it. */
export interface CatalogueItem {
  readonly item: string;
  /** What the latest `item_set` said of it. */
  readonly properties: Properties;
  /** When somebody did something with it first, epoch milliseconds; nobody yet: not there. */
  readonly firstSeen?: number;
}

export interface CataloguePage {
  readonly items: readonly CatalogueItem[];
  /** Give it as `after` for the next page; not there after the last. */
  readonly next?: string;
}

export interface PageRequest {
  /** The `next` of the page before; from the beginning without. */
  readonly after?: string;
  /** 1 to 1000. */
  readonly limit: number;
  /** As of rules: only items for which it holds. */
  readonly filter?: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

const limitMax = 1000;

/** Undefined of an item that the catalogue does not know, or no more. */
export function catalogueItem(state: StreamState, name: string): CatalogueItem | undefined {
  const item = state.items.indexOf(name);
  const properties = item < 0 ? undefined : state.properties.of(item);
  if (properties === undefined) return undefined;
  const first = state.items.firstTimeOf(item);
  return { item: name, properties, ...(Number.isNaN(first) ? {} : { firstSeen: first }) };
}

/**
 * Items in the order of their first mention, which a later one does not change: who follows the pages to the end
 * has seen every item that was there at the beginning. O(items) with a filter that few pass.
 *
 * @throws FoldbackError REQUEST_INVALID.
 */
export function cataloguePage(state: StreamState, request: PageRequest): CataloguePage {
  const { after, limit, filter, now } = request;
  checkLimit(limit);
  const from = after === undefined ? 0 : state.items.indexOf(after) + 1;
  if (after !== undefined && from === 0) {
    throw new FoldbackError(
      "REQUEST_INVALID",
      `after is ${JSON.stringify(after.slice(0, 80))}, which is no item; allowed: the next of a page`,
      { details: { parameter: "after" } },
    );
  }
  const holds = holdingOf(state, filter, now);
  const items: CatalogueItem[] = [];
  for (let at = from; at < state.items.count; at++) {
    const item = catalogueItem(state, state.items.nameOf(at));
    if (item === undefined || !holds(item)) continue;
    if (items.length === limit) return { items, next: items[limit - 1].item };
    items.push(item);
  }
  return { items };
}

/** Of a page. @throws FoldbackError REQUEST_INVALID. */
export function checkLimit(limit: number): void {
  if (Number.isInteger(limit) && limit >= 1 && limit <= limitMax) return;
  throw new FoldbackError(
    "REQUEST_INVALID",
    `limit is ${limit}; allowed: whole numbers from 1 to ${limitMax}`,
    { details: { parameter: "limit" } },
  );
}

function holdingOf(
  state: StreamState,
  text: string | undefined,
  now: number,
): (item: CatalogueItem) => boolean {
  if (text === undefined) return () => true;
  const filter = compileFilter(text);
  checkReadsItems(filter);
  return ({ item }) => {
    const properties = state.properties.of(state.items.indexOf(item)) ?? {};
    const read = (property: number): Value => {
      const { name } = filter.properties[property];
      return Object.hasOwn(properties, name) ? properties[name] : null;
    };
    return filter.test(read, now);
  };
}
