/**
 * How fast and how well does the factorisation machine learn online, against Vowpal Wabbit and River?
 *
 * Two files of examples, made once: the ratings of MovieTweetings 100K in time order, label 1 for a rating of
 * at least 8, with the features of `ratingExamples`; and 200,000 impressions of the simulated service, label 1 if
 * played, with those of `simulatedExamples`; all of value 1. Or another file of such lines, named by the variable EXAMPLES;
 * `EXAMPLES=ratings` and `EXAMPLES=simulated` choose one of the two. Each learner is a process of its own, on one thread, and sees each example once: it
 * predicts, then learns. Log loss and AUC are computed here, of what each wrote, by one function, over all
 * examples and over the second half.
 *
 * Tuning: twelve settings for each learner, over the whole stream; of each the one with the lowest log loss is
 * what is compared. VW has three chances: twelve with `--nn`, twelve with `--lrq`, and twelve without factors,
 * which say what factors are worth. The bars for AUC take the best of all settings of a peer, whatever their
 * log loss. The grids lie around what was best in trials before, of each learner alike.
 *
 * Time is the processor's, of the whole process, its compiler's and collector's threads included, for learning
 * alone: from the moment the examples lie in memory in the form that the learner takes (objects, dicts, VW's
 * parsed examples), ids hashed. Reading and parsing is measured apart. VW counts with the faster of two ways:
 * its own driver over its binary cache, less the time of reading that; and its library on parsed examples. The
 * best of each are run in turn, and the medians compared.
 *
 * Python's packages are installed by the bench (bench/peers/onlineFm.txt). Where they can't be had, it
 * gives our figures alone; so it does at smoke size.
 */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Contestant,
  type Learned,
  makeContestants,
  ratingsGrid,
  type Setting,
  simulatedGrid,
  type Task,
} from "./lib/fmContest.ts";
import {
  examplesText,
  type NamedExample,
  ratingExamples,
  readExamples,
  simulatedExamples,
} from "./lib/fmExamples.ts";
import { noComparison } from "./lib/native.ts";
import { preparePeers } from "./lib/peers.ts";
import { type ProgressiveQuality, progressiveQuality } from "./lib/progressive.ts";
import { bar, count, figure, median, print, ratingsFile, withDirectory } from "./lib/report.ts";

const positiveMin = 8;
const smokeExamples = 2000;
const simulatedCount = 200_000;
const rounds = 5;
/** Twelve settings of River take minutes, and its figures are far from the bar. */
const slowSeconds = 5;

interface Tried {
  readonly setting: Setting;
  readonly quality: ProgressiveQuality;
}

interface Tuned {
  readonly contestant: Contestant;
  /** The one with the lowest log loss. */
  readonly best: Tried;
  /** The highest of all that was tried. */
  readonly aucMax: number;
}

export async function run({ smoke }: { smoke: boolean }): Promise<void> {
  const chosen = process.env["EXAMPLES"];
  for (const stream of chosen === undefined ? ["ratings", "simulated"] : [chosen]) {
    print(`\n-- ${stream}`);
    await contest(stream, smoke);
  }
}

async function contest(stream: string, smoke: boolean): Promise<void> {
  await withDirectory(async (directory) => {
    const task = { directory, examplesPath: join(directory, "examples.ndjson") };
    const examples = await makeExamples(stream, smoke);
    const text = examplesText(examples);
    writeFileSync(task.examplesPath, text);
    printExamples(examples, createHash("sha256").update(text).digest("hex").slice(0, 16));

    const peers = smoke ? undefined : preparePeers("onlineFm");
    if (peers?.missing !== undefined) figure("peers", noComparison(peers.missing));
    const contestants = makeContestants(
      peers?.missing === undefined ? peers : undefined,
      stream === "simulated" ? simulatedGrid : ratingsGrid,
    );
    const labels = Uint8Array.from(examples, ({ label }) => label);
    const tuned = contestants.map((contestant) => tune(contestant, task, labels, smoke));
    const speeds = measure(tuned, task, labels.length, smoke ? 1 : rounds);
    printBars(tuned, speeds, smoke);
  });
}

async function makeExamples(stream: string, smoke: boolean): Promise<NamedExample[]> {
  const countMax = smoke ? smokeExamples : undefined;
  if (stream === "ratings") return ratingExamples(ratingsFile, positiveMin, countMax);
  if (stream === "simulated") return simulatedExamples(countMax ?? simulatedCount);
  return readExamples(stream).slice(0, countMax);
}

function printExamples(examples: readonly NamedExample[], checksum: string): void {
  const positives = examples.reduce((sum, { label }) => sum + label, 0);
  const features = examples.reduce((sum, example) => sum + example.features.length, 0);
  const slots = new Map<string, Set<string>>();
  for (const [slot, name] of examples.flatMap((example) => example.features)) {
    slots.set(slot, (slots.get(slot) ?? new Set()).add(name));
  }
  figure(
    "examples",
    `${count(examples.length)}, ${((100 * positives) / examples.length).toFixed(1)} % positive, ` +
      `${(features / examples.length).toFixed(1)} features each, checksum ${checksum}`,
  );
  figure("slots", Array.from(slots, ([slot, names]) => `${slot} ${count(names.size)}`).join(", "));
}

function tune(contestant: Contestant, task: Task, labels: Uint8Array, smoke: boolean): Tuned {
  const settings = smoke ? contestant.settings.slice(0, 2) : contestant.settings;
  print(`\n${contestant.name.padEnd(46)}log loss  2nd half     auc  2nd half   examples/s`);
  const tried = settings.map((setting) => {
    const { predictions, learnSeconds } = contestant.learn(task, setting);
    const quality = progressiveQuality(predictions, labels);
    const { whole, secondHalf } = quality;
    const figures = [whole.logLoss, secondHalf.logLoss, whole.auc, secondHalf.auc];
    const rate = count(labels.length / learnSeconds).padStart(11);
    const cells = figures.map((value) => value.toFixed(4).padStart(8));
    print(`  ${setting.title.padEnd(44)}${cells.join("  ")}  ${rate}`);
    return { setting, quality };
  });
  const best = tried.reduce((a, b) => (b.quality.whole.logLoss < a.quality.whole.logLoss ? b : a));
  const aucMax = Math.max(...tried.map(({ quality }) => quality.whole.auc));
  return { contestant, best, aucMax };
}

interface Speed {
  /** Examples a second of the processor; medians. */
  readonly learning: number;
  readonly reading: number;
}

/** The best of each in turn, so that what else runs on the machine meets all of them. */
function measure(
  tuned: readonly Tuned[],
  task: Task,
  exampleCount: number,
  rounds: number,
): Speed[] {
  const runs = tuned.map((): Learned[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [at, { contestant, best }] of tuned.entries()) {
      const isSlow = runs[at].length > 0 && runs[at][0].learnSeconds > slowSeconds;
      if (!isSlow) runs[at].push(contestant.learn(task, best.setting));
    }
  }
  print(`\nbest of each, median of ${rounds}         examples/s: learning    reading`);
  return tuned.map(({ contestant, best }, at) => {
    const learning = exampleCount / median(runs[at].map((learned) => learned.learnSeconds));
    const reading = exampleCount / median(runs[at].map((learned) => learned.readSeconds));
    const title = `${contestant.name}: ${best.setting.title}`;
    print(`  ${title.padEnd(46)}${count(learning).padStart(11)}${count(reading).padStart(11)}`);
    return { learning, reading };
  });
}

function printBars(tuned: readonly Tuned[], speeds: readonly Speed[], smoke: boolean): void {
  const [ours, ...peers] = tuned;
  const lossOf = ({ best }: Tuned): number => best.quality.whole.logLoss;
  const auc = ours.best.quality.whole.auc;
  for (const [at, peer] of peers.entries()) {
    const { name, speedMin } = peer.contestant;
    const ratio = speeds[0].learning / speeds[at + 1].learning;
    const asFast = `× the examples a second of ${name}: ${ratio.toFixed(2)}`;
    if (speedMin === undefined) print(`     ${asFast}`);
    else bar(`≥ ${speedMin} ${asFast}`, ratio >= speedMin, smoke);
    const losses = `${lossOf(ours).toFixed(4)} against ${lossOf(peer).toFixed(4)}`;
    bar(`log loss no higher than of ${name}: ${losses}`, lossOf(ours) <= lossOf(peer), smoke);
    const aucs = `${auc.toFixed(4)} against ${peer.aucMax.toFixed(4)}`;
    bar(`auc above the best of ${name}: ${aucs}`, auc > peer.aucMax, smoke);
  }
}
