/** What becomes of messages in the shape of Segment's specs, by hand. */
import { describe, expect, test } from "vitest";
import type { Event } from "../event.ts";
import { mapSegment, type SegmentMapping, type SegmentOptions } from "./segment.ts";
import { trackRules } from "./trackRules.ts";

const receivedAt = Date.parse("2026-03-01T12:00:00Z");
const rules = trackRules({
  events: {
    "Song Played": {
      type: "play",
      properties: { item: "song.id", artist: "artist_id", seconds: "listened" },
    },
    "Promotion Clicked": {
      type: "ad_click",
      properties: { "ad.campaign": "promotion_id", "ad.creative": "creative" },
    },
    Landed: { type: "visit" },
    Danced: { type: "dance" },
  },
  playSeconds: 30,
});

function map(message: unknown, options: Partial<SegmentOptions> = {}): SegmentMapping {
  const extraTypes = new Set(["dance"]);
  const latestOf = () => undefined;
  const all = { receivedAt, source: "segment", rules, extraTypes, latestOf, ...options };
  return mapSegment(message, all, 7);
}

const track = (event: string, properties: object, more: object = {}): object => ({
  type: "track",
  messageId: "m1",
  userId: "u1",
  event,
  properties,
  ...more,
});

/** The events of a `track`, without what all of these have. */
function told(event: string, properties: object, more: object = {}): Partial<Event>[] {
  const { events, refused } = map(track(event, properties, more));
  expect(refused).toEqual([]);
  return events.map(({ time, source, account, context = {}, ...rest }) => {
    expect([time, source, account, context["event"]]).toEqual([receivedAt, "segment", "u1", event]);
    const { event: _, ...others } = context;
    return { ...rest, context: others };
  });
}

const nothing = { events: [], refused: [], unmapped: [], copiedLength: 0 };
const namesOf = ({ unmapped }: SegmentMapping): string[] =>
  unmapped.map(({ kind, name }) => `${kind} ${name}`);

describe("common fields", () => {
  test("who, when, where and on what it was", () => {
    const { events, refused, unmapped } = map({
      type: "track",
      messageId: "m-17",
      userId: "u1",
      anonymousId: "anon-9",
      event: "Product Viewed",
      properties: { product_id: "p1" },
      timestamp: "2026-03-01T11:59:00Z",
      integrations: { All: true },
      context: {
        active: true,
        app: { name: "Shop", version: "5.1" },
        device: {
          id: "d-4",
          type: "ios",
          model: "iPhone7,2",
          advertisingId: "7A3C",
          token: "ff15",
        },
        ip: "192.0.2.7",
        library: { name: "analytics-ios", version: "4.0" },
        locale: "en-US",
        location: {
          city: "Oslo",
          region: "Oslo fylke",
          country: "NO",
          latitude: 59.9,
          longitude: 10.7,
        },
        os: { name: "iPhone OS", version: "8.1" },
        page: { path: "/a", referrer: "", url: "https://shop.example/a" },
        timezone: "Europe/Oslo",
        traits: { email: "somebody@example.com" },
      },
    });
    expect(refused).toEqual([]);
    expect(events).toEqual([
      {
        id: "m-17",
        type: "view_content",
        time: Date.parse("2026-03-01T11:59:00Z"),
        account: "u1",
        session: "anon-9",
        device: "d-4",
        location: { city: "Oslo", state: "Oslo fylke" },
        item: "p1",
        source: "segment",
        country: "NO",
        platform: "iPhone OS",
        context: {
          event: "Product Viewed",
          active: 1,
          "app.name": "Shop",
          "app.version": "5.1",
          "device.type": "ios",
          "device.model": "iPhone7,2",
          "library.name": "analytics-ios",
          "library.version": "4.0",
          locale: "en-US",
          "os.version": "8.1",
          "page.path": "/a",
          "page.url": "https://shop.example/a",
          timezone: "Europe/Oslo",
        },
      },
    ]);
    expect(unmapped.map(({ name }) => name).toSorted()).toEqual([
      "context.device.advertisingId",
      "context.device.token",
      "context.ip",
      "context.traits",
    ]);
  });

  test("nobody logged in is an anonymous session, and neither is refused by the sender's own word", () => {
    const viewed = track("Product Viewed", { product_id: 5 }, { userId: null, anonymousId: "a1" });
    const { events } = map(viewed);
    expect(events).toMatchObject([{ session: "a1", item: "5" }]);
    expect(events[0].account).toBeUndefined();
    expect(map({ ...viewed, anonymousId: "" }).refused).toMatchObject([
      { index: 7, field: "userId", came: "null" },
    ]);
  });

  test("coordinates are checked, and never kept, wherever they stand", () => {
    const properties = { product_id: "p", lat: 59.9, store: { longitude: 10.7 } };
    const located = (location: object) =>
      map(track("Product Viewed", properties, { context: { location } }));
    const { events } = located({ latitude: 59.9, longitude: 10.7, speed: 3 });
    expect(JSON.stringify(events)).not.toMatch(/59\.9|10\.7/);
    expect(events[0].context).toMatchObject({ "location.speed": 3 });
    expect(located({ latitude: 95, longitude: 10.7 }).refused).toMatchObject([
      { field: "context.location.latitude", came: "95" },
    ]);
  });

  test("the batch's context stands behind the message's", () => {
    const { events } = map(
      track("Product Viewed", { product_id: "p" }, { context: { locale: "no" } }),
      {
        context: { locale: "en", timezone: "Europe/Oslo" },
      },
    );
    expect(events[0].context).toMatchObject({ locale: "no", timezone: "Europe/Oslo" });
  });
});

const at = (message: object, options: Partial<SegmentOptions> = {}) => {
  const { events, refused } = map(track("Product Viewed", { product_id: "p" }, message), options);
  return events[0]?.time ?? refused[0];
};

describe("time", () => {
  test("is the server's, less how long before sending it was by the sender's clock", () => {
    // A clock that is two hours late: it was three minutes before it was sent.
    const message = { timestamp: "2026-03-01T09:57:00Z", sentAt: "2026-03-01T10:00:00.000Z" };
    expect(at(message)).toBe(receivedAt - 180_000);
    expect(at({ timestamp: message.timestamp }, { sentAt: message.sentAt })).toBe(
      receivedAt - 180_000,
    );
    // Three hours early: without the correction it would be refused as from the future.
    expect(at({ timestamp: "2026-03-01T15:00:00Z", sentAt: "2026-03-01T15:00:01Z" })).toBe(
      receivedAt - 1000,
    );
  });

  test("without sentAt is the sender's, without timestamp now, and Segment's own where it has corrected", () => {
    expect(at({ timestamp: "2020-01-01T00:00:00+01:00" })).toBe(Date.parse("2019-12-31T23:00:00Z"));
    expect(at({ sentAt: "2026-03-01T10:00:00Z" })).toBe(receivedAt);
    const original = { originalTimestamp: "2026-03-01T09:00:00Z", sentAt: "2026-03-01T09:00:10Z" };
    expect(at(original)).toBe(receivedAt - 10_000);
    expect(at({ ...original, timestamp: "2026-03-01T11:59:50Z" })).toBe(receivedAt - 10_000);
  });

  test("is refused where it is none, by the name of the field", () => {
    expect(at({ timestamp: "yesterday" })).toMatchObject({
      field: "timestamp",
      came: '"yesterday"',
    });
    expect(at({ originalTimestamp: true })).toMatchObject({ field: "originalTimestamp" });
    expect(at({ timestamp: receivedAt, sentAt: "soon" })).toMatchObject({
      field: "sentAt",
      came: '"soon"',
    });
    expect(at({ timestamp: "2026-03-01T12:11:00Z" })).toMatchObject({ field: "timestamp" });
  });
});

const chess = {
  product_id: "p-chess",
  sku: "C-1",
  category: "Games",
  name: "Chess",
  brand: "Knight",
  variant: "wood",
  price: 18.5,
  quantity: 2,
  coupon: "MARCH",
  currency: "usd",
  position: 3,
  url: "https://shop.example/chess",
};
const { product_id: _, currency: __, position: ___, ...chessContext } = chess;
const chessEvent = { id: "m1", item: "p-chess", position: 3, context: chessContext };

describe("e-commerce", () => {
  test.each([
    ["Product Clicked", { type: "view_content", value: 18.5, currency: "USD" }],
    ["Product Viewed", { type: "view_content", value: 18.5, currency: "USD" }],
    ["Product Added", { type: "add_to_cart", value: 37, currency: "USD" }],
    ["Wishlist Product Added to Cart", { type: "add_to_cart", value: 37, currency: "USD" }],
    ["Product Added to Wishlist", { type: "save", currency: "USD" }],
  ])("%s", (name, expected) => {
    expect(told(name, chess)).toEqual([{ ...chessEvent, ...expected }]);
  });

  test("a served list's request joins what was seen and done to it", () => {
    expect(told("Product Clicked", { product_id: "p", request: "r-1", position: 0 })).toEqual([
      { id: "m1", type: "view_content", item: "p", request: "r-1", position: 0, context: {} },
    ]);
  });

  test("Product List Viewed is an impression of each", () => {
    const products = [
      { product_id: "p1", price: 19, position: 1, category: "Games" },
      { sku: "s2", position: "second" },
    ];
    expect(told("Product List Viewed", { list_id: "deals", request: "r-1", products })).toEqual([
      {
        id: "m1/0",
        type: "impression",
        item: "p1",
        request: "r-1",
        position: 1,
        context: { price: 19, category: "Games", list_id: "deals" },
      },
      {
        id: "m1/1",
        type: "impression",
        item: "s2",
        request: "r-1",
        context: { position: "second", list_id: "deals" },
      },
    ]);
  });

  test("Order Completed is a purchase of each product, with an id of its own", () => {
    const order = {
      order_id: "o-5",
      total: 27.5,
      revenue: 25,
      shipping: 3,
      coupon: "ORDER",
      currency: "EUR",
      products: [
        { product_id: "p1", price: 19, quantity: 1, coupon: "ITEM" },
        { product_id: "p2", price: "3.25", quantity: 2 },
        { product_id: "p1", quantity: 1 },
      ],
    };
    const shared = { order_id: "o-5", total: 27.5, revenue: 25, shipping: 3, coupon: "ORDER" };
    expect(told("Order Completed", order)).toEqual([
      {
        id: "m1/0",
        type: "purchase",
        item: "p1",
        value: 19,
        currency: "EUR",
        context: { ...shared, coupon: "ITEM", price: 19, quantity: 1 },
      },
      {
        id: "m1/1",
        type: "purchase",
        item: "p2",
        value: 6.5,
        currency: "EUR",
        context: { ...shared, price: "3.25", quantity: 2 },
      },
      {
        id: "m1/2",
        type: "purchase",
        item: "p1",
        currency: "EUR",
        context: { ...shared, quantity: 1 },
      },
    ]);
    expect(namesOf(map(track("Order Completed", order)))).toEqual(["field properties.coupon"]);
  });

  test("a product that is none costs the others nothing", () => {
    const products = [{ product_id: "p1", price: 1 }, "p2", { product_id: "p3", price: "free" }];
    const { events, refused } = map(track("Order Completed", { products }));
    expect(events.map(({ id, item }) => [id, item])).toEqual([["m1/0", "p1"]]);
    expect(refused).toMatchObject([
      { index: 7, field: "properties.products.1.product_id", came: "nothing" },
      { index: 7, field: "properties.products.2.price", came: '"free"' },
    ]);
  });

  test("an order without products is one purchase, and a checkout is one whatever is in it", () => {
    const order = { order_id: "o", total: "27.50", currency: "EUR" };
    const expected = { id: "m1", value: 27.5, currency: "EUR" };
    expect(told("Order Completed", order)).toEqual([
      { ...expected, type: "purchase", context: { order_id: "o", total: "27.50" } },
    ]);
    const started = track("Checkout Started", { ...order, products: [{ product_id: "p" }] });
    expect(map(started).events).toMatchObject([{ ...expected, type: "checkout" }]);
    expect(namesOf(map(started))).toEqual(["field properties.products"]);
  });

  test("shares and reviews", () => {
    const shared = { share_via: "email", recipient: "friend@example.com", product_id: "p1" };
    expect(told("Product Shared", shared)).toEqual([
      { id: "m1", type: "share", item: "p1", context: { share_via: "email" } },
    ]);
    expect(namesOf(map(track("Product Shared", shared)))).toEqual(["field properties.recipient"]);
    const cart = { cart_id: "c", products: [{ product_id: "p1" }, { product_id: "p2" }] };
    expect(told("Cart Shared", cart).map(({ id, item }) => [id, item])).toEqual([
      ["m1/0", "p1"],
      ["m1/1", "p2"],
    ]);
    const review = { product_id: "p1", review_id: "r", review_body: "Fine.", rating: "4.5" };
    expect(told("Product Reviewed", review)).toEqual([
      {
        id: "m1",
        type: "rate",
        item: "p1",
        value: 4.5,
        context: { review_id: "r", review_body: "Fine." },
      },
    ]);
    expect(map(track("Product Reviewed", { product_id: "p1" })).refused).toMatchObject([
      { field: "properties.rating", came: "nothing" },
    ]);
  });

  test.each([
    "Products Searched",
    "Promotion Viewed",
    "Product Removed",
    "Cart Viewed",
    "Checkout Step Viewed",
    "Payment Info Entered",
    "Order Updated",
    "Order Refunded",
    "Order Cancelled",
    "Coupon Applied",
    "Product Removed from Wishlist",
    "Product List Viewed",
  ])("%s, where it names no product, is not mapped", (name) => {
    const mapped = map(track(name, { query: "blue roses", order_id: "o" }));
    expect(mapped).toEqual({ ...nothing, unmapped: [{ kind: "message", name }] });
  });
});

describe("video", () => {
  const content = {
    session_id: "s1",
    asset_id: "v1",
    pod_id: "a",
    genre: "Nature",
    total_length: 3600,
  };
  const play = (name: string, properties: object) =>
    map(track(name, { ...content, ...properties }));

  test("heartbeats of one video have one id, from the second on from which it counts as played", () => {
    for (const position of [0, 10, 29]) {
      expect(namesOf(play("Video Content Playing", { position }))).toEqual([
        "message Video Content Playing",
      ]);
    }
    const plays = [30, 40, "50"].map((position) => play("Video Content Playing", { position }));
    expect(plays.flatMap(({ events }) => events)).toMatchObject([
      { id: "video s1 v1", type: "play", item: "v1", seconds: 30, context: { genre: "Nature" } },
      { id: "video s1 v1", type: "play", item: "v1", seconds: 40 },
      { id: "video s1 v1", type: "play", item: "v1", seconds: 50 },
    ]);
    expect(play("Video Content Completed", { position: 3600 }).events).toMatchObject([
      { id: "video s1 v1", type: "play", seconds: 3600 },
    ]);
  });

  test("what was left early is a play of a few seconds, what was left late was told", () => {
    const exit = (position: number) =>
      map(track("Video Playback Exited", { session_id: "s1", content_asset_id: "v1", position }));
    expect(exit(12).events).toMatchObject([{ id: "video s1 v1", item: "v1", seconds: 12 }]);
    expect(exit(30).events).toEqual([]);
  });

  test("without a session only the end of a video is a play", () => {
    const loose = { ...content, session_id: null };
    expect(map(track("Video Content Playing", { ...loose, position: 60 })).events).toEqual([]);
    expect(map(track("Video Content Completed", loose)).events).toMatchObject([
      { id: "m1", item: "v1", seconds: 3600 },
    ]);
    expect(map(track("Video Content Completed", { session_id: "s" })).refused).toMatchObject([
      { field: "properties.asset_id" },
    ]);
  });

  test.each(["Started", "Paused", "Resumed", "Interrupted", "Completed", "Buffer Started"])(
    "Video Playback %s is not mapped",
    (name) => {
      expect(play(`Video Playback ${name}`, { position: 60 }).events).toEqual([]);
    },
  );

  test("advertisements are touches, their heartbeats are not", () => {
    const ad = {
      session_id: "s1",
      asset_id: "ad-1",
      type: "pre-roll",
      publisher: "Acme",
      position: 5,
    };
    const expected = { id: "m1", ad: { advertiser: "Acme", creative: "ad-1" } };
    const context = { session_id: "s1", type: "pre-roll", position: 5 };
    expect(told("Video Ad Started", ad)).toEqual([{ ...expected, type: "ad_impression", context }]);
    expect(told("Video Ad Completed", ad)).toEqual([
      { ...expected, type: "ad_engaged_view", context },
    ]);
    expect(map(track("Video Ad Playing", ad)).events).toEqual([]);
  });
});

describe("campaigns", () => {
  const campaign = { name: "spring", source: "news", medium: "email", term: "tps", content: "top" };

  test.each(["page", "screen"])(
    "a %s by a campaign is a visit, any other is not mapped",
    (type) => {
      const message = {
        type,
        messageId: "m1",
        anonymousId: "a1",
        name: "Home",
        properties: { path: "/" },
      };
      expect(map({ ...message, context: { campaign } }).events).toEqual([
        {
          id: "m1",
          type: "visit",
          time: receivedAt,
          session: "a1",
          ad: { channel: "email", campaign: "spring", creative: "top" },
          source: "segment",
          context: { name: "Home", path: "/", "campaign.source": "news", "campaign.term": "tps" },
        },
      ]);
      expect(namesOf(map(message))).toEqual([`message ${type}`]);
      expect(namesOf(map({ ...message, context: { campaign: { name: "spring" } } }))).toEqual([
        `message ${type}`,
      ]);
    },
  );

  test("a track has its campaign in the context: its page has told the visit", () => {
    const { events } = map(track("Product Viewed", { product_id: "p" }, { context: { campaign } }));
    expect(events).toHaveLength(1);
    expect(events[0].context).toMatchObject({
      "campaign.name": "spring",
      "campaign.medium": "email",
    });
  });

  test("installs and pushes of the mobile spec are visits", () => {
    const install = { source: "network", name: "c", ad_group: "red ones", ad_creative: "red" };
    expect(told("Install Attributed", { provider: "P", campaign: install })).toEqual([
      {
        id: "m1",
        type: "visit",
        ad: { channel: "network", campaign: "c", group: "red ones", creative: "red" },
        context: { provider: "P" },
      },
    ]);
    expect(map(track("Push Notification Tapped", { campaign })).events).toMatchObject([
      { type: "visit", ad: { channel: "email" } },
    ]);
    expect(namesOf(map(track("Application Opened", {})))).toEqual(["message Application Opened"]);
  });
});

describe("names of the config", () => {
  test("become what it says, from where it says", () => {
    const song = {
      song: { id: 17, title: "So" },
      artist_id: "r7",
      listened: "41.5",
      "song.mood": "calm",
    };
    expect(told("Song Played", song)).toEqual([
      {
        id: "m1",
        type: "play",
        item: "17",
        artist: "r7",
        seconds: 41.5,
        context: { "song.title": "So", "song.mood": "calm" },
      },
    ]);
    const flat = { "song.id": "flat", song: { id: "nested" } };
    expect(told("Song Played", flat)).toMatchObject([{ item: "flat" }]);
    expect(map(track("Song Played", { listened: -1 })).refused).toMatchObject([
      { field: "properties.song.id", allowed: expect.stringContaining("play needs one") },
    ]);
    expect(told("Danced", { step: "waltz" })).toEqual([
      { id: "m1", type: "dance", context: { step: "waltz" } },
    ]);
  });

  test("stand before those of the spec, and a visit of theirs has its campaign", () => {
    expect(told("Promotion Clicked", { promotion_id: "promo", creative: "banner" })).toEqual([
      { id: "m1", type: "ad_click", ad: { campaign: "promo", creative: "banner" }, context: {} },
    ]);
    expect(
      map(track("Landed", {}, { context: { campaign: { source: "x" } } })).events,
    ).toMatchObject([{ type: "visit", ad: { channel: "x" } }]);
    expect(namesOf(map(track("constructor", {})))).toEqual(["message constructor"]);
  });
});

describe("what is no message, or says nothing of ours", () => {
  test.each([
    [null, "message"],
    ["x", "message"],
    [[], "message"],
    [{}, "type"],
    [{ type: "like" }, "type"],
    [{ type: "track", userId: "u" }, "event"],
    [{ type: "track", userId: "u", event: "" }, "event"],
    [track("Product Viewed", {}), "properties.product_id"],
    [track("Product Viewed", { product_id: ["p"] }), "properties.product_id"],
    [track("Product Viewed", { product_id: "p", currency: "dollars" }), "properties.currency"],
    [track("Product Viewed", { product_id: "p" }, { messageId: true }), "messageId"],
    [track("Product Viewed", { product_id: "p" }, { userId: "u".repeat(257) }), "userId"],
  ])("%j is refused at %s", (message, field) => {
    const { events, refused } = map(message);
    expect(events).toEqual([]);
    expect(refused).toMatchObject([{ index: 7, field }]);
  });

  test.each([
    [{ type: "group", userId: "u", anonymousId: "a", traits: { age: 5 } }],
    [{ type: "alias", userId: "u", anonymousId: "a", previousId: "b" }],
    [{ type: "identify", anonymousId: "a", traits: { age: 5 } }], // of no account
    [{ type: "identify", userId: "u" }], // nothing, of nobody else
  ])("%j is acknowledged", (message) => {
    const unmapped = [{ kind: "message", name: message.type }];
    expect(map(message)).toEqual({ ...nothing, unmapped });
  });

  describe("identify", () => {
    const identify = (traits: object, more: object = {}): object => ({
      type: "identify",
      messageId: "m1",
      userId: "u1",
      traits,
      ...more,
    });

    test("adds its traits to what was said of the account before, and logs its session in", () => {
      const asked: string[] = [];
      const latestOf = (account: string) => {
        asked.push(account);
        return { plan: "free", age: 40 };
      };
      const more = {
        anonymousId: "a1",
        context: { device: { id: "d1" }, page: { path: "/" }, locale: "de" },
      };
      const traits = { plan: "pro", age: null, vip: true, company: { name: "ACME" }, id: "u1" };
      expect(map(identify(traits, more), { latestOf })).toEqual({
        ...nothing,
        events: [
          {
            id: "m1",
            type: "account_set",
            time: receivedAt,
            account: "u1",
            session: "a1",
            device: "d1",
            source: "segment",
            context: { plan: "pro", age: 40, vip: 1, "company.name": "ACME" },
          },
        ],
      });
      expect(asked).toEqual(["u1"]);
    });

    test("without traits it says that the session logged in, and changes nothing else", () => {
      const latestOf = () => ({ plan: "free" });
      const { events } = map(identify({}, { anonymousId: "a1" }), { latestOf });
      expect(events).toMatchObject([
        { account: "u1", session: "a1", context: { plan: "free" }, type: "account_set" },
      ]);
    });

    test("keeps nothing of who somebody is, and tells so", () => {
      const traits = { name: "N", email: "e", firstName: "F", birthday: "B", tags: ["a"], n: 1 };
      const mapped = map(identify(traits));
      expect(mapped.events[0].context).toEqual({ n: 1 });
      expect(namesOf(mapped).sort()).toEqual(
        ["name", "email", "firstName", "birthday", "tags"].map((it) => `field traits.${it}`).sort(),
      );
    });

    test("keeps 64 properties, those that were there first, and tells the rest", () => {
      const before = Object.fromEntries(Array.from({ length: 63 }, (_, i) => [`b${i}`, i]));
      const mapped = map(identify({ x: 1, y: 2, b0: 9 }), { latestOf: () => before });
      expect(mapped.events[0].context).toEqual({ ...before, x: 1, b0: 9 });
      expect(namesOf(mapped)).toEqual(["field traits.y"]);
    });

    test("is refused by the paths of its message", () => {
      expect(map(identify({ a: 1 }, { userId: ["u"] })).refused).toMatchObject([
        { index: 7, field: "userId" },
      ]);
      expect(map(identify({ a: 1 }, { timestamp: "soon" })).refused).toMatchObject([
        { field: "timestamp" },
      ]);
    });
  });

  test("what has no place in a context is told by name", () => {
    const many = Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`f${i}`, i]));
    const properties = {
      product_id: "p",
      tags: ["a"],
      deep: { in: { side: 1 } },
      long: "x".repeat(2049),
      ...many,
    };
    const mapped = map(track("Product Viewed", properties));
    expect(Object.keys(mapped.events[0].context ?? {})).toHaveLength(64);
    expect(namesOf(mapped).slice(0, 3)).toEqual([
      "field properties.tags",
      "field properties.deep.in",
      "field properties.long",
    ]);
    expect(mapped.unmapped).toHaveLength(3 + 70 - 63);
  });

  test("products come to an end, and what is written with each of them, too", () => {
    const order = (count: number, properties: object = {}) => {
      const products = Array.from({ length: count }, (_, i) => ({ product_id: i }));
      return map(track("Order Completed", { ...properties, products }));
    };
    expect(order(1000).events).toHaveLength(1000);
    expect(order(1001).refused).toMatchObject([
      { field: "properties.products", came: "a list of 1001" },
    ]);
    const notes = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [`n${i}`, "x".repeat(2000)]),
    );
    const few = order(8, notes);
    expect(few.events).toHaveLength(8);
    expect(few.copiedLength).toBe(7 * (10 * 2002 + 50 * 2003));
    expect(order(20, notes).refused).toMatchObject([{ field: "properties.products" }]);
    expect(order(1, notes).copiedLength).toBe(0);
  });
});
