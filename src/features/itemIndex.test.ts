import { describe, expect, it } from "vitest";
import type { Event } from "../event/index.ts";
import { recordsOf, streamTime } from "../testing/feedbackStream.ts";
import { ItemIndex, itemIdOf } from "./index.ts";

function indexOf(events: readonly Event[], itemsMax = 10): ItemIndex {
  const items = new ItemIndex({ partitionCount: 1, itemsMax });
  for (const record of recordsOf(events)) items.apply(record);
  return items;
}

const like = (item: string, time = streamTime): Event => ({
  type: "like",
  time,
  account: "a",
  item,
});
const set = (item: string, context: NonNullable<Event["context"]> = {}): Event => ({
  type: "item_set",
  time: streamTime,
  item,
  context,
});

describe("the item index", () => {
  it("numbers items in order of first mention", () => {
    const items = indexOf([like("x"), set("y"), like("x"), like("z")]);
    expect(items.count).toBe(3);
    expect(["x", "y", "z"].map((name) => items.indexOf(name))).toEqual([0, 1, 2]);
    expect([0, 1, 2].map((index) => items.nameOf(index))).toEqual(["x", "y", "z"]);
    expect([0, 1, 2].map((index) => items.idOf(index))).toEqual(["x", "y", "z"].map(itemIdOf));
    expect(items.indexOfId(itemIdOf("y"))).toBe(1);
    expect(items.indexOf("never mentioned")).toBe(-1);
    expect(items.indexOfId(itemIdOf("never mentioned"))).toBe(-1);
  });

  it("has seen an item from the first thing that somebody did with it, not from the catalogue", () => {
    const items = indexOf([set("x"), like("y", 7), like("y", 5), like("x", 9), set("z")]);
    expect(items.seen).toEqual([1, 0]);
    expect([0, 1, 2, -1].map((index) => items.isSeen(index))).toEqual([true, true, false, false]);
    expect([0, 1, 2].map((index) => items.firstTimeOf(index))).toEqual([9, 7, Number.NaN]);
  });

  it("counts how often an item was shown: in lists, and in impressions of lists from elsewhere", () => {
    const shown = (item: string, request?: string): Event => ({
      type: "impression",
      time: streamTime,
      account: "a",
      item,
      ...(request !== undefined && { request }),
    });
    const list = ["x", "nobody"].map((item) => ({ item, propensity: 1 }));
    const served: Event = { type: "served", time: streamTime, account: "a", request: "r", list };
    const items = indexOf([like("x"), like("y"), served, served, shown("x", "r"), shown("y")]);
    expect([0, 1].map((index) => items.shownCountOf(index))).toEqual([2, 1]);
    expect(items.count).toBe(2);
  });

  it("has what the catalogue said last", () => {
    const items = indexOf([
      set("x", { title: "Old", released: 1999, categories: "war|drama" }),
      like("y"),
      set("x", { title: "New", categories: "drama||comedy|" }),
    ]);
    expect(items.titleOf(0)).toBe("New");
    expect(items.releasedOf(0)).toBe(Number.NaN);
    expect(items.categoriesOf(0)).toEqual([1, 2]); // war was the first to be named
    expect(items.categoryCount).toBe(3);
    expect(items.titleOf(1)).toBe("");
    expect(items.releasedOf(1)).toBe(Number.NaN);
    expect(items.categoriesOf(1)).toEqual([]);
  });

  it("takes the year of release as a number or in words, and no more than 16 categories", () => {
    const many = Array.from({ length: 30 }, (_, i) => `category ${i}`).join("|");
    const items = indexOf([set("x", { released: "1999.5", categories: many })]);
    expect(items.releasedOf(0)).toBe(1999.5);
    expect(items.categoriesOf(0).length).toBe(16);
  });

  it("does not index items past its limit, and goes on with those it has", () => {
    const items = indexOf([like("x"), set("y"), like("z"), set("z"), like("y")], 2);
    expect(items.count).toBe(2);
    expect(items.indexOf("z")).toBe(-1);
    expect(items.seen).toEqual([0, 1]);
  });
});
