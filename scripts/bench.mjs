/**
 * Runs benches: `npm run bench -- NAME… [--smoke]`, or `--all`; without a name it lists them.
 *
 * A bench is a file `bench/NAME.ts` that exports `run({ smoke })` and imports the engine as
 * `#foldback/FOLDER`, so that what is measured is what is shipped. Its first doc comment is its line in the
 * list. `--smoke` asks for a size that takes seconds: it shows that the bench works and measures nothing.
 * Each bench has a process of its own, so that none inherits another's heap or compiled code.
 */
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { isMain, listFiles, root, run, tscFile } from "./lib/project.mjs";

/** @param {string[]} args */
async function main(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      smoke: { type: "boolean", default: false },
      all: { type: "boolean", default: false },
    },
  });
  const benches = listFiles(join(root, "bench"))
    .filter((file) => /^[^/]+\.ts$/.test(file))
    .map((file) => file.slice(0, -".ts".length));
  const chosen = values.all ? benches : positionals;
  if (chosen.length === 0) return printList(benches);

  const unknown = chosen.filter((name) => !benches.includes(name));
  if (unknown.length > 0) {
    console.error(`no bench named ${unknown.join(", ")}; there are: ${benches.join(", ")}`);
    process.exitCode = 2;
    return;
  }
  const compiled = await run(process.execPath, [tscFile, "-b", join(root, "tsconfig.bench.json")]);
  if (compiled.code !== 0) {
    console.error(compiled.output.trim());
    process.exitCode = 1;
    return;
  }
  console.log(machine());
  const failed = [];
  for (const name of chosen) {
    console.log(`\n== ${name}${values.smoke ? " (smoke size: the figures mean nothing)" : ""}`);
    if (await runBench(name, values.smoke)) continue;
    console.log(`FAIL bench ${name}`);
    failed.push(name);
  }
  console.log(`\n${chosen.length - failed.length} passed, ${failed.length} failed`);
  if (failed.length > 0) process.exitCode = 1;
}

/** @param {string[]} benches */
function printList(benches) {
  console.log("npm run bench -- NAME… [--smoke]    or    npm run bench -- --all [--smoke]\n");
  const width = Math.max(...benches.map((name) => name.length));
  for (const name of benches) {
    console.log(`  ${name.padEnd(width)}  ${firstSentence(join(root, "bench", `${name}.ts`))}`);
  }
}

/**
 * The first sentence of a file's first doc comment.
 *
 * @param {string} file
 */
function firstSentence(file) {
  const comment = /\/\*\*([\s\S]*?)\*\//.exec(readFileSync(file, "utf8"))?.[1] ?? "";
  const text = comment
    .replace(/^\s*\*/gm, "")
    .replace(/\s+/g, " ")
    .trim();
  return /^.*?[.?!](?=\s|$)/.exec(text)?.[0] ?? text;
}

/** What a figure means nothing without. */
function machine() {
  const cores = availableParallelism();
  const memoryGib = (totalmem() / 2 ** 30).toFixed(1);
  const date = new Date().toISOString().slice(0, 10);
  const cpu = cpus()[0]?.model.trim() ?? "unknown processor";
  return `${cpu}, ${cores} cores, ${memoryGib} GiB, Node ${process.versions.node}, ${process.platform} ${process.arch}, ${date}`;
}

/** At smoke size each takes seconds: one that hangs must not take the others' time. */
const smokeLimitMs = 120_000;

/**
 * @param {string} name
 * @param {boolean} smoke
 */
async function runBench(name, smoke) {
  const file = pathToFileURL(join(root, "build", "bench", `${name}.js`)).href;
  const code = `const { run } = await import(${JSON.stringify(file)}); await run({ smoke: ${smoke} });`;
  const args = ["--enable-source-maps", "--input-type=module", "--eval", code];
  const limit = smoke ? { limitMs: smokeLimitMs } : {};
  return (await run(process.execPath, args, { show: true, ...limit })).code === 0;
}

if (isMain(import.meta.url)) await main(process.argv.slice(2));
