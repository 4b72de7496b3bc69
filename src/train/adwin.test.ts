import { describe, expect, it } from "vitest";
import { ByteReader, ByteWriter, Random } from "../core/index.ts";
import { Adwin } from "./adwin.ts";

const delta = 0.002;

/** The condition of the paper for one split, from the values themselves. */
function isCut(older: readonly number[], newer: readonly number[]): boolean {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const all = [...older, ...newer];
  const variance = mean(all.map((value) => (value - mean(all)) ** 2));
  const m = 1 / (1 / older.length + 1 / newer.length);
  const deltaOf = delta / Math.max(1, Math.log(all.length));
  const bound =
    Math.sqrt((2 / m) * variance * Math.log(2 / deltaOf)) + (2 / (3 * m)) * Math.log(2 / deltaOf);
  return Math.abs(mean(older) - mean(newer)) >= bound;
}

/** ADWIN2 on lists of values: nothing is summed up, every condition is computed from scratch. */
class PlainAdwin {
  buckets: number[][] = [];
  readonly #perSize: number;

  constructor(perSize: number) {
    this.#perSize = perSize;
  }

  add(value: number, isLook: boolean): void {
    this.buckets.push([value]);
    for (let size = 1; ; size *= 2) {
      const alike = this.buckets.filter((bucket) => bucket.length === size);
      if (alike.length <= this.#perSize) break;
      const at = this.buckets.indexOf(alike[0]);
      this.buckets.splice(at, 2, [...alike[0], ...alike[1]]);
    }
    while (isLook && this.#isChanged()) this.buckets.shift();
  }

  values(): number[] {
    return this.buckets.flat();
  }

  #isChanged(): boolean {
    const splits = Array.from({ length: this.buckets.length - 1 }, (_, i) => i + 1);
    return splits.some((at) =>
      isCut(this.buckets.slice(0, at).flat(), this.buckets.slice(at).flat()),
    );
  }
}

/** 0 or 1: 1 with that probability. */
function flips(random: Random, probability: number, count: number): number[] {
  return Array.from({ length: count }, () => (random.uniform() < probability ? 1 : 0));
}

describe("ADWIN", () => {
  it.each([
    { name: "every split, none merged", bucketsPerSize: 1000, lookEvery: 1 },
    { name: "buckets of 5, a look every 4", bucketsPerSize: 5, lookEvery: 4 },
    { name: "buckets of 2, a look every 7", bucketsPerSize: 2, lookEvery: 7 },
  ])(
    "keeps the window that the condition, from scratch, leaves: $name",
    ({ bucketsPerSize, lookEvery }) => {
      for (const seed of [1, 2, 3]) {
        const random = new Random(seed);
        const values = [0.2, 0.8, 0.5].flatMap((mean) =>
          Array.from({ length: 90 }, () => mean + 0.3 * (random.uniform() - 0.5)),
        );
        const adwin = new Adwin({ delta, bucketsPerSize, lookEvery });
        const plain = new PlainAdwin(bucketsPerSize);
        let cuts = 0;
        for (const [i, value] of values.entries()) {
          const before = [...plain.values(), value];
          const cut = adwin.add(value);
          plain.add(value, (i + 1) % lookEvery === 0);
          const kept = plain.values();
          expect(adwin.count).toBe(kept.length);
          expect(adwin.mean).toBeCloseTo(kept.reduce((a, b) => a + b, 0) / kept.length, 12);
          expect(cut === undefined).toBe(kept.length === before.length);
          if (cut === undefined) continue;
          cuts++;
          const dropped = before.slice(0, before.length - kept.length);
          expect(cut.before).toBeCloseTo(dropped.reduce((a, b) => a + b, 0) / dropped.length, 12);
          expect(cut.after).toBe(adwin.mean);
          expect(cut.keptCount).toBe(kept.length);
        }
        expect(cuts).toBeGreaterThanOrEqual(2);
      }
    },
  );

  it("cuts no stream that stands still: at most 3 in 100 of 20,000 values", () => {
    for (const probability of [0.03, 0.3]) {
      let cut = 0;
      for (let seed = 0; seed < 100; seed++) {
        const adwin = new Adwin({ delta });
        for (const value of flips(new Random(seed), probability, 20_000)) {
          if (adwin.add(value) === undefined) continue;
          cut++;
          break;
        }
      }
      expect(cut, `of 100 streams with mean ${probability}`).toBeLessThanOrEqual(3);
    }
  });

  it.each([
    { from: 0.2, to: 0.3, within: 1500 },
    { from: 0.2, to: 0.5, within: 300 },
    { from: 0.5, to: 0.2, within: 300 },
  ])("finds every change from $from to $to within $within values", ({ from, to, within }) => {
    for (let seed = 0; seed < 100; seed++) {
      const random = new Random(seed);
      const adwin = new Adwin({ delta });
      for (const value of flips(random, from, 5000)) adwin.add(value);
      const found = flips(random, to, within).findIndex((value) => {
        const cut = adwin.add(value);
        return cut !== undefined && Math.sign(cut.after - cut.before) === Math.sign(to - from);
      });
      expect(found, `seed ${seed}`).toBeGreaterThanOrEqual(0);
    }
  });

  it("goes on as if it had never stopped", () => {
    const random = new Random(5);
    const values = [...flips(random, 0.2, 700), ...flips(random, 0.6, 700)];
    const whole = new Adwin({ delta });
    const bytesOf = (adwin: Adwin): Uint8Array => {
      const writer = new ByteWriter();
      adwin.save(writer);
      return writer.bytes().slice();
    };
    for (const [i, value] of values.entries()) {
      if (i % 100 === 0) {
        const half = new Adwin({ delta });
        half.restore(new ByteReader(bytesOf(whole), "adwin"));
        for (const rest of values.slice(i)) half.add(rest);
        const all = new Adwin({ delta });
        for (const one of values) all.add(one);
        expect(bytesOf(half)).toEqual(bytesOf(all));
      }
      whole.add(value);
    }
  });
});
