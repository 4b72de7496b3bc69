import {
  boardItemsSchema,
  boardQuery,
  catalogueItemSchema,
  cataloguePageSchema,
  catalogueQuery,
  itemParameters,
  itemPatchSchema,
  itemPropertiesSchema,
  namedItemSchema,
  problemSchema,
} from "../../contract/index.ts";
import { type Reply, route } from "../route.ts";
import {
  describe,
  descriptionRoutes,
  ifMatch,
  notFound,
  type Resource,
  unmatched,
} from "./descriptions.ts";
import { rulesIn } from "./rules.ts";

const items: Resource<typeof itemParameters> = {
  kind: "item",
  path: "/v1/items",
  tag: "Catalogue",
  scopes: { read: "read", patch: "ingest" },
  params: itemParameters,
  nameOf: ({ item }) => item,
  find: (engine, item) => engine.item(item),
  schemas: {
    named: namedItemSchema,
    properties: itemPropertiesSchema,
    patch: itemPatchSchema,
    reply: catalogueItemSchema,
  },
  putDescription:
    "With `hidden: 1` it is not recommended, and so before `from` and from `until` on, epoch milliseconds.",
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
  ...descriptionRoutes(items),
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
      404: { description: "It has no description.", schema: problemSchema },
      ...unmatched,
    },
    handle: async ({ params: { item: name }, headers }, engine): Promise<Reply> => {
      await describe(engine, { kind: "item", name, headers }, (latest) => {
        if (latest === undefined) throw notFound("item", name);
        return { deleted: 1 };
      });
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
