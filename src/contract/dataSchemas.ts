/** What is in the log, what was not taken, and what events may look like: for people who look at data. */
import { Type } from "../core/index.ts";

const name = (description: string) =>
  Type.Optional(Type.String({ description, minLength: 1, maxLength: 256 }));

const filters = {
  type: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 256 }), {
      description: "Only events of this type; give it several times for several.",
      maxItems: 50,
    }),
  ),
  item: name("Only events about it."),
};

export const eventsQuery = Type.Object(
  {
    ...filters,
    account: name("Only events of this account, or of this anonymous session."),
    before: Type.Optional(
      Type.Integer({ description: "The `next` of the page before.", minimum: 0 }),
    ),
    limit: Type.Integer({
      description: "Events of a page.",
      default: 100,
      minimum: 1,
      maximum: 1000,
    }),
  },
  { additionalProperties: false },
);

const loggedEventSchema = Type.Object(
  {
    type: Type.String({ description: "What happened." }),
    time: Type.Integer({ description: "When, epoch milliseconds." }),
  },
  {
    title: "LoggedEvent",
    description:
      "As it was taken in: a place instead of coordinates; pseudonyms, where the config asks for them. The engine's own types are among them.",
    additionalProperties: true,
  },
);

export const eventsPageSchema = Type.Object(
  {
    events: Type.Array(
      Type.Object(
        {
          offset: Type.Integer({ description: "Its place in the log." }),
          logTime: Type.Integer({ description: "When the log took it, epoch milliseconds." }),
          event: loggedEventSchema,
        },
        { title: "EventRecord" },
      ),
      { description: "The newest first." },
    ),
    next: Type.Optional(
      Type.Integer({
        description: "Send it as `before` for what stands before; absent at the log's beginning.",
      }),
    ),
    looked: Type.Integer({
      description:
        "Records that were looked at: 100,000 at most. A page with a filter may end before it is full, with a `next`.",
    }),
  },
  { title: "EventsPage" },
);

const moment = (description: string) => Type.Optional(Type.Integer({ description, minimum: 0 }));

export const exportQuery = Type.Object(
  {
    ...filters,
    account: name(
      "All that an erasure of the account would take: what it did, what it was shown, what its sessions did before they logged in, links that name it.",
    ),
    from: moment("Event time, epoch milliseconds: from it on."),
    to: moment("Event time, epoch milliseconds: before it."),
  },
  { additionalProperties: false },
);

export const refusedEventsSchema = Type.Object(
  {
    since: Type.Integer({ description: "When counting began, epoch milliseconds." }),
    count: Type.Integer({ description: "Refused since then." }),
    fields: Type.Array(
      Type.Object(
        {
          field: Type.String({ description: "The first wrong one; `event`: the whole." }),
          count: Type.Integer({ description: "How often." }),
        },
        { title: "RefusedField" },
      ),
      { description: "The most often first; beyond 100 names the rest as `(others)`." },
    ),
    events: Type.Array(
      Type.Object(
        {
          time: Type.Integer({ description: "When it came, epoch milliseconds." }),
          index: Type.Integer({ description: "Its place in the batch, from 0." }),
          type: Type.Optional(Type.String({ description: "As it came, shortened." })),
          source: Type.Optional(Type.String({ description: "The same." })),
          field: Type.String({ description: "The first wrong one." }),
          came: Type.Optional(
            Type.String({
              description: "What came, shortened; absent where accounts are under pseudonyms.",
            }),
          ),
          allowed: Type.String({ description: "What would have been taken." }),
        },
        { title: "RefusedEvent" },
      ),
      { description: "The latest 100, the latest first." },
    ),
  },
  { title: "RefusedEvents" },
);

const anyObject = (title: string, description: string) =>
  Type.Object({}, { title, description, additionalProperties: true });

export const eventTypesSchema = Type.Object(
  {
    types: Type.Array(
      Type.Object(
        {
          type: Type.String({ description: "Its name." }),
          needed: Type.Array(Type.Array(Type.String()), {
            description:
              "What it must have beside `type` and `time`, dotted for what is inside; of each list one is enough.",
          }),
          example: anyObject("EventExample", "One that is taken as it is."),
        },
        { title: "EventType" },
      ),
      { description: "Those that the config declares are the last." },
    ),
    schema: anyObject("EventJsonSchema", "The JSON Schema of `Event` in this contract."),
  },
  { title: "EventTypes" },
);
