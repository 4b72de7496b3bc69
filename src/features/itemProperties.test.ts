import { describe, expect, it } from "vitest";
import type { Event, LogRecord } from "../event/index.ts";
import { viewConformance } from "../testing/viewConformance.ts";
import { ViewGroup } from "../testing/viewGroup.ts";
import { ItemIndex } from "./itemIndex.ts";
import { ItemProperties } from "./itemProperties.ts";

const options = { partitionCount: 1, itemsMax: 100 };

const record = (offset: number, event: Partial<Event>): LogRecord => ({
  partition: 0,
  offset,
  logTime: offset,
  event: { type: "item_set", time: offset, ...event },
});

function propertiesOf(...records: LogRecord[]): { items: ItemIndex; properties: ItemProperties } {
  const items = new ItemIndex(options);
  const properties = new ItemProperties(items, options);
  for (const each of records) {
    items.apply(each);
    properties.apply(each);
  }
  return { items, properties };
}

describe("properties of items", () => {
  it("are what the latest item_set says, and nothing of those before", () => {
    const { properties } = propertiesOf(
      record(0, { item: "x", artist: "r", context: { title: "One", price: 3 } }),
      record(1, { item: "y", context: { price: 4 } }),
      record(2, { item: "x", context: { price: 5 } }),
      record(3, { type: "like", account: "a", item: "z", context: { price: 9 } }),
    );
    expect(properties.of(0)).toEqual({ price: 5 });
    expect(properties.of(1)).toEqual({ price: 4 });
    expect(properties.of(2)).toBeUndefined(); // only mentioned
    expect(properties.of(7)).toBeUndefined();
    expect(properties.column("price")?.slice(0, 2)).toEqual([5, 4]);
    expect(properties.column("artist")?.[0]).toBeUndefined();
    expect(properties.column("colour")).toBeUndefined();
  });

  it("withhold an item that is hidden, deleted, not yet or no more on offer", () => {
    const { properties } = propertiesOf(
      record(0, { item: "plain", context: { price: 1 } }),
      record(1, { item: "hidden", context: { hidden: 1 } }),
      record(2, { item: "shown", context: { hidden: 0 } }),
      record(3, { item: "deleted", context: { deleted: 1 } }),
      record(4, { item: "timed", context: { from: 100, until: 200 } }),
      record(5, { item: "again", context: { deleted: 1 } }),
      record(6, { item: "again", context: { price: 2 } }),
    );
    const withheld = (now: number) =>
      [0, 1, 2, 3, 4, 5].map((item) => properties.withholding(now)?.(item));
    expect(withheld(150)).toEqual([
      undefined,
      "hidden",
      undefined,
      "deleted",
      undefined,
      undefined,
    ]);
    expect([99, 100, 199, 200].map((now) => properties.withholding(now)?.(4))).toEqual([
      "notYet",
      undefined,
      undefined,
      "over",
    ]);
    const plain = propertiesOf(record(0, { item: "x", context: { price: 1 } }));
    expect(plain.properties.withholding(0)).toBeUndefined();
    expect(properties.of(3)).toBeUndefined();
    expect(properties.of(5)).toEqual({ price: 2 });
  });

  it("keep 256 names", () => {
    const { properties } = propertiesOf(
      ...Array.from({ length: 300 }, (_, i) => record(i, { item: "x", context: { [`n${i}`]: i } })),
      record(300, { item: "y", context: { n1: 1, n299: 1 } }),
    );
    expect(properties.column("n255")).toBeDefined();
    expect(properties.column("n256")).toBeUndefined();
    expect(properties.of(1)).toEqual({ n1: 1 });
  });
});

viewConformance("properties", {
  records: Array.from({ length: 80 }, (_, offset) => {
    const context = {
      [`n${offset % 5}`]: offset,
      title: `title ${offset % 3}`,
      hidden: offset % 2,
    };
    const event =
      offset % 4 === 0 ? { type: "like", account: "a" } : { context, artist: `r${offset % 3}` };
    return record(offset, { item: `item-${offset % 7}`, ...event });
  }),
  makeView: () => {
    const items = new ItemIndex(options);
    return new ViewGroup(items, new ItemProperties(items, options));
  },
});
