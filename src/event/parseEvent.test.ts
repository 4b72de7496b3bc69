import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeEvent, encodeEvent } from "./codec.ts";
import { knownEventTypes } from "./event.ts";
import { parseEvent, parseEvents } from "./parseEvent.ts";
import type { Refusal } from "./refusal.ts";

const now = Date.parse("2024-06-01T12:00:00Z");
const play = { type: "play", time: now, account: "a17", item: "song" };

const link = { type: "link", time: now, account: "a17", context: { account: "a18" } };

const full = {
  id: "e1",
  type: "ad_click",
  time: now,
  account: "a17",
  session: "s",
  device: "d",
  location: {
    city: "Berlin",
    state: "BE",
    zip: "10115",
    country: "DE",
    timeZone: "Europe/Berlin",
  },
  item: "song",
  artist: "band",
  playlist: "list",
  request: "r",
  position: 0,
  value: -2.5,
  currency: "EUR",
  seconds: 31,
  ad: { channel: "search", advertiser: "a", campaign: "c", group: "g", creative: "k", cost: 0.25 },
  source: "web",
  country: "DE",
  platform: "ios",
  context: { hour: 13, network: "wifi" },
};

function take(input: unknown, extraTypes?: ReadonlySet<string>): unknown {
  const parsed = parseEvent(input, extraTypes === undefined ? { now } : { now, extraTypes });
  return parsed.ok ? parsed.event : `refused ${parsed.refusal.field} ${parsed.refusal.came}`;
}

function refusalOf(input: unknown): Refusal | undefined {
  const parsed = parseEvent(input, { now });
  return parsed.ok ? undefined : parsed.refusal;
}

describe("a valid event", () => {
  test("comes out as it came, with every field", () => {
    expect(take(full)).toEqual(full);
  });

  test("has its keys in one order, whatever the sender's", () => {
    const reversed = Object.fromEntries(Object.entries(full).toReversed());
    expect(JSON.stringify(take(reversed))).toBe(JSON.stringify(full));
  });

  test("keeps nothing of the object that came", () => {
    const context = { hour: 13 };
    const taken = take({ ...play, context });
    context.hour = 14;
    expect(taken).toEqual({ ...play, context: { hour: 13 } });
  });

  test("may have null for a field that it does not have", () => {
    const nulls = {
      id: null,
      session: null,
      location: null,
      ad: null,
      context: null,
      nonsense: null,
    };
    expect(take({ ...play, ...nulls })).toEqual(play);
    expect(
      take({ ...play, ad: { cost: null }, location: { zip: null }, context: { x: null } }),
    ).toEqual(play);
  });

  test("may have its time as RFC 3339", () => {
    expect(take({ ...play, time: "2024-06-01T14:00:00+02:00" })).toEqual(play);
  });

  test("may be at most ten minutes ahead", () => {
    expect(take({ ...play, time: now + 600_000 })).toEqual({ ...play, time: now + 600_000 });
    expect(refusalOf({ ...play, time: now + 600_001 })?.field).toBe("time");
  });

  test("needs an account or a session", () => {
    const { account: _, ...anonymous } = play;
    expect(take({ ...anonymous, session: "s" })).toEqual({ ...anonymous, session: "s" });
    expect(refusalOf(anonymous)).toMatchObject({ field: "account", came: "nothing" });
  });

  test("loses its coordinates, which are checked first, and has the place instead", () => {
    expect(take({ ...play, location: { lat: 37.751, lon: -122.415 } })).toEqual({
      ...play,
      location: {
        city: "San Francisco",
        state: "CA",
        zip: "94110",
        country: "US",
        timeZone: "America/Los_Angeles",
      },
    });
    expect(take({ ...play, location: { lat: 0, lon: -30 } })).toEqual(play);
    expect(refusalOf({ ...play, location: { lat: 90.1, lon: 0 } })?.field).toBe("location.lat");
    expect(refusalOf({ ...play, location: { lat: 1 } })?.field).toBe("location.lon");
    expect(refusalOf({ ...play, location: { lat: 1, lon: 1, city: "x" } })?.field).toBe("location");
    expect(refusalOf({ ...play, location: { country: "de" } })?.field).toBe("location.country");
  });

  test("has zero where minus zero came, as JSON does", () => {
    const event = { ...play, value: -0, seconds: -0, position: -0, time: -0, context: { x: -0 } };
    const zeros = { ...play, value: 0, seconds: 0, position: 0, time: 0, context: { x: 0 } };
    expect(take(event)).toStrictEqual(zeros);
  });

  test("may be of any known type that its fields suffice for", () => {
    for (const type of knownEventTypes) {
      const event = type === "link" ? link : { ...full, type };
      expect(take(event)).toEqual(event);
    }
  });

  test("may be of a type that the config declares, and of no other", () => {
    expect(take({ ...play, type: "dance" }, new Set(["dance"]))).toEqual({
      ...play,
      type: "dance",
    });
    expect(take({ ...play, type: "dance" })).toBe('refused type "dance"');
  });

  test("is no heartbeat, which only the engine appends", () => {
    expect(take({ ...play, type: "heartbeat" }, new Set(["heartbeat"]))).toBe(
      'refused type "heartbeat"',
    );
  });

  test("may describe an item, and then belongs to no account", () => {
    const itemSet = {
      type: "item_set",
      time: 0,
      item: "song",
      context: { title: "A Song", year: 1999 },
    };
    expect(take(itemSet)).toEqual(itemSet);
    expect(refusalOf({ ...itemSet, account: "a17" })?.field).toBe("account");
    expect(refusalOf({ ...itemSet, session: "s" })?.field).toBe("session");
    expect(refusalOf({ ...itemSet, item: null })?.field).toBe("item");
  });
});

describe("a refused event", () => {
  test.each<[string, unknown, string]>([
    ["event", 7, "7"],
    ["event", null, "null"],
    ["event", [play], "a list of 1"],
    ["event", "play", '"play"'],
    ["id", { ...full, id: "" }, '""'],
    ["id", { ...full, id: 12 }, "12"],
    ["type", { ...full, type: null }, "null"],
    ["type", { ...full, type: "toString" }, '"toString"'],
    ["time", { ...full, time: undefined }, "nothing"],
    ["time", { ...full, time: 1.5 }, "1.5"],
    ["time", { ...full, time: -1 }, "-1"],
    ["time", { ...full, time: "1969-12-31T23:59:59Z" }, '"1969-12-31T23:59:59Z"'],
    ["time", { ...full, time: "2024-06-01" }, '"2024-06-01"'],
    ["time", { ...full, time: Number.NaN }, "NaN"],
    ["account", { ...full, account: "a".repeat(257) }, `"${"a".repeat(79)}…"`],
    ["account", { ...full, account: "a\0b" }, '"a\\u0000b"'],
    ["account", { ...full, account: "a\ud800b" }, '"a\\ud800b"'],
    ["session", { ...full, session: "\udc00" }, '"\\udc00"'],
    ["device", { ...full, device: "\udc00\udc00" }, '"\\udc00\\udc00"'],
    ["device", { ...full, device: "end\ud83d" }, '"end\\ud83d"'],
    ["location", { ...full, location: "Berlin" }, '"Berlin"'],
    ["location.zip", { ...full, location: { zip: 10115 } }, "10115"],
    ["location.street", { ...full, location: { street: "x" } }, '"x"'],
    ["item", { ...full, item: {} }, "an empty object"],
    ["artist", { ...full, artist: false }, "false"],
    ["playlist", { ...full, playlist: "" }, '""'],
    ["request", { ...full, request: 1 }, "1"],
    ["position", { ...full, position: -1 }, "-1"],
    ["position", { ...full, position: 0.5 }, "0.5"],
    ["position", { ...full, position: "1" }, '"1"'],
    ["value", { ...full, value: Number.POSITIVE_INFINITY }, "Infinity"],
    ["value", { ...full, value: "9.99" }, '"9.99"'],
    ["currency", { ...full, currency: "eur" }, '"eur"'],
    ["currency", { ...full, currency: "EUR\n" }, '"EUR\\n"'],
    ["seconds", { ...full, seconds: -0.1 }, "-0.1"],
    ["ad", { ...full, ad: ["search"] }, "a list of 1"],
    ["ad.channel", { ...full, ad: { channel: 1 } }, "1"],
    ["ad.cost", { ...full, ad: { channel: "x", cost: -1 } }, "-1"],
    ["ad.price", { ...full, ad: { channel: "x", price: 1 } }, "1"],
    ["source", { ...full, source: "" }, '""'],
    ["country", { ...full, country: "DEU" }, '"DEU"'],
    ["platform", { ...full, platform: [] }, "a list of 0"],
    ["context", { ...full, context: [1] }, "a list of 1"],
    ["context", { ...full, context: { "": 1 } }, '""'],
    ["context.x", { ...full, context: { x: true } }, "true"],
    ["context.x", { ...full, context: { x: { y: 1 } } }, "an object with y"],
    ["context.x", { ...full, context: { x: Number.NaN } }, "NaN"],
    ["context.x", { ...full, context: { x: "" } }, '""'],
    ["genre", { ...full, genre: "jazz" }, '"jazz"'],
    ["event", () => undefined, "a function"],
  ])("names the field %s and what came", (field, input, came) => {
    expect(refusalOf(input)).toMatchObject({ index: 0, field, came });
  });

  test.each<[string, string, object]>([
    ...["impression", "play", "skip", "like", "unlike", "share", "save", "comment", "download"].map(
      (type): [string, string, object] => [type, "item", { item: undefined }],
    ),
    ["view_content", "item", { item: undefined }],
    ["add_to_cart", "item", { item: null }],
    ["rate", "item", { item: undefined }],
    ["rate", "value", { value: undefined }],
    ["follow", "item", { item: undefined, artist: undefined }],
    ["ad_impression", "ad", { ad: undefined }],
    ["ad_engaged_view", "ad", { ad: {} }],
    ["ad_click", "ad", { ad: { cost: null } }],
    ["visit", "ad", { ad: undefined }],
    ["visit", "ad.channel", { ad: { campaign: "c" } }],
    ["link", "account", { account: undefined }],
    ["link", "item", {}],
    ["link", "context.account", { item: undefined }],
    ["link", "context.account", { item: undefined, context: { account: 7 } }],
    ["link", "context.account", { item: undefined, context: { account: "a".repeat(257) } }],
  ])("of type %s without %s says so", (type, field, without) => {
    const { allowed } = refusalOf({ ...full, type, ...without }) ?? { allowed: "" };
    expect(refusalOf({ ...full, type, ...without })?.field).toBe(field);
    expect(allowed).toContain(type);
  });

  test("does not name a missing artist where an item is followed, or the other way round", () => {
    expect(take({ ...full, type: "follow", artist: null })).toMatchObject({ item: "song" });
    expect(take({ ...full, type: "follow", item: null })).toMatchObject({ artist: "band" });
  });

  test("names its first bad field in the order of the event, not of the sender", () => {
    expect(
      refusalOf({ nonsense: 1, country: "x", account: "", time: now, type: "play" })?.field,
    ).toBe("account");
    expect(refusalOf({ platform: 1, item: 1, time: now, account: "a", type: "play" })?.field).toBe(
      "item",
    );
  });

  test("tells which fields exist when one is unknown", () => {
    expect(refusalOf({ ...play, genre: "jazz" })?.allowed).toMatch(/id, type, time.*context/);
  });

  test("has too many features at 65, and not at 64", () => {
    const context = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`x${i}`, i]));
    expect(take({ ...play, context })).toEqual({ ...play, context });
    expect(refusalOf({ ...play, context: { ...context, y: 1 } })?.field).toBe("context");
  });
});

describe("names that mean something to JavaScript", () => {
  test("are refused as unknown fields", () => {
    for (const name of ["__proto__", "constructor", "toString"]) {
      const input: unknown = JSON.parse(`{"${name}": {"polluted": 1}, "type": "play"}`);
      const fields = input as object; // parsed above, to own even a __proto__
      const event = Object.defineProperties({ ...play }, Object.getOwnPropertyDescriptors(fields));
      expect(refusalOf(event)?.field).toBe(name);
      expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    }
  });

  test("are refused in a place and in an ad", () => {
    const ad: unknown = JSON.parse('{"__proto__": {"channel": "x"}}');
    expect(refusalOf({ ...full, ad })?.field).toBe("ad.__proto__");
    const location: unknown = JSON.parse('{"__proto__": {"city": "x"}}');
    expect(refusalOf({ ...full, location })?.field).toBe("location.__proto__");
  });

  test("are features like others, but for __proto__", () => {
    const context: unknown = JSON.parse('{"constructor": 1, "toString": "x"}');
    expect(take({ ...play, context })).toEqual({ ...play, context });
    const proto: unknown = JSON.parse('{"__proto__": "x"}');
    expect(refusalOf({ ...play, context: proto })).toMatchObject({
      field: "context",
      came: '"__proto__"',
    });
  });
});

describe("a batch", () => {
  test("loses only its bad events, each named by its index", () => {
    const { events, refused } = parseEvents([play, { ...play, item: 1 }, full, null], { now });
    expect(events).toEqual([play, full]);
    expect(refused.map(({ index, field }) => [index, field])).toEqual([
      [1, "item"],
      [3, "event"],
    ]);
  });

  test("of arbitrary JSON never throws, and each of it is either taken or refused", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.jsonValue(), nearlyEvents)), (inputs) => {
        const { events, refused } = parseEvents(inputs, { now });
        expect(events.length + refused.length).toBe(inputs.length);
        for (const refusal of refused) {
          expect(parseEvent(inputs[refusal.index], { now }, refusal.index)).toEqual({
            ok: false,
            refusal,
          });
        }
      }),
    );
  });
});

test("what is taken is itself taken unchanged, also after the log has written and read it", () => {
  let takenCount = 0;
  fc.assert(
    fc.property(nearlyEvents, (input) => {
      const parsed = parseEvent(input, { now });
      if (!parsed.ok) return;
      takenCount++;
      const again = parseEvent(decodeEvent(encodeEvent(parsed.event)), { now });
      expect(again).toStrictEqual(parsed);
      expect(encodeEvent(decodeEvent(encodeEvent(parsed.event)))).toBe(encodeEvent(parsed.event));
    }),
    { numRuns: 500 },
  );
  expect(takenCount).toBeGreaterThan(100);
});

/** Mostly what is right, and sometimes any JSON. */
function mostly(right: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 60, arbitrary: right }, { weight: 1, arbitrary: fc.jsonValue() });
}

/** Objects of the event's fields, each value mostly right and sometimes any JSON. */
const nearlyEvents: fc.Arbitrary<unknown> = (() => {
  const text = mostly(fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }));
  const number = mostly(fc.double({ noNaN: true, noDefaultInfinity: true }));
  return fc.record(
    {
      type: mostly(fc.constantFrom(...knownEventTypes, "item_set")),
      time: mostly(
        fc.oneof(
          fc.integer({ min: 0, max: now }),
          fc
            .date({ min: new Date(0), max: new Date(now), noInvalidDate: true })
            .map((d) => d.toISOString()),
        ),
      ),
      account: text,
      item: text,
      ad: mostly(fc.record({ channel: text, campaign: text, cost: mostly(fc.nat()) })),
      value: number,
      id: text,
      location: mostly(fc.record({ city: text, zip: text }, { requiredKeys: [] })),
      position: mostly(fc.nat()),
      currency: mostly(fc.constantFrom("EUR", "USD")),
      context: mostly(
        fc.dictionary(fc.string({ minLength: 1 }), fc.oneof(text, number), { maxKeys: 5 }),
      ),
    },
    { requiredKeys: ["type", "time", "account", "item", "ad", "value"] },
  );
})();
