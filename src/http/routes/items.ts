import { createHash } from "node:crypto";
import { type Static, Type } from "typebox";
import {
  boardItemsSchema,
  boardQuery,
  catalogueItemSchema,
  cataloguePageSchema,
  catalogueQuery,
  ingestResultSchema,
  itemParameters,
  itemPropertiesSchema,
  namedItemSchema,
  problemSchema,
} from "../../contract/index.ts";
import { FoldbackError, problemOf } from "../../core/index.ts";
import {
  type CatalogueItem,
  type Foldback,
  type IngestResult,
  itemSetOf,
  type Refusal,
} from "../../engine/index.ts";
import { eventsOf, parse } from "../body.ts";
import { type Reply, route } from "../route.ts";
import { rulesIn } from "./rules.ts";

const etagHeader = { etag: "Send it as `if-match` to change the item only as you know it." };
const ifMatch = {
  "if-match": "Only where the item's `etag` is still this; `*`: only where it is known.",
};

const boardSummaries = {
  trending: "What is wanted most of late",
  popular: "What is wanted most of all",
  latest: "What was seen first last",
} as const;

export const itemRoutes = [
  route({
    method: "GET",
    path: "/v1/items",
    scope: "read",
    tag: "Catalogue",
    summary: "The catalogue, page by page",
    description: "In the order of first mention, so that pages do not shift.",
    query: catalogueQuery,
    replies: { 200: { description: "A page.", schema: cataloguePageSchema } },
    handle: ({ query }, engine) => ({ body: engine.items(query) }),
  }),
  route({
    method: "POST",
    path: "/v1/items",
    scope: "ingest",
    tag: "Catalogue",
    summary: "Describe many items",
    description: "Each replaces what was known of the item, and is taken or refused for itself.",
    body: {
      description: "A list of items, or one a line.",
      content: {
        "application/json": Type.Array(namedItemSchema),
        "application/x-ndjson": Type.String({ description: "One item a line." }),
      },
    },
    replies: { 202: { description: "Taken, where not refused.", schema: ingestResultSchema } },
    handle: async ({ body, headers }, engine) => {
      const items = eventsOf(body, String(headers["content-type"] ?? ""));
      return { status: 202, body: await setAll(engine, items) };
    },
  }),
  route({
    method: "GET",
    path: "/v1/items/{item}",
    scope: "read",
    tag: "Catalogue",
    summary: "One item",
    params: itemParameters,
    requestHeaders: { "if-none-match": "No body where the item's `etag` is still this." },
    replies: {
      200: {
        description: "It.",
        schema: catalogueItemSchema,
        headers: etagHeader,
      },
      304: { description: "It is as `if-none-match` has it." },
      404: { description: "The catalogue does not know it.", schema: problemSchema },
    },
    handle: ({ params: { item }, headers }, engine) => {
      const found = known(engine, item);
      const etag = etagOf(found);
      if (headers["if-none-match"] === etag) return { status: 304, body: "", headers: { etag } };
      return { body: found, headers: { etag } };
    },
  }),
  route({
    method: "PUT",
    path: "/v1/items/{item}",
    scope: "ingest",
    tag: "Catalogue",
    summary: "Describe an item",
    description:
      "Replaces what was known of it; the next request sees it so. With `hidden: 1` it is not recommended, and so " +
      "before `from` and from `until` on, epoch milliseconds.",
    params: itemParameters,
    requestHeaders: ifMatch,
    body: {
      description: "Its properties.",
      content: { "application/json": itemPropertiesSchema },
    },
    replies: {
      200: { description: "As it is now.", schema: catalogueItemSchema, headers: etagHeader },
      412: { description: "It is not as `if-match` has it.", schema: problemSchema },
    },
    handle: async ({ params: { item }, body, headers }, engine) => {
      checkMatch(engine, item, headers["if-match"]);
      await set(engine, { item, properties: parse(body, "an object of the item's properties") });
      const found = known(engine, item);
      return { body: found, headers: { etag: etagOf(found) } };
    },
  }),
  route({
    method: "DELETE",
    path: "/v1/items/{item}",
    scope: "ingest",
    tag: "Catalogue",
    summary: "Take an item out",
    description:
      "It is not recommended any more, and nothing is known of it, until it is described again.",
    params: itemParameters,
    requestHeaders: ifMatch,
    replies: {
      204: { description: "Done." },
      404: { description: "The catalogue does not know it.", schema: problemSchema },
      412: { description: "It is not as `if-match` has it.", schema: problemSchema },
    },
    handle: async ({ params: { item }, headers }, engine): Promise<Reply> => {
      known(engine, item);
      checkMatch(engine, item, headers["if-match"]);
      await set(engine, { item, properties: { deleted: 1 } });
      return { status: 204, body: "" };
    },
  }),
  route({
    method: "GET",
    path: "/v1/items/{item}/similar",
    scope: "read",
    tag: "Recommendations",
    summary: "What the accounts of this item want, too",
    params: itemParameters,
    query: boardQuery,
    replies: { 200: { description: "Most similar first.", schema: boardItemsSchema } },
    handle: ({ params: { item }, query }, engine) => {
      const rules = rulesIn(query);
      return { body: { items: engine.similar(item, { count: query.n, ...(rules && { rules }) }) } };
    },
  }),
  ...(["trending", "popular", "latest"] as const).map((board) =>
    route({
      method: "GET",
      path: `/v1/${board}`,
      scope: "read",
      tag: "Recommendations",
      summary: boardSummaries[board],
      query: boardQuery,
      replies: { 200: { description: "The list.", schema: boardItemsSchema } },
      handle: ({ query }, engine) => {
        const rules = rulesIn(query);
        return {
          body: { items: engine.board(board, { count: query.n, ...(rules && { rules }) }) },
        };
      },
    }),
  ),
];

function known(engine: Foldback, item: string): CatalogueItem {
  const found = engine.item(item);
  if (found !== undefined) return found;
  throw new FoldbackError(
    "NOT_FOUND",
    `the catalogue does not know item ${JSON.stringify(item.slice(0, 80))}; PUT describes it`,
    { details: { item } },
  );
}

function etagOf(item: CatalogueItem): string {
  const hash = createHash("sha256").update(JSON.stringify(item.properties));
  return `"${hash.digest("base64url").slice(0, 22)}"`;
}

function checkMatch(engine: Foldback, item: string, wanted: string | string[] | undefined): void {
  if (wanted === undefined) return;
  const found = engine.item(item);
  const etag = found && etagOf(found);
  if (etag === wanted || (wanted === "*" && found !== undefined)) return;
  throw new FoldbackError(
    "PRECONDITION_FAILED",
    `the item is not as ${String(wanted)} any more; get it again, and change that`,
    { details: { etag } },
  );
}

async function set(engine: Foldback, item: unknown): Promise<void> {
  const { refused } = await setAll(engine, [item]);
  const [first] = refused;
  if (first === undefined) return;
  throw new FoldbackError(
    "REQUEST_INVALID",
    `${first.field} is ${first.came}; allowed: ${first.allowed}`,
    { details: { field: first.field } },
  );
}

/** Each taken or refused for itself: by what an item is, and by what an event may hold. */
async function setAll(engine: Foldback, items: readonly unknown[]): Promise<IngestResult> {
  const now = Date.now();
  const refused: Refusal[] = [];
  const events: unknown[] = [];
  const indexes: number[] = [];
  for (const [index, item] of items.entries()) {
    const problem = problemOf(namedItemSchema, item);
    if (problem === undefined) {
      const described = item as Static<typeof namedItemSchema>;
      events.push(itemSetOf(described.item, described.properties, now));
      indexes.push(index);
    } else {
      const { path, came, allowed, known: names } = problem;
      const field = path.length === 0 ? "item" : path.join(".");
      const shown = came === undefined ? "nothing" : JSON.stringify(came).slice(0, 80);
      const may = names === undefined ? allowed : `no field of that name; there are ${allowed}`;
      refused.push({ index, field, came: shown, allowed: may });
    }
  }
  const result = await engine.ingest(events);
  for (const { index, field, ...rest } of result.refused) {
    refused.push({
      ...rest,
      index: indexes[index],
      field: field.replace(/^context/, "properties"),
    });
  }
  return { ...result, refused: refused.toSorted((a, b) => a.index - b.index) };
}
