/**
 * Our learner, in a process of its own: `node fmLearner.js EXAMPLES PREDICTIONS CONFIG`.
 *
 * Through the public class, one `learnOne` an example, which gives the prediction from before its step. The examples
 * are made before, as VW's and River's are; hashing names to ids belongs to that, as VW hashes while it parses.
 */
import { writeFileSync } from "node:fs";
import { hash64 } from "#foldback/core";
import { Arena } from "#foldback/embedding";
import {
  type Example,
  FactorisationMachine,
  type FactorisationMachineOptions,
  type Feature,
  sigmoid,
} from "#foldback/model";
import { type NamedExample, type NamedFeature, readExamples } from "./fmExamples.ts";

/** What is tuned; everything else is as by default. */
export type FmConfig = Partial<
  Pick<FactorisationMachineOptions, "dim" | "linear" | "vectors" | "initialScale">
>;

const arenaBytesMax = 1024 * 1024 * 1024;

function main([examplesPath, predictionsPath, config]: readonly string[]): void {
  const readFrom = process.cpuUsage();
  const { examples, times, slots } = prepare(readExamples(examplesPath));
  // What reading leaves to collect belongs to reading; the bench starts us with --expose-gc.
  globalThis.gc?.();
  const readSeconds = secondsSince(readFrom);

  const logits = new Float64Array(examples.length);
  const learnFrom = process.cpuUsage();
  const model = FactorisationMachine.create(Arena.create({ sizeBytesMax: arenaBytesMax }), {
    dim: 8,
    // The bench wrote it.
    ...(JSON.parse(config) as FmConfig),
    slots: Object.fromEntries(slots.map((slot) => [slot, {}])),
    seed: 1n,
  });
  for (let i = 0; i < examples.length; i++) {
    logits[i] = model.learnOne(examples[i], times[i]);
  }
  const learnSeconds = secondsSince(learnFrom);

  writeFileSync(predictionsPath, logits.map(sigmoid));
  process.stdout.write(`${JSON.stringify({ readSeconds, learnSeconds })}\n`);
}

function prepare(named: readonly NamedExample[]): {
  readonly examples: readonly Example[];
  readonly times: Float64Array;
  readonly slots: readonly string[];
} {
  const known = new Map<string, Map<string, Feature>>();
  const examples = named.map(({ label, features }) => ({
    label,
    features: features.map((feature) => featureOf(feature, known)),
  }));
  return {
    examples,
    times: Float64Array.from(named, ({ time }) => time),
    slots: [...known.keys()],
  };
}

/** One object for each that is different. */
function featureOf([slot, name]: NamedFeature, known: Map<string, Map<string, Feature>>): Feature {
  const ofSlot = known.get(slot) ?? new Map<string, Feature>();
  known.set(slot, ofSlot);
  const feature = ofSlot.get(name) ?? { slot, id: hash64(name) };
  ofSlot.set(name, feature);
  return feature;
}

/** Of the processor, all threads of this process: the compiler's and the collector's too. */
function secondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

main(process.argv.slice(2));
