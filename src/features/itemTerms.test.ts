import { describe, expect, it } from "vitest";
import type { Event, LogRecord } from "../event/index.ts";
import { streamTime } from "../testing/feedbackStream.ts";
import { viewConformance } from "../testing/viewConformance.ts";
import { ViewGroup } from "../testing/viewGroup.ts";
import { ItemIndex } from "./index.ts";
import { ItemTerms, type TermKind, termIdOf } from "./itemTerms.ts";

const options = { partitionCount: 1, itemsMax: 3 };

function record(offset: number, event: Partial<Event>): LogRecord {
  const time = streamTime + offset;
  return { partition: 0, offset, logTime: time, event: { type: "item_set", time, ...event } };
}

const described = record(0, {
  item: "x",
  artist: "Ada & Co",
  context: {
    title: "Blue Río",
    caption: "for dancing, blue nights #Dance #río",
    categories: "pop|electro|pop",
    keywords: "Summer|night drive",
    hashtags: "#Dance|late",
    lengthSeconds: 215,
  },
});

function termsOf(...records: LogRecord[]): { items: ItemIndex; terms: ItemTerms } {
  const items = new ItemIndex(options);
  const terms = new ItemTerms(items, options);
  for (const one of records) {
    items.apply(one);
    terms.apply(one);
  }
  return { items, terms };
}

const ids = (kind: TermKind, ...names: string[]): bigint[] =>
  names.map((name) => termIdOf(kind, name));

describe("the terms of an item", () => {
  it("are what the catalogue says of it, each once", () => {
    const { items, terms } = termsOf(described);
    const x = items.indexOf("x");
    expect(terms.of(x, "artist")).toEqual(ids("artist", "Ada & Co"));
    expect(terms.of(x, "categories")).toEqual(ids("categories", "pop", "electro"));
    expect(terms.of(x, "keywords")).toEqual(ids("keywords", "Summer", "night drive"));
    expect(terms.of(x, "hashtags")).toEqual(ids("hashtags", "dance", "late", "río"));
    expect(terms.of(x, "words")).toEqual(
      ids("words", "blue", "río", "for", "dancing", "nights", "dance"),
    );
    expect(terms.lengthOf(x)).toBe(215);
  });

  it("of one that was not described, or past the limit of items, are none", () => {
    const names = ["x", "y", "z", "past"];
    const { terms } = termsOf(
      ...names.map((item, offset) => record(offset, { item, context: { keywords: "k" } })),
    );
    expect(terms.of(2, "keywords")).toEqual(ids("keywords", "k"));
    for (const index of [-1, 3, 4]) {
      expect(terms.of(index, "keywords")).toEqual([]);
      expect(terms.lengthOf(index)).toBeNaN();
    }
  });

  it("are replaced by what is said later", () => {
    const { items, terms } = termsOf(described, record(1, { item: "x" }));
    expect(terms.of(items.indexOf("x"), "words")).toEqual([]);
    expect(terms.lengthOf(items.indexOf("x"))).toBeNaN();
  });

  it("of one kind are at most 32, and a length is above 0 and finite", () => {
    const keywords = Array.from({ length: 50 }, (_, i) => `k${i}`).join("|");
    const { terms } = termsOf(
      record(0, { item: "x", context: { keywords, lengthSeconds: "a while" } }),
      record(1, { item: "y", context: { lengthSeconds: -5 } }),
    );
    expect(terms.of(0, "keywords")).toHaveLength(32);
    expect(terms.lengthOf(0)).toBeNaN();
    expect(terms.lengthOf(1)).toBeNaN();
  });
});

viewConformance("terms", {
  records: Array.from({ length: 60 }, (_, offset) => {
    const context = { keywords: `k${offset % 7}|k${offset % 5}`, lengthSeconds: offset };
    const event = offset % 4 === 0 ? { type: "like", account: "a" } : { context };
    return record(offset, { item: `item-${offset % 4}`, ...event });
  }),
  makeView: () => {
    const items = new ItemIndex(options);
    return new ViewGroup(items, new ItemTerms(items, options));
  },
});
