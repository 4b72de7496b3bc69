import { beforeAll, describe, expect, it } from "vitest";
import { dayMs, hourMs, Random } from "../../core/index.ts";
import { Arena } from "../../embedding/index.ts";
import { auc, FactorisationMachine, type OnlineModel } from "../../model/index.ts";
import type { ExampleStep, ExampleTaught } from "../../train/index.ts";
import { ExampleStream } from "../exampleStream.ts";
import type { SeedResult } from "./arms.ts";
import { staticLearners } from "./learners.ts";
import { type StaticReport, staticExperiment } from "./staticExperiment.ts";
import { runStaticSeed } from "./staticSeed.ts";
import { staticStream } from "./staticStream.ts";

interface Drawn {
  readonly seed: number;
  /** How often a day the effect of an item is drawn anew. */
  readonly drift: number;
  /** Labels that are known from here on are turned round. */
  readonly turnedFrom?: number;
}

const start = Date.UTC(2025, 2, 1);
const days = 10;
const exampleCount = 6000;
const [userCount, itemCount] = [15, 12];

/** Effects of users, which stay, and of items, which may not. Labels come up to two hours late. */
function drawnSteps({ seed, drift, turnedFrom = Number.POSITIVE_INFINITY }: Drawn): ExampleStep[] {
  const random = new Random(seed);
  const effect = (): number => (random.uniform() - 0.5) * 5;
  const users = Array.from({ length: userCount }, effect);
  const items = Array.from({ length: itemCount }, effect);
  const steps: ExampleStep[] = [];
  const taught: ExampleTaught[] = [];
  for (let index = 0; index < exampleCount; index++) {
    const time = start + Math.floor((index / exampleCount) * days * dayMs);
    while (taught.length > 0 && taught[0].time <= time) steps.push(...taught.splice(0, 1));
    const changed = random.below(itemCount);
    const isChange = random.uniform() < (drift * itemCount * days) / exampleCount;
    const fresh = effect();
    if (isChange) items[changed] = fresh;
    const [user, item] = [random.below(userCount), random.below(itemCount)];
    const features = [
      { slot: "user", id: BigInt(user) },
      { slot: "item", id: BigInt(item) },
      { slot: "age", id: 0n, value: Math.fround(random.uniform()) },
    ];
    steps.push({ kind: "asked", index, time, features });
    const known = time + random.below(2 * hourMs);
    const label = random.uniform() < 1 / (1 + Math.exp(-users[user] - items[item])) ? 1 : 0;
    taught.push({
      kind: "taught",
      index,
      time: known,
      features,
      label: known >= turnedFrom ? 1 - label : label,
      weight: 1,
      takeBack: 0,
    });
    taught.sort((a, b) => a.time - b.time);
  }
  return [...steps, ...taught];
}

function makeModel(seed: number): OnlineModel {
  return FactorisationMachine.create(Arena.create({ sizeBytesMax: 16 * 1024 * 1024 }), {
    slots: { user: {}, item: {}, age: {} },
    dim: 4,
    // Steps that stay large, for what changes.
    linear: { alpha: 0.5, beta: 1, l1: 0, l2: 0 },
    seed: BigInt(seed),
    featureCountMax: 4,
  });
}

function run(drift: number, seeds: readonly number[]): Promise<StaticReport> {
  return staticExperiment({
    source: { streamOf: (seed) => ExampleStream.of(drawnSteps({ seed, drift })), makeModel },
    seeds,
    cut: { share: 0.6, by: "time" },
    itemSlot: "item",
    accountSlot: "user",
    rowsMax: 5000,
  });
}

async function runSeed(
  drawn: Drawn,
  windowMs = Number.POSITIVE_INFINITY,
): Promise<{ stream: ExampleStream; result: SeedResult }> {
  const stream = await ExampleStream.of(drawnSteps(drawn));
  const result = await runStaticSeed({
    seed: drawn.seed,
    stream,
    view: staticStream(stream, "item"),
    learners: await staticLearners(),
    makeModel: () => makeModel(drawn.seed),
    from: stream.cutAt({ share: 0.6, by: "time" }),
    retrainDays: 1,
    windowMs,
    rowsMax: 5000,
    onProgress: () => {},
  });
  return { stream, result };
}

describe("the experiment with models that stand still", () => {
  let drifting: StaticReport;

  beforeAll(async () => {
    drifting = await run(0.7, [1, 2, 3]);
  }, 120_000);

  it("finds all of them behind where tastes change, those trained once more than those trained nightly", () => {
    const { arms } = drifting;
    expect(arms.length).toBe(12);
    const [online, ...others] = arms;
    expect(online.aucBehind.mean).toBe(0);
    for (const { name, kind, aucBehind, logLossBehind } of others) {
      expect(aucBehind.mean, `${name}, ${kind}`).toBeGreaterThan(0.005);
      expect(logLossBehind.mean, `${name}, ${kind}`).toBeGreaterThan(0.005);
    }
    for (const nightly of others.filter(({ kind }) => kind === "nightly")) {
      const once = others.find(({ name, kind }) => name === nightly.name && kind === "once");
      expect(once?.aucBehind.mean, nightly.name).toBeGreaterThan(nightly.aucBehind.mean);
      // In the first night they are one model; then only one of them learns.
      const [first, last] = [0, nightly.byDay.length - 1];
      expect(once?.byDay[first], nightly.name).toEqual(nightly.byDay[first]);
      expect(once?.byDay[last].auc?.mean, nightly.name).toBeLessThan(
        (nightly.byDay[last].auc?.mean ?? 0) - 0.01,
      );
    }
  });

  it("finds regression on encodings as good where nothing changes", async () => {
    const { arms } = await run(0, [1, 2]);
    for (const { name, kind, aucBehind, logLossBehind } of arms.slice(1)) {
      if (name !== "logistic regression" && name !== "online model") continue;
      expect(aucBehind.mean, `${name}, ${kind}`).toBeLessThan(0.01);
      expect(logLossBehind.mean, `${name}, ${kind}`).toBeLessThan(0.01);
    }
  }, 60_000);

  it("shows where a learner overfits", () => {
    const tree = drifting.curves.find(({ name }) => name === "decision tree");
    const points = tree?.points ?? [];
    const [shallow, deep] = [points[0], points[points.length - 1]];
    const least = Math.min(...points.map(({ validationLoss }) => validationLoss));
    expect(deep.trainingLoss).toBeLessThan(shallow.trainingLoss);
    expect(deep.trainingLoss).toBeLessThan(least);
    expect(deep.validationLoss).toBeGreaterThan(least + 0.02);
    expect(drifting.stratification).toBeNull(); // too few examples
  });

  it("does not see what became known later: neither trained once, nor nightly before that night", async () => {
    const turnedFrom = start + 8 * dayMs; // two nights after the cut, to the millisecond
    const before = await runSeed({ seed: 1, drift: 0.7 });
    const after = await runSeed({ seed: 1, drift: 0.7, turnedFrom });
    const { askedClock, labels } = before.stream;
    let differ = 0;
    for (const [at, arm] of before.result.arms.entries()) {
      const other = after.result.arms[at];
      expect([arm.name, arm.kind]).toEqual([other.name, other.kind]);
      for (const [row, said] of arm.probabilities.entries()) {
        if (arm.kind === "once" || askedClock[row] < turnedFrom) {
          expect(other.probabilities[row]).toBe(said);
        } else if (other.probabilities[row] !== said) differ++;
      }
    }
    expect(differ).toBeGreaterThan(1000);

    // The report's figures are of what the arms said: this is the first of its three seeds.
    const rows = before.stream.measuredFrom(before.stream.cutAt({ share: 0.6, by: "time" }));
    for (const [at, { auc: all, byDay }] of drifting.arms.entries()) {
      const { probabilities } = before.result.arms[at];
      expect(rows.every((row) => probabilities[row] > 0 && probabilities[row] < 1)).toBe(true);
      expect(byDay.map(({ day }) => day)).toEqual([0, 1, 2, 3]);
      // Their examples are of other streams, whose cut is a few labels earlier or later.
      const counted = byDay.reduce((sum, { count }) => sum + count, 0);
      expect(Math.abs(counted - rows.length)).toBeLessThan(10);
      const own = auc(
        Float64Array.from(rows, (row) => probabilities[row]),
        Float64Array.from(rows, (row) => labels[row]),
      );
      // No value of three is further from the mean than 2 / √3 of their deviation.
      const deviation = ((all.high - all.mean) / 4.302653) * Math.sqrt(3);
      expect(Math.abs(own - all.mean)).toBeLessThan((2 / Math.sqrt(3)) * deviation + 1e-9);
    }
  }, 120_000);

  it("looks back as far as its window, at night alone", async () => {
    const drawn = { seed: 1, drift: 0.7 };
    const [all, long, short] = [
      await runSeed(drawn),
      await runSeed(drawn, 100 * dayMs),
      await runSeed(drawn, dayMs),
    ].map(({ result }) => result.arms);
    for (const [at, { name, kind, probabilities }] of all.entries()) {
      expect(long[at].probabilities, `${name}, ${kind}`).toEqual(probabilities);
      if (kind === "nightly") expect(short[at].probabilities).not.toEqual(probabilities);
      else expect(short[at].probabilities).toEqual(probabilities);
    }
  }, 120_000);

  it("refuses a stream whose first part is next to nothing", async () => {
    const few = drawnSteps({ seed: 1, drift: 0 }).filter(({ index }) => index < 100);
    const refused = staticExperiment({
      source: { streamOf: () => ExampleStream.of(few), makeModel },
      seeds: [1, 2],
      cut: { share: 0.5, by: "examples" },
      itemSlot: "item",
      accountSlot: "user",
      rowsMax: 5000,
    });
    await expect(refused).rejects.toMatchObject({ code: "REQUEST_INVALID" });
  });
});
