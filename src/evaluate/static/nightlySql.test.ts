import { describe, expect, it } from "vitest";
import { Random } from "../../core/index.ts";
import { NightlyPopularity, type PopularityTask } from "./nightlySql.ts";

const exampleCount = 5000; // more than two of DuckDB's chunks
const itemCount = 12;

/** Some without an item or a segment; some taught twice, late, or never. */
function drawnTask(seed: number): PopularityTask {
  const random = new Random(seed);
  const askedAt = Float64Array.from({ length: exampleCount }, (_, i) => 1_700_000_000_000 + i * 10);
  const codes = (count: number): Int32Array =>
    Int32Array.from({ length: exampleCount }, () => random.below(count + 1) - 1);
  const taught: { example: number; at: number; label: number; weight: number }[] = [];
  for (let example = 0; example < exampleCount; example++) {
    for (let times = random.below(3); times > 0; times--) {
      taught.push({
        example,
        at: askedAt[example] + random.below(20_000),
        label: random.below(3) / 2,
        weight: 1 + random.below(3),
      });
    }
  }
  taught.sort((a, b) => a.at - b.at);
  return {
    askedAt,
    items: codes(itemCount),
    segments: [codes(3), codes(40)],
    taught: {
      examples: Uint32Array.from(taught, ({ example }) => example),
      at: Float64Array.from(taught, ({ at }) => at),
      labels: Float64Array.from(taught, ({ label }) => label),
      weights: Float64Array.from(taught, ({ weight }) => weight),
    },
  };
}

/** By going over all that is known again, for each example. */
function recomputation(
  { askedAt, items, segments, taught }: PopularityTask,
  query: { knownBefore: number; askedFrom: number; segment: number; heldOut: ReadonlySet<number> },
): (example: number) => number {
  const last = new Map<number, { label: number; weight: number }>();
  for (const [i, of] of taught.examples.entries()) {
    if (taught.at[i] < query.knownBefore) {
      last.set(of, { label: taught.labels[i], weight: taught.weights[i] });
    }
  }
  const known = [...last].filter(
    ([of]) => askedAt[of] >= query.askedFrom && !query.heldOut.has(of),
  );
  const share = (isOf: (of: number) => boolean, before: number, m: number): number => {
    let [positive, total] = [0, 0];
    for (const [of, { label, weight }] of known) {
      if (!isOf(of)) continue;
      positive += label * weight;
      total += weight;
    }
    return (positive + m * before) / (total + m);
  };
  const overall = share(() => true, 0, 0);
  const segment = query.segment < 0 ? undefined : segments[query.segment];
  return (example) => {
    const item = items[example];
    if (item < 0) return overall;
    const ofItem = share((of) => items[of] === item, overall, 20);
    if (segment === undefined || segment[example] < 0) return ofItem;
    return share((of) => items[of] === item && segment[of] === segment[example], ofItem, 20);
  };
}

describe("the nightly query", () => {
  it("says what a recomputation of everything known says, and of examples asked in the time alone", async () => {
    const task = drawnTask(1);
    const database = await NightlyPopularity.open(task);
    const heldOut = new Set([5, 17, 400, 2900]);
    await database.holdOut(Uint32Array.from(heldOut));
    const [start] = task.askedAt;
    const from = start + 35_000;
    const knownBefore = task.taught.at[2500]; // at which something became known: it does not count
    try {
      for (const segment of [-1, 0, 1]) {
        for (const withoutHeldOut of [false, true]) {
          const query = { knownBefore, askedFrom: start + 4000, segment };
          await database.run({ ...query, withoutHeldOut });
          const shares = await database.predict(from, from + 10_000, segment);
          const left = withoutHeldOut ? heldOut : new Set<number>();
          const recomputed = recomputation(task, { ...query, heldOut: left });
          for (const [example, share] of shares.entries()) {
            const isAsked = example >= 3500 && example < 4500;
            if (Number.isNaN(share) === isAsked) expect.fail(`${example} is asked: ${isAsked}`);
            if (!isAsked || example % 7 > 0) continue;
            expect(share).toBeCloseTo(recomputed(example), 12);
          }
        }
      }
    } finally {
      database.close();
    }
  });
});
