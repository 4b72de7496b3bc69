/**
 * How fast does the factorisation machine learn, against the same loop in C++?
 *
 * dim 16, 39 features an example (as Criteo's display ads), over a million rows, ids by Zipf's law. Three
 * figures: rows given; rows looked up inside the loop (`observe`); and the twin in C++ with the rows
 * given, built with `g++ -O3 -march=native` (and -fno-math-errno, without which it can't vectorise the
 * square root) and run in turn with ours. The checksums are sums of the logits before each step: they
 * agree to the digits that float32 sums in another order leave. Time is the processor's time of the whole
 * process, the compiler's and collector's threads included, so that what else runs on the machine counts
 * less.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Random } from "#foldback/core";
import { Arena, EmbeddingTable } from "#foldback/embedding";
import { FmKernel, type FmKernelOptions } from "#foldback/model";
import { buildNative, type NativeProgram, noComparison } from "./lib/native.ts";
import { count, figure, median, withDirectory } from "./lib/report.ts";
import { drawer } from "./lib/tableInput.ts";

const dim = 16;
const featureCount = 39;
const initialValue = 0.01;
const params: Omit<FmKernelOptions, "dim" | "featureCountMax"> = {
  linear: { alpha: 0.05, beta: 1, l1: 0, l2: 0 },
  bias: { alpha: 0.05, beta: 1 },
  vectors: { learningRate: 0.02, l2: 1e-6 },
};
const rounds = 5;

interface Measured {
  readonly seconds: number;
  readonly checksum: number;
}

export function run({ smoke }: { smoke: boolean }): Promise<void> {
  return withDirectory(async (directory) => {
    const idCount = smoke ? 10_000 : 1_000_000;
    const exampleCount = smoke ? 2_000 : 200_000;
    const { ids, labels } = makeExamples(idCount, exampleCount);
    const files = { ids: join(directory, "ids"), labels: join(directory, "labels") };
    writeFileSync(files.ids, ids);
    writeFileSync(files.labels, labels);
    // Without it, g++ can't vectorise the square root.
    const native = buildNative(directory, "fmKernel", { flags: ["-fno-math-errno"] });
    figure(
      "examples",
      `${count(exampleCount)} of ${featureCount} features, dim ${dim}, ${count(idCount)} ids (Zipf 1.05)`,
    );
    const given: Measured[] = [];
    const lookedUp: Measured[] = [];
    const cpp: Measured[] = [];
    for (let round = 0; round < (smoke ? 1 : rounds); round++) {
      given.push(learnAll(ids, labels, idCount, false));
      lookedUp.push(learnAll(ids, labels, idCount, true));
      if (native.missing === undefined) cpp.push(learnNative(native, files, idCount));
    }
    report("rows given", given, exampleCount);
    report("looked up", lookedUp, exampleCount);
    if (native.missing !== undefined) return figure("C++", noComparison(native.missing));
    report("C++", cpp, exampleCount);
    const ratio = median(cpp.map((m) => m.seconds)) / median(given.map((m) => m.seconds));
    figure("ratio", `${ratio.toFixed(2)} × the speed of C++ (rows given)`);
  });
}

/** Row numbers from 1 to idCount by Zipf's law, one label an example; the same for every round. */
function makeExamples(
  idCount: number,
  exampleCount: number,
): { ids: Uint32Array; labels: Uint8Array } {
  const random = new Random(7);
  const draw = drawer("zipf", idCount, random);
  const ids = new Uint32Array(exampleCount * featureCount).map(() => draw() + 1);
  const labels = new Uint8Array(exampleCount).map(() => (random.uniform() < 0.25 ? 1 : 0));
  return { ids, labels };
}

function learnAll(
  ids: Uint32Array,
  labels: Uint8Array,
  idCount: number,
  lookUp: boolean,
): Measured {
  const arena = Arena.create({ sizeBytesMax: 1024 * 1024 * 1024 });
  const table = EmbeddingTable.create(arena, {
    dim,
    seed: 1n,
    initialiser: { kind: "constant", value: initialValue },
    idCountExpected: idCount,
  });
  const fm = FmKernel.create(arena, { dim, ...params, featureCountMax: featureCount });
  // All ids first, in order: id i has row i, as in the C++ twin.
  const all = new BigUint64Array(idCount);
  for (let i = 0; i < idCount; i++) all[i] = BigInt(i + 1);
  table.observe(all, new Uint32Array(idCount), 1);
  const keys = new BigUint64Array(ids.length);
  for (let i = 0; i < ids.length; i++) keys[i] = BigInt(ids[i]);
  const rows = new Uint32Array(featureCount);
  let checksum = 0;
  const begin = process.cpuUsage();
  for (let example = 0; example < labels.length; example++) {
    const at = example * featureCount;
    if (lookUp) table.observe(keys.subarray(at, at + featureCount), rows, 2);
    for (let i = 0; i < featureCount; i++) {
      fm.features.set(i, table, lookUp ? rows[i] : ids[at + i], 1);
    }
    checksum += fm.learn(featureCount, { label: labels[example], weight: 1, offset: 0 });
  }
  const { user, system } = process.cpuUsage(begin);
  return { seconds: (user + system) / 1e6, checksum };
}

function learnNative(
  native: NativeProgram,
  files: { readonly ids: string; readonly labels: string },
  idCount: number,
): Measured {
  const output = native.run(files.ids, files.labels, idCount);
  const [seconds, checksum] = output.trim().split(" ").map(Number);
  return { seconds, checksum };
}

function report(name: string, measured: readonly Measured[], exampleCount: number): void {
  const rate = count(exampleCount / median(measured.map((m) => m.seconds)));
  const checksum = measured[0]?.checksum.toFixed(3);
  figure(name, `${rate.padStart(9)} examples/s of one core   checksum ${checksum}`);
}
