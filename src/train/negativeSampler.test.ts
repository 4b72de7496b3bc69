import { describe, expect, it } from "vitest";
import { ByteReader, ByteWriter, Random } from "../core/index.ts";
import { ItemIndex } from "../features/index.ts";
import { recordsOf, streamTime } from "../testing/feedbackStream.ts";
import { NegativeSampler, type NegativeSamplerOptions } from "./negativeSampler.ts";

/** Items 0 to count - 1 are seen; every third mention is of one that only the catalogue knows. */
function seenItems(count: number): ItemIndex {
  const items = new ItemIndex({ partitionCount: 1, itemsMax: 1000 });
  const time = streamTime;
  const events = Array.from({ length: count }, (_, i) => [
    { type: "like", time, account: "a", item: `item-${i}` },
    ...(i % 3 === 2 ? [{ type: "item_set", time, item: `unseen-${i}` }] : []),
  ]).flat();
  for (const record of recordsOf(events)) items.apply(record);
  return items;
}

function makeSampler(items: ItemIndex, options: Partial<NegativeSamplerOptions> = {}) {
  return new NegativeSampler(items, { uniformShare: 0.3, windowEvents: 50, ...options });
}

function oddsOf(sampler: NegativeSampler, items: ItemIndex): number[] {
  return items.seen.map((item) => sampler.probabilityOf(item));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

describe("the negative sampler", () => {
  it("draws each item as often as it says: χ² over 20,000 draws", () => {
    const items = seenItems(12);
    for (const uniformShare of [0.05, 0.3, 1]) {
      const sampler = makeSampler(items, { uniformShare });
      const random = new Random(1);
      for (let i = 0; i < 80; i++) sampler.push(items.seen[Math.floor(11 * random.uniform() ** 2)]);
      const draws = 20_000;
      const drawn = new Array<number>(items.count).fill(0);
      for (let i = 0; i < draws; i++) drawn[sampler.draw(random)]++;
      const distance = items.seen.map((item) => {
        const expected = draws * sampler.probabilityOf(item);
        return (drawn[item] - expected) ** 2 / expected;
      });
      // 99.9 % of χ² with 11 degrees of freedom; the seed is fixed, so this never flickers.
      expect(sum(distance)).toBeLessThan(31.3);
      expect(sum(items.seen.map((item) => drawn[item]))).toBe(draws); // never an unseen one
    }
  });

  it("has odds that sum to 1 over the seen items, whatever the window holds", () => {
    const items = seenItems(12);
    const sampler = makeSampler(items, { windowEvents: 7 });
    for (let i = 0; i < 30; i++) {
      expect(sum(oddsOf(sampler, items))).toBeCloseTo(1, 12);
      sampler.push(items.seen[(i * i) % 12]);
    }
  });

  it("mixes both parts, worked by hand", () => {
    const items = seenItems(4);
    const sampler = makeSampler(items, { uniformShare: 0.2, windowEvents: 10 });
    const [a, b, c, d] = items.seen;
    for (const item of [a, a, a, b]) sampler.push(item);
    expect(sampler.probabilityOf(a)).toBeCloseTo(0.2 / 4 + 0.8 * 0.75, 12);
    expect(sampler.probabilityOf(b)).toBeCloseTo(0.2 / 4 + 0.8 * 0.25, 12);
    expect(sampler.probabilityOf(c)).toBeCloseTo(0.2 / 4, 12);
    expect(sampler.probabilityOf(d)).toBeCloseTo(0.2 / 4, 12);
  });

  it("is uniform before any event", () => {
    const items = seenItems(4);
    expect(oddsOf(makeSampler(items), items)).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(items.seen).toContain(makeSampler(items).draw(new Random(1)));
  });

  it("forgets events that left the window", () => {
    const items = seenItems(4);
    const [a, b, c] = items.seen;
    const sampler = makeSampler(items, { windowEvents: 3 });
    const recent = [a, a, b, c, b, b];
    for (const item of recent) sampler.push(item);
    const fresh = makeSampler(items, { windowEvents: 3 });
    for (const item of recent.slice(-3)) fresh.push(item);
    expect(oddsOf(sampler, items)).toEqual(oddsOf(fresh, items));
    expect(sampler.probabilityOf(a)).toBeCloseTo(0.3 / 4, 12);
  });

  it("saved and restored, draws the same and goes on the same, at any fill of the window", () => {
    const items = seenItems(9);
    for (const pushed of [0, 1, 6, 7, 20]) {
      const sampler = makeSampler(items, { windowEvents: 7 });
      for (let i = 0; i < pushed; i++) sampler.push(items.seen[(i * i) % 9]);
      const writer = new ByteWriter();
      sampler.save(writer);
      const restored = makeSampler(items, { windowEvents: 7 });
      restored.push(items.seen[8]); // what was there before is gone
      const reader = new ByteReader(writer.bytes(), "sampler");
      restored.restore(reader);
      reader.end();
      const [one, other] = [new Random(5), new Random(5)];
      for (let i = 0; i < 30; i++) {
        expect(oddsOf(restored, items)).toEqual(oddsOf(sampler, items));
        expect(restored.draw(other)).toBe(sampler.draw(one));
        sampler.push(items.seen[i % 5]);
        restored.push(items.seen[i % 5]);
      }
    }
  });
});
