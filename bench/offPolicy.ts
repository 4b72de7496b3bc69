/**
 * Do off-policy estimates come out as the Open Bandit Pipeline's (obp) do, and are they near the truth?
 *
 * The data are the Open Bandit Dataset's small version, which obp ships: 10,000 rounds of each of three campaigns of a
 * fashion shop, logged by a uniform random policy, with clicks as rewards. The target policy is the Bernoulli Thompson sampling
 * that ran beside it: what it really earned in its own 10,000 rounds, with an error of its own, is printed beside the
 * estimates. The model of rewards is click rates by item and position, of the half of the rounds that a round is not in. Both
 * sides are given the same numbers (bench/peers/offPolicy.py), and their estimates may differ by 1e-9.
 *
 * A campaign has about 40 clicks: the intervals are wide, and the data say little about which estimator is better.
 *
 * Source: Saito, Aihara, Matsutani and Narita, "Open Bandit Dataset and Pipeline", NeurIPS Datasets and Benchmarks 2021.
 *
 * The time of a round is measured on drawn rounds, which needs no peer; so does smoke size.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Random } from "#foldback/core";
import { type LoggedRounds, OffPolicyEvaluation, type PolicyValue } from "#foldback/evaluate";
import { noComparison } from "./lib/native.ts";
import { preparePeers } from "./lib/peers.ts";
import { bar, count, figure, median, print, withDirectory } from "./lib/report.ts";

const campaigns = ["all", "men", "women"];
const differenceMax = 1e-9;
const timedRounds = 1_000_000;

/** What the script prints. */
interface Theirs {
  readonly estimates: Readonly<Record<string, number>>;
  readonly doublyRobustInterval: readonly [number, number];
  readonly onPolicy: number;
  readonly onPolicyError: number;
  readonly switchAbove: number;
}

export async function run({ smoke }: { smoke: boolean }): Promise<void> {
  timeRounds(smoke ? 10_000 : timedRounds, smoke ? 1 : 5);
  const peers = smoke ? undefined : preparePeers("offPolicy", { isComplete: true });
  if (peers === undefined) return;
  if (peers.missing !== undefined) return figure("obp", noComparison(peers.missing));
  await withDirectory(async (directory) => {
    let largest = 0;
    for (const campaign of campaigns) {
      const path = join(directory, `${campaign}.f64`);
      const theirs = JSON.parse(peers.run("offPolicy", "dataset", campaign, path)) as Theirs; // as it prints it
      largest = Math.max(largest, compare(campaign, readRounds(path), theirs));
    }
    const reached = `largest difference ${largest.toExponential(1)}`;
    bar(`obp's estimates to ${differenceMax}: ${reached}`, largest <= differenceMax, smoke);
  });
}

/** (6, rounds) of float64: see the script. */
function readRounds(path: string): LoggedRounds {
  const bytes = readFileSync(path);
  const values = new Float64Array(new Uint8Array(bytes).buffer);
  const rounds = values.length / 6;
  const column = (at: number): Float64Array => values.subarray(at * rounds, (at + 1) * rounds);
  return {
    reward: column(0),
    propensity: column(1),
    targetProbability: column(2),
    model: { logged: column(3), expected: column(4) },
  };
}

/** Gives the largest difference between an estimate of ours and theirs. */
function compare(campaign: string, rounds: LoggedRounds, theirs: Theirs): number {
  const evaluation = new OffPolicyEvaluation({ hasModel: true, switchAbove: theirs.switchAbove });
  evaluation.add(rounds);
  const report = evaluation.report();
  const { roundCount, effectiveRounds, weights } = report;
  const clicks = Array.from(rounds.reward).reduce((sum, reward) => sum + reward, 0);
  print(
    `\n-- ${campaign}: ${count(roundCount)} rounds, ${clicks} clicks; effective ${count(effectiveRounds)}, ` +
      `mean weight ${weights.mean.value.toFixed(4)} ± ${(weights.mean.high - weights.mean.value).toFixed(4)}, ` +
      `largest ${weights.largest.toFixed(1)}`,
  );
  const { onPolicy, onPolicyError, doublyRobustInterval } = theirs;
  figure(
    "logged",
    `${rate(report.logged.value)}; the target policy's own rounds: ${rate(onPolicy)} ± ${rate(1.96 * onPolicyError)}`,
  );
  print(
    `${"".padEnd(30)}${"foldback".padStart(12)}${"95 % interval".padStart(24)}${"obp".padStart(12)}`,
  );
  const ours: Record<string, PolicyValue> = {
    ips: report.ips,
    snips: report.snips,
    ...report.model,
  };
  let largest = 0;
  for (const [name, { value, low, high }] of Object.entries(ours)) {
    const cells = [
      rate(value).padStart(12),
      `${rate(low)} to ${rate(high)}`.padStart(24),
      rate(theirs.estimates[name]).padStart(12),
    ];
    print(`${name.padEnd(30)}${cells.join("")}`);
    largest = Math.max(largest, Math.abs(value - theirs.estimates[name]));
  }
  const [low, high] = doublyRobustInterval;
  print(
    `${"doublyRobust, obp's bootstrap".padEnd(42)}${`${rate(low)} to ${rate(high)}`.padStart(24)}`,
  );
  return largest;
}

function rate(value: number): string {
  return value.toFixed(6);
}

function timeRounds(roundCount: number, repetitions: number): void {
  const random = new Random(1);
  const column = (value: () => number): Float64Array =>
    Float64Array.from({ length: roundCount }, value);
  const uniform = (): number => random.uniform();
  const rounds: LoggedRounds = {
    reward: column(() => random.below(2)),
    propensity: column(() => 0.05 + 0.95 * random.uniform()),
    targetProbability: column(uniform),
  };
  const model = { logged: column(uniform), expected: column(uniform) };
  for (const hasModel of [false, true]) {
    const seconds: number[] = [];
    let checksum = 0;
    for (let repetition = 0; repetition < repetitions; repetition++) {
      const evaluation = new OffPolicyEvaluation({ hasModel });
      const begin = process.cpuUsage();
      evaluation.add(hasModel ? { ...rounds, model } : rounds);
      const { user, system } = process.cpuUsage(begin);
      seconds.push((user + system) / 1e6);
      checksum = evaluation.report().snips.value;
    }
    const each = (median(seconds) / roundCount) * 1e9;
    figure(
      hasModel ? "with a model" : "a round",
      `${each.toFixed(0).padStart(4)} ns of ${count(roundCount)}, median of ${repetitions}   checksum ${checksum.toFixed(12)}`,
    );
  }
}
