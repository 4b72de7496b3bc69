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
  sigmoid,
} from "#foldback/model";
import { readExamples } from "./fmExamples.ts";

/** What is tuned; everything else is as by default. */
export type FmConfig = Partial<
  Pick<FactorisationMachineOptions, "dim" | "linear" | "vectors" | "initialScale">
>;

const arenaBytesMax = 1024 * 1024 * 1024;

function main([examplesPath, predictionsPath, config]: readonly string[]): void {
  const readFrom = process.cpuUsage();
  const named = readExamples(examplesPath);
  const examples = named.map(
    ({ label, features }): Example => ({
      label,
      features: features.map(([slot, name]) => ({ slot, id: hash64(name) })),
    }),
  );
  const slots = new Set(named.flatMap(({ features }) => features.map(([slot]) => slot)));
  const readSeconds = secondsSince(readFrom);

  const logits = new Float64Array(examples.length);
  const learnFrom = process.cpuUsage();
  const model = FactorisationMachine.create(Arena.create({ sizeBytesMax: arenaBytesMax }), {
    dim: 8,
    // The bench wrote it.
    ...(JSON.parse(config) as FmConfig),
    slots: Object.fromEntries([...slots].map((slot) => [slot, {}])),
    seed: 1n,
  });
  for (let i = 0; i < examples.length; i++) {
    logits[i] = model.learnOne(examples[i], named[i].time);
  }
  const learnSeconds = secondsSince(learnFrom);

  writeFileSync(predictionsPath, logits.map(sigmoid));
  process.stdout.write(`${JSON.stringify({ readSeconds, learnSeconds })}\n`);
}

/** Of the processor, all threads of this process: the compiler's and the collector's too. */
function secondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

main(process.argv.slice(2));
