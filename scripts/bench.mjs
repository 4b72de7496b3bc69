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
  /** @type {string[]} */
  const failed = [];
  const waiting = [...chosen];
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const isWell = values.smoke ? await runSmoke(name) : await runWhole(name);
      if (isWell) continue;
      console.log(`FAIL bench ${name}`);
      failed.push(name);
    }
  };
  // What is measured has the machine for itself; at smoke size nothing is.
  await Promise.all(Array.from({ length: values.smoke ? availableParallelism() : 1 }, work));
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
const smokeLimitMs = 180_000;

/** @param {string} name */
async function runWhole(name) {
  console.log(`\n== ${name}`);
  return (await run(process.execPath, argumentsOf(name, false), { show: true })).code === 0;
}

/** Its output in one piece, as others run beside it. @param {string} name */
async function runSmoke(name) {
  const { code, output } = await run(process.execPath, argumentsOf(name, true), {
    limitMs: smokeLimitMs,
  });
  console.log(`\n== ${name} (smoke size: the figures mean nothing)\n${output.trimEnd()}`);
  return code === 0;
}

/**
 * @param {string} name
 * @param {boolean} smoke
 */
function argumentsOf(name, smoke) {
  const file = pathToFileURL(join(root, "build", "bench", `${name}.js`)).href;
  const code = `const { run } = await import(${JSON.stringify(file)}); await run({ smoke: ${smoke} });`;
  return ["--enable-source-maps", "--input-type=module", "--eval", code];
}

if (isMain(import.meta.url)) await main(process.argv.slice(2));
