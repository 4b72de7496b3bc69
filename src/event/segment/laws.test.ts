/** Laws of the mapping, on messages of every kind: whatever JSON comes, and messages with bad parts. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { knownEventTypes } from "../event.ts";
import { parseEvent } from "../parseEvent.ts";
import { mapSegment, segmentTypes } from "./segment.ts";
import { trackRules } from "./trackRules.ts";

const receivedAt = 1_772_366_400_000;
const rules = trackRules({
  events: { "Song Played": { type: "play", properties: { item: "a.b", value: "c" } } },
  playSeconds: 30,
});
const options = {
  receivedAt,
  source: "segment",
  rules,
  extraTypes: new Set<string>(),
  latestOf: () => undefined,
};

const text = fc.oneof(fc.string(), fc.constantFrom("p1", "EUR", "", "\u0000", "\ud800", "1.5"));
/** Names that every object has, as properties of its own. */
const hostile: unknown = JSON.parse(
  '{"toString":1,"constructor":"x","hasOwnProperty":[],"__proto__":{"y":2}}',
);
const anything = fc.oneof(
  text,
  fc.double(),
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(hostile, [hostile]),
);
/** An object with some of these names, each with a likely or an unlikely value. */
const having = (names: readonly string[], value: fc.Arbitrary<unknown> = anything) =>
  fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), value, { maxKeys: 12 });

/** Mostly the first, so that most messages have few faults; a fault hides those behind it. */
const mostly = (good: fc.Arbitrary<unknown>, bad: fc.Arbitrary<unknown> = anything) =>
  fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: bad });
const id = mostly(fc.oneof(fc.string({ minLength: 1, unit: "grapheme-ascii" }), fc.nat()));
/** What an event needs, mostly there, beside what it may have. */
const itemOf = (needed: Record<string, fc.Arbitrary<unknown>>, names: readonly string[]) =>
  fc.tuple(having(names), fc.record(needed)).map(([more, needs]) => ({ ...more, ...needs }));
const product = itemOf({ product_id: id }, ["sku", "price", "quantity", "currency", "position"]);
const campaign = having(["name", "source", "medium", "content", "ad_group"], text);
const properties = fc
  .tuple(
    itemOf({ product_id: id, asset_id: id, content_asset_id: id, rating: mostly(fc.nat()) }, [
      "price",
      "session_id",
      "position",
      "request",
      "lat",
      "traits",
    ]),
    fc.record(
      {
        products: fc.oneof(fc.array(fc.oneof(product, anything), { maxLength: 5 }), anything),
        campaign: fc.oneof(campaign, anything),
      },
      { requiredKeys: [] },
    ),
  )
  .map(([a, b]) => ({ ...a, ...b }));
const context = fc.record(
  {
    campaign: fc.oneof(campaign, anything),
    device: fc.oneof(having(["id", "model"]), anything),
    os: fc.oneof(having(["name"]), anything),
    location: fc.oneof(having(["city", "region", "country", "latitude", "longitude"]), anything),
  },
  { requiredKeys: [] },
);
const time = mostly(
  fc.oneof(
    fc.integer({ min: receivedAt - 1e9, max: receivedAt }),
    fc.constantFrom("2026-03-01T11:00:00Z", null),
  ),
);
const message = fc.record(
  {
    type: mostly(fc.oneof(fc.constant("track"), fc.constantFrom(...segmentTypes))),
    event: mostly(fc.constantFrom(...rules.keys()), text),
    messageId: id,
    userId: id,
    anonymousId: id,
    timestamp: time,
    originalTimestamp: time,
    sentAt: time,
    properties: mostly(properties),
    context: mostly(context),
    name: anything,
    traits: mostly(having(["plan", "email", "name", "id"])),
  },
  { requiredKeys: ["type", "event", "properties"] },
);
const likely = fc.oneof(
  { weight: 9, arbitrary: message },
  { weight: 1, arbitrary: fc.jsonValue() },
);

test("any JSON becomes events that parseEvent takes as they are, or refusals, or a name; nothing throws", () => {
  let taken = 0;
  const law = fc.property(likely, mostly(fc.constant({})), time, (came, batchContext, sentAt) => {
    // As it comes over the wire: without undefined, NaN or prototypes.
    const input: unknown = JSON.parse(JSON.stringify(came) ?? "null");
    const before = JSON.stringify(input);
    const { events, refused, unmapped } = mapSegment(
      input,
      { ...options, context: batchContext, sentAt },
      3,
    );
    expect(JSON.stringify(input)).toBe(before);
    expect(events.length + refused.length + unmapped.length).toBeGreaterThan(0);
    for (const event of events) {
      expect(parseEvent(event, { now: receivedAt })).toEqual({ ok: true, event });
      expect([...knownEventTypes, "account_set"]).toContain(event.type);
      expect(event.source).toBe("segment");
    }
    for (const { index, field, allowed } of refused) {
      expect(index).toBe(3);
      expect(field).not.toBe("");
      expect(allowed).not.toBe("");
    }
    taken += events.length;
  });
  fc.assert(law, { numRuns: 3000 });
  expect(taken).toBeGreaterThan(300); // the law is about events, too
});

test("the same message has the same ids whenever it comes, and each of its events one of its own", () => {
  const products = fc.array(product, { maxLength: 8 });
  const law = fc.property(
    fc.string({ minLength: 1 }),
    products,
    fc.nat(),
    (messageId, list, laterMs) => {
      const order = {
        type: "track",
        event: "Order Completed",
        messageId,
        userId: "u",
        properties: { products: list },
      };
      const idsAt = (at: number) =>
        mapSegment(order, { ...options, receivedAt: at }, 0).events.map(({ id }) => id);
      const ids = idsAt(receivedAt);
      expect(idsAt(receivedAt + laterMs)).toEqual(ids);
      expect(new Set(ids).size).toBe(ids.length);
    },
  );
  fc.assert(law);
});
