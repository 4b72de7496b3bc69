/**
 * How fast does DeepFM learn, against PyTorch on the processor?
 *
 * 39 slots with one id each (as Criteo's display ads), dim 16, hidden layers of 128 and 64, minibatches of
 * 64; a million rows, ids in each slot by Zipf's law. What is timed is `learnBatch`, from examples that name
 * ids to the last step: looking up, the factorisation machine and the dense part. The peer is the same model
 * with the same minibatches in PyTorch, in one thread, its rows given; the two run in turns. Time is the
 * processor's time of the whole process, as in bench fmKernel. The log loss of each minibatch before its step
 * says that both learn.
 *
 * GFLOP/s counts the dense part alone: two operations for each weight and example, forwards, for the
 * gradient of the weights, and for that of the input.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Random } from "#foldback/core";
import { Arena } from "#foldback/embedding";
import { DeepFactorisationMachine, type Example, logLoss, sigmoid } from "#foldback/model";
import { noComparison } from "./lib/native.ts";
import { preparePeers } from "./lib/peers.ts";
import { bar, count, figure, median, withDirectory } from "./lib/report.ts";
import { drawer } from "./lib/tableInput.ts";

const dim = 16;
const fieldCount = 39;
const hiddenWidths = [128, 64];
const batchMax = 64;
const rounds = 3;
/** Of one core, with everything. */
const rateBar = 20_000;

interface Measured {
  readonly seconds: number;
  readonly loss: number;
}

interface Examples {
  /** Of each slot. */
  readonly idCount: number;
  /** (examples, fields): from 0 to idCount - 1, an id of its own in every slot. */
  readonly ids: Uint32Array;
  readonly labels: Uint8Array;
}

export function run({ smoke }: { smoke: boolean }): Promise<void> {
  return withDirectory(async (directory) => {
    const examples = makeExamples(smoke ? 200 : 25_642, smoke ? 640 : 64_000);
    const { idCount, labels } = examples;
    // Not at smoke size, which a machine without Python and a network must do.
    const peers = smoke ? undefined : preparePeers("deepFm");
    figure(
      "examples",
      `${count(labels.length)} of ${fieldCount} slots, dim ${dim}, layers ${hiddenWidths.join("-")}, ` +
        `${count(idCount * fieldCount)} rows (Zipf 1.05 a slot)`,
    );
    const ours: Measured[] = [];
    const torch: Measured[] = [];
    const files = writeExamples(directory, examples);
    for (let round = 0; round < (smoke ? 1 : rounds); round++) {
      ours.push(learnAll(examples));
      if (peers === undefined || peers.missing !== undefined) continue;
      const output = peers.run("deepFm", ...files, idCount * fieldCount, fieldCount, batchMax);
      const [seconds, loss] = output.trim().split(" ").map(Number);
      torch.push({ seconds, loss });
    }
    const rate = report("foldback", ours, labels.length);
    if (peers?.missing !== undefined) figure("PyTorch", noComparison(peers.missing));
    if (torch.length > 0) {
      const peer = report("PyTorch", torch, labels.length);
      figure("ratio", `${(rate / peer).toFixed(2)} × the speed of PyTorch`);
    }
    bar(`${count(rateBar)} examples/s of one core`, rate >= rateBar, smoke);
  });
}

/** Labels follow the worths of three fields' ids and the product of two: something to learn. */
function makeExamples(idCount: number, exampleCount: number): Examples {
  const random = new Random(7);
  const draw = drawer("zipf", idCount, random);
  const ids = new Uint32Array(exampleCount * fieldCount).map(draw);
  const labels = Uint8Array.from({ length: exampleCount }, (_, e) => {
    const [a, b, c] = [0, 1, 2].map((i) => (ids[e * fieldCount + i] % 2) * 2 - 1);
    return random.uniform() < sigmoid(a + b + c * a) ? 1 : 0;
  });
  return { idCount, ids, labels };
}

/** For the peer, whose rows are in one table. */
function writeExamples(directory: string, { idCount, ids, labels }: Examples): [string, string] {
  const files: [string, string] = [join(directory, "ids"), join(directory, "labels")];
  writeFileSync(
    files[0],
    ids.map((id, i) => id + (i % fieldCount) * idCount),
  );
  writeFileSync(files[1], labels);
  return files;
}

function learnAll({ idCount, ids, labels }: Examples): Measured {
  const names = Array.from({ length: fieldCount }, (_, i) => `slot${i}`);
  const model = DeepFactorisationMachine.create(Arena.create({ sizeBytesMax: 1024 ** 3 }), {
    slots: Object.fromEntries(names.map((name) => [name, { idCountExpected: idCount }])),
    dim,
    hiddenWidths,
    batchMax,
    featureCountMax: fieldCount,
    vectors: { learningRate: 0.02, l2: 0 },
    seed: 1n,
  });
  // All ids first, so that every row is there.
  const all = BigUint64Array.from({ length: idCount }, (_, i) => BigInt(i));
  const rows = new Uint32Array(idCount);
  for (const name of names) model.tables[name].observe(all, rows, 1);
  const examples: Example[] = Array.from(labels, (label, e) => ({
    features: names.map((slot, i) => ({ slot, id: BigInt(ids[e * fieldCount + i]) })),
    label,
  }));
  const begin = process.cpuUsage();
  const logits = model.learnBatch(examples, 2);
  const { user, system } = process.cpuUsage(begin);
  const losses = logits.map((logit, e) => logLoss(sigmoid(logit), labels[e] === 1 ? 1 : 0));
  return {
    seconds: (user + system) / 1e6,
    loss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length,
  };
}

/** Gives the rate. */
function report(name: string, measured: readonly Measured[], exampleCount: number): number {
  const rate = exampleCount / median(measured.map((m) => m.seconds));
  const widths = [fieldCount * dim, ...hiddenWidths, 1];
  const weights = widths.slice(1).reduce((sum, width, i) => sum + width * widths[i], 0);
  const gigaflops = ((rate * weights * 6) / 1e9).toFixed(1);
  const loss = measured[0]?.loss.toFixed(4);
  figure(
    name,
    `${count(rate).padStart(7)} examples/s of one core   ${gigaflops.padStart(5)} GFLOP/s   log loss ${loss}`,
  );
  return rate;
}
