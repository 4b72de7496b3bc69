import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteReader, ByteWriter, Random } from "../core/index.ts";
import { auc, calibrationError, sigmoid } from "../model/index.ts";
import { SlidingMetrics } from "./slidingMetrics.ts";

type Seen = readonly [logit: number, label: number, weight: number];

const examples = (maxLength: number) =>
  fc.array(
    fc.tuple(
      fc.double({ min: -20, max: 20, noNaN: true }),
      fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })),
      fc.constantFrom(0.25, 0.5, 1, 2, 100),
    ),
    { maxLength },
  );

function metricsOf(seen: readonly Seen[], sizes: readonly number[]): SlidingMetrics {
  const metrics = new SlidingMetrics(sizes);
  for (const example of seen) metrics.add(...example);
  return metrics;
}

/** Of 1/64, as the bins are. */
const binOf = (logit: number): number => Math.min(2047, Math.max(0, Math.floor((logit + 16) * 64)));

/** From scratch, over all pairs: the probability that a positive has the higher logit; and of a tie. */
function pairsOf(seen: readonly Seen[], scoreOf: (logit: number) => number) {
  let [right, tied, all] = [0, 0, 0];
  for (const [a, labelA, weightA] of seen) {
    for (const [b, labelB, weightB] of seen) {
      const weight = weightA * labelA * weightB * (1 - labelB);
      all += weight;
      if (scoreOf(a) > scoreOf(b)) right += weight;
      if (scoreOf(a) === scoreOf(b)) tied += weight;
    }
  }
  return { auc: (right + tied / 2) / all, tied: tied / all };
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

describe("metrics over sliding windows", () => {
  it("are those of the window's examples, from scratch", () => {
    fc.assert(
      fc.property(examples(60), (seen) => {
        const sizes = [5, 17, 50];
        const metrics = metricsOf(seen, sizes);
        for (const [window, size] of sizes.entries()) {
          const latest = seen.slice(-size);
          const measured = metrics.measure(window);
          expect(measured).toMatchObject({ size, examples: latest.length });
          if (latest.length === 0) continue;
          const weight = sum(latest.map(([, , w]) => w));
          const mean = (of: (example: Seen) => number): number =>
            sum(latest.map((example) => example[2] * of(example))) / weight;
          const lossOf = ([z, y]: Seen): number => {
            const p = sigmoid(z);
            return -y * Math.log(p) - (1 - y) * Math.log(1 - p);
          };
          // Labels are kept to 2^-16, and a logit of 20 makes 1.5e-4 of half of that.
          expect(measured.logLoss).toBeCloseTo(mean(lossOf), 3);
          expect(measured.predicted).toBeCloseTo(
            mean(([z]) => sigmoid(z)),
            4,
          );
          const observed = mean(([, y]) => y);
          expect(measured.observed).toBeCloseTo(observed, 4);
          const base = -observed * Math.log(observed) - (1 - observed) * Math.log(1 - observed);
          if (!(observed > 0.001 && observed < 0.999)) continue;
          expect(measured.baseLogLoss).toBeCloseTo(base, 3);
          // The same error, over a base that may be small.
          if (!(observed > 0.01 && observed < 0.99)) continue;
          const entropy = mean(lossOf) / base;
          const error = Math.abs((measured.normalisedEntropy ?? 0) - entropy);
          expect(error).toBeLessThan(0.005 + 0.01 * entropy);
        }
      }),
    );
  });

  it("have the AUC of the logits' bins, and the exact one within the error that they state", () => {
    fc.assert(
      fc.property(examples(40), (seen) => {
        const measured = metricsOf(seen, [50]).measure(0);
        const binned = pairsOf(seen, binOf);
        // Labels and weights are kept to 2^-16: of next to no pairs there is no telling.
        if (!((measured.observed ?? 0) > 0.01 && (measured.observed ?? 1) < 0.99)) return;
        expect(measured.auc).toBeCloseTo(binned.auc, 2);
        expect(measured.aucErrorMax).toBeCloseTo(binned.tied / 2, 2);
        const exact = pairsOf(seen, (logit) => logit).auc;
        const apart = Math.abs((measured.auc ?? 0) - exact);
        expect(apart).toBeLessThanOrEqual((measured.aucErrorMax ?? 0) + 1e-3);
      }),
    );
  });

  it("agree with the exact metrics on a calibrated stream, after many windows", () => {
    const random = new Random(7);
    const seen = Array.from({ length: 30_000 }, (): Seen => {
      const logit = 3 * (random.uniform() + random.uniform() + random.uniform()) - 7;
      return [logit, random.uniform() < sigmoid(logit) ? 1 : 0, 1];
    });
    const metrics = metricsOf(seen, [1000, 10_000]);
    for (const [window, size] of [1000, 10_000].entries()) {
      const latest = seen.slice(-size);
      const logits = latest.map(([logit]) => logit);
      const labels = latest.map(([, label]) => label);
      const measured = metrics.measure(window);
      const apart = Math.abs((measured.auc ?? 0) - auc(logits, labels));
      expect(apart).toBeLessThanOrEqual(measured.aucErrorMax ?? 0);
      expect(measured.aucErrorMax).toBeLessThan(0.005);
      expect(apart).toBeLessThan(0.0005); // ties are split evenly: most of the error cancels out
      const exact = calibrationError(logits.map(sigmoid), labels);
      // Its bins end at the nearest 1/64 of a logit.
      expect(Math.abs((measured.calibrationError ?? 0) - exact)).toBeLessThan(0.005);
    }
  });

  it("see a miscalibration where the mean is right", () => {
    const seen: Seen[] = [];
    for (let i = 0; i < 500; i++) seen.push([2, i % 2, 1], [-2, i % 2, 1]);
    const measured = metricsOf(seen, [1000]).measure(0);
    expect(measured.predicted).toBeCloseTo(0.5, 6);
    expect(measured.observed).toBe(0.5);
    expect(measured.calibrationError).toBeCloseTo(sigmoid(2) - 0.5, 4);
  });

  it("have nothing left of what has fallen out, to the bit", () => {
    const random = new Random(3);
    const drawn = (): Seen => [
      20 * random.uniform() - 10,
      random.below(3) === 0 ? random.uniform() : random.below(2),
      [0.1, 1, 3.7][random.below(3)],
    ];
    const seen = Array.from({ length: 20_000 }, drawn);
    const sizes = [100, 900, 2500];
    const metrics = new SlidingMetrics(sizes);
    for (const [i, example] of seen.entries()) {
      metrics.add(...example);
      if (i % 777 !== 0) continue;
      for (const [window, size] of sizes.entries()) {
        const fresh = metricsOf(seen.slice(Math.max(0, i + 1 - size), i + 1), [size]);
        expect(metrics.measure(window)).toEqual(fresh.measure(0));
      }
    }
  });

  it("go on as if they had never stopped", () => {
    const random = new Random(4);
    const seen = Array.from(
      { length: 6000 },
      (): Seen => [8 * random.uniform() - 4, random.below(2), 1 + random.uniform()],
    );
    const sizes = [70, 1500];
    const bytesOf = (metrics: SlidingMetrics): Uint8Array => {
      const writer = new ByteWriter();
      metrics.save(writer);
      expect(writer.bytes().length).toBe(metrics.sizeBytes);
      return writer.bytes().slice();
    };
    const whole = metricsOf(seen, sizes);
    // The ring holds 2,524: before it is full, when it just is, and round it more than once.
    for (const cut of [0, 1, 1499, 1500, 2523, 2524, 2525, 3100, 5500]) {
      const restored = new SlidingMetrics(sizes);
      restored.restore(new ByteReader(bytesOf(metricsOf(seen.slice(0, cut), sizes)), "metrics"));
      for (const example of seen.slice(cut)) restored.add(...example);
      expect(bytesOf(restored)).toEqual(bytesOf(whole));
      for (const window of [0, 1]) expect(restored.measure(window)).toEqual(whole.measure(window));
    }
  });

  it("say a loss of at most 40, and count a weight of at most 100", () => {
    const metrics = new SlidingMetrics([10]);
    expect(metrics.add(500, 0, 1)).toBe(40);
    expect(metrics.add(0, 1, 1e9)).toBeCloseTo(Math.log(2), 12);
    expect(metrics.measure(0)).toMatchObject({ observed: 100 / 101 });
  });
});
