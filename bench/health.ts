/**
 * What does the monitor of training cost, and how soon does it see a change?
 *
 * Cost: the time for each example that is told to it, in groups of 31 and one by one, beside that of
 * learning one, by the trainer on MovieTweetings and by a factorisation machine's `learnOne`. What the monitor
 * asks again is counted with learning.
 *
 * Alarms: streams whose predictions are right, and lose all meaning at a known step: after how many steps
 * drift is told, and how many alarms there were before.
 */
import { readFileSync } from "node:fs";
import { Random } from "#foldback/core";
import { Arena } from "#foldback/embedding";
import { createLearner, resolveConfig } from "#foldback/engine";
import { FactorisationMachine, sigmoid } from "#foldback/model";
import { Health } from "#foldback/train";
import { bar, count, figure, median, quantile, ratingsFile } from "./lib/report.ts";

const options = { driftRise: 0.1, overfittingGap: 0.4, calibrationRatio: 1.25 };

export function run({ smoke }: { smoke: boolean }): void {
  cost(smoke);
  alarms(smoke);
}

function cost(smoke: boolean): void {
  const exampleCount = smoke ? 40_000 : 2_000_000;
  const rounds = smoke ? 1 : 5;
  const grouped: number[] = [];
  const single: number[] = [];
  for (let round = 0; round < rounds; round++) {
    grouped.push(observeNs(31, exampleCount));
    single.push(observeNs(1, exampleCount));
  }
  const trained = trainerNs(smoke ? 2000 : 40_000);
  const learned = learnOneNs(smoke ? 5000 : 400_000);
  const [group, one] = [median(grouped), median(single)];
  const show = (ns: number): string => `${ns.toFixed(0)} ns`;
  figure("in groups", `${show(group)} an example of 31; the trainer: ${show(trained)} an example`);
  figure("one by one", `${show(one)} an example; a factorisation machine: ${show(learned)}`);
  bar(
    `at most 10 % of the trainer's time: ${percent(group / trained)}`,
    group < trained / 10,
    smoke,
  );
  bar(`under 1 µs, one by one: ${show(one)}`, one < 1000, smoke);
  const health = new Health(options, () => [0]);
  for (let i = 0; i < 200_000; i++) health.observe("next", [0.1], [i % 2, 1, 0], 1, moment);
  const beganMs = performance.now();
  for (let i = 0; i < 100; i++) health.report();
  figure("a report", `${((performance.now() - beganMs) * 10).toFixed(0)} µs`);
}

const moment = { offset: 0, logTime: 0 };

/** Nanoseconds an example, told in steps of `size`. */
function observeNs(size: number, exampleCount: number): number {
  const random = new Random(1);
  const steps = Array.from({ length: 1024 }, () => {
    const logits = Float32Array.from({ length: size }, () => 6 * random.uniform() - 5);
    const targets = new Float32Array(size * 3);
    for (let i = 0; i < size; i++) {
      targets.set([size === 1 ? random.below(4) >>> 1 : Number(i === 0), 1, 0], i * 3);
    }
    return { logits, targets };
  });
  const health = new Health(options, () => [0]);
  const stepCount = Math.ceil(exampleCount / size);
  const beganMs = performance.now();
  for (let step = 0; step < stepCount; step++) {
    const { logits, targets } = steps[step % 1024];
    health.observe("next", logits, targets, size, moment);
  }
  return ((performance.now() - beganMs) * 1e6) / (stepCount * size);
}

/** Nanoseconds an example of the trainer, with all that it does. */
function trainerNs(ratings: number): number {
  const lines = readFileSync(ratingsFile, "utf8").trimEnd().split("\n");
  const rows = lines.map((line) => line.split("::"));
  rows.sort((a, b) => Number(a[3]) - Number(b[3]));
  const { trainer } = createLearner(resolveConfig());
  const beganMs = performance.now();
  for (const [offset, [account, item, , seconds]] of rows.slice(0, ratings).entries()) {
    const time = Number(seconds) * 1000;
    const event = { type: "rate", time, account, item };
    trainer.apply({ partition: 0, offset, logTime: time, event });
  }
  const tookMs = performance.now() - beganMs;
  const { exampleCount } = trainer.stats();
  const { questions } = trainer.health.report();
  const [, , largest] = questions.next.windows;
  figure(
    "checksum",
    `${count(exampleCount)} examples; log loss ${largest.logLoss?.toFixed(6)}, AUC ${largest.auc?.toFixed(6)}`,
  );
  return (tookMs * 1e6) / exampleCount;
}

/** Nanoseconds an example of two features. */
function learnOneNs(exampleCount: number): number {
  const arena = Arena.create({ sizeBytesMax: 128 * 1024 * 1024 });
  const slots = { user: {}, item: {} };
  const model = FactorisationMachine.create(arena, { slots, dim: 8, seed: 1n });
  const random = new Random(2);
  const beganMs = performance.now();
  for (let i = 0; i < exampleCount; i++) {
    const features = [
      { slot: "user", id: BigInt(random.below(20_000)) },
      { slot: "item", id: BigInt(random.below(5000)) },
    ];
    model.learnOne({ features, label: random.below(2) }, i);
  }
  return ((performance.now() - beganMs) * 1e6) / exampleCount;
}

function alarms(smoke: boolean): void {
  const streams = smoke ? 5 : 200;
  const changeAt = smoke ? 3000 : 20_000;
  for (const spread of [2.6, 3.4]) {
    const delays: number[] = [];
    let falseCount = 0;
    for (let seed = 0; seed < streams; seed++) {
      const found = driftAt(seed, changeAt, spread);
      falseCount += found.before;
      delays.push(found.delay);
    }
    const told = delays.filter((delay) => Number.isFinite(delay)).length;
    figure(
      `spread ${spread}`,
      `${streams} streams: told in ${told}; steps to the alarm: median ${median(delays)}, p99 ` +
        `${quantile(delays, 0.99)}; ${falseCount} alarms in ${count(streams * changeAt)} steps before`,
    );
    if (spread === 3.4) {
      const most = quantile(delays, 0.99);
      bar(`p99 of the steps to the alarm ≤ 2,000: ${most}`, most <= 2000, smoke);
    }
    bar(`no false alarm: ${falseCount}`, falseCount === 0, smoke);
  }
}

/** A stream of logits over `spread`, which the labels follow up to a step. */
function driftAt(
  seed: number,
  changeAt: number,
  spread: number,
): { readonly before: number; readonly delay: number } {
  const random = new Random(seed);
  const health = new Health(options, () => [0]);
  const draw = (): number => -1.3 + spread * (random.uniform() - 0.5);
  let before = 0;
  for (let step = 0; step < changeAt + 10_000; step++) {
    const logit = draw();
    const truth = step < changeAt ? logit : draw();
    const label = random.uniform() < sigmoid(truth) ? 1 : 0;
    health.observe("response", [logit], [label, 1, 0], 1, { offset: step, logTime: step });
    if (step === changeAt - 1) before = health.alarmCount;
    else if (step >= changeAt && health.alarmCount > before) {
      return { before, delay: step - changeAt };
    }
  }
  return { before, delay: Number.POSITIVE_INFINITY };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
