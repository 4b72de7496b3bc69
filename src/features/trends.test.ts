import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dayMs, hourMs } from "../core/index.ts";
import type { LogRecord } from "../event/index.ts";
import { feedbackStream, recordsOf, streamTime } from "../testing/feedbackStream.ts";
import { defaultFeedbackRules, feedbackOf, ItemIndex, Trends } from "./index.ts";

const halfLivesMs = [2 * hourMs, dayMs, 30 * dayMs, Number.POSITIVE_INFINITY];
const rules = defaultFeedbackRules;
const floor = -14;

interface Made {
  readonly items: ItemIndex;
  readonly trends: Trends;
}

function trendsOf(records: readonly LogRecord[], leadersMax = 1000): Made {
  const items = new ItemIndex({ partitionCount: 4, itemsMax: 1000 });
  const trends = new Trends(items, { partitionCount: 4, rules, halfLivesMs, leadersMax });
  for (const record of records) {
    items.apply(record);
    trends.apply(record);
  }
  return { items, trends };
}

function sharesOf({ items, trends }: Made, name: string): number[] {
  const out = new Float32Array(halfLivesMs.length + 1);
  trends.writeShares(items.indexOf(name), floor, out, 1); // not at 0: it writes where it is told
  return [...out.subarray(1)];
}

/** log2 of Σ weight × 2^((s − now) / half-life) over the item's events, or over all; from scratch. */
function levelOf(records: readonly LogRecord[], halfLifeMs: number, item?: string): number {
  const now = streamTime;
  const terms = records.flatMap(({ event }) => {
    const { weight } = feedbackOf(event, rules);
    const counts = weight > 0 && (item === undefined || event.item === item);
    return counts ? [Math.log2(weight) + (event.time - now) / halfLifeMs] : [];
  });
  // The largest is taken out, so that what is years old does not become 0.
  const largest = Math.max(...terms);
  if (terms.length === 0) return Number.NEGATIVE_INFINITY;
  return largest + Math.log2(terms.reduce((sum, term) => sum + 2 ** (term - largest), 0));
}

function namesOf(records: readonly LogRecord[]): string[] {
  const names = records.flatMap(({ event }) => (event.item === undefined ? [] : [event.item]));
  return [...new Set(names)];
}

const streams = fc
  .record({ seed: fc.nat(), count: fc.integer({ min: 1, max: 150 }) })
  .map((options) => feedbackStream({ ...options, itemCount: 25 }));

describe("trends", () => {
  it("give each item its decayed share of the stream, late events included", () => {
    fc.assert(
      fc.property(streams, (records) => {
        const made = trendsOf(records);
        for (const name of namesOf(records)) {
          const shares = sharesOf(made, name);
          for (const [i, halfLife] of halfLivesMs.entries()) {
            const level = levelOf(records, halfLife, name);
            const isWanted = level > Number.NEGATIVE_INFINITY;
            const share = isWanted ? level - levelOf(records, halfLife) : floor;
            expect(shares[i]).toBeCloseTo(Math.max(floor, share), 5); // float32 of up to 14
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it("give the floor to what nobody wanted, and to what is past the limit of items", () => {
    const events = [
      { type: "like", time: streamTime, account: "a", item: "liked" },
      { type: "skip", time: streamTime, account: "a", item: "skipped" },
    ];
    const made = trendsOf(recordsOf(events));
    expect(sharesOf(made, "liked")).toEqual([0, 0, 0, 0]);
    expect(sharesOf(made, "skipped")).toEqual([floor, floor, floor, floor]);
    expect(sharesOf(made, "unheard of")).toEqual([floor, floor, floor, floor]);
  });

  it("lead with what sorting all items would put first, at every half-life", () => {
    fc.assert(
      fc.property(streams, fc.integer({ min: 1, max: 12 }), (records, leadersMax) => {
        const { items, trends } = trendsOf(records, leadersMax);
        for (const [i, halfLife] of halfLivesMs.entries()) {
          const levels = namesOf(records)
            .map((name) => levelOf(records, halfLife, name))
            .filter((level) => level > Number.NEGATIVE_INFINITY)
            .toSorted((a, b) => b - a)
            .slice(0, leadersMax);
          const leaders = Array.from(trends.leaders(i), (item) => items.nameOf(item));
          expect(new Set(leaders).size).toBe(leaders.length);
          expect(leaders.length).toBe(levels.length);
          // Compared by level, not by name: which of two equal ones leads is not said.
          for (const [place, name] of leaders.entries())
            expect(levelOf(records, halfLife, name)).toBeCloseTo(levels[place], 7);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("are the same in whatever order events come, up to rounding", () => {
    fc.assert(
      fc.property(streams, fc.infiniteStream(fc.nat()), (records, keys) => {
        const made = trendsOf(records);
        const shuffled = records
          .map(({ event }) => ({ event, key: keys.next().value ?? 0 }))
          .toSorted((a, b) => a.key - b.key);
        const other = trendsOf(recordsOf(shuffled.map(({ event }) => event)));
        for (const name of namesOf(records)) {
          const shares = sharesOf(other, name);
          for (const [i, share] of sharesOf(made, name).entries())
            expect(shares[i]).toBeCloseTo(share, 5);
        }
        expect(other.trends.time).toBe(made.trends.time);
      }),
      { numRuns: 40 },
    );
  });

  it("do not change while nothing is wanted, for however long", () => {
    const records = feedbackStream({ seed: 3, count: 200 });
    const tenYearsLater = streamTime + 3650 * dayMs;
    const access = { type: "access", time: tenYearsLater, account: "account-1" };
    const last = records[records.length - 1];
    const made = trendsOf(records);
    const later = trendsOf([
      ...records,
      { ...last, offset: last.offset + 1, logTime: tenYearsLater, event: access },
    ]);
    expect(later.trends.time).toBe(tenYearsLater);
    for (const name of namesOf(records))
      expect(sharesOf(later, name)).toEqual(sharesOf(made, name));
    for (const i of halfLivesMs.keys())
      expect(later.trends.leaders(i)).toEqual(made.trends.leaders(i));
  });

  it("keep the ranking of what was wanted before a gap of years, behind what came after it", () => {
    const records = feedbackStream({ seed: 4, count: 200 });
    const last = records[records.length - 1];
    const time = streamTime + 3650 * dayMs;
    const like = { type: "like", time, account: "account-1", item: "fresh" };
    const made = trendsOf(records);
    const later = trendsOf([
      ...records,
      { ...last, offset: last.offset + 1, logTime: time, event: like },
    ]);
    const fresh = later.items.indexOf("fresh");
    for (const [i, halfLife] of halfLivesMs.entries()) {
      const leaders = [...later.trends.leaders(i)];
      if (Number.isFinite(halfLife)) expect(leaders[0]).toBe(fresh);
      expect(leaders.filter((item) => item !== fresh)).toEqual([...made.trends.leaders(i)]);
    }
  });

  it("count an event from a clock that runs ahead as of the time it was appended", () => {
    const at = (time: number, item: string) => ({ type: "like", time, account: "a", item });
    const [first, second] = recordsOf([at(streamTime, "ahead"), at(streamTime, "right")]);
    const ahead = { ...first, event: at(first.logTime + 9 * 60_000, "ahead") };
    const made = trendsOf([
      ahead,
      { ...second, logTime: first.logTime, event: at(first.logTime, "right") },
    ]);
    expect(made.trends.time).toBe(first.logTime);
    expect(sharesOf(made, "ahead")).toEqual(sharesOf(made, "right"));
  });
});
