#!/usr/bin/env node
import { createRequire } from "node:module";
import { Command, CommanderError } from "commander";
import { type ErrorCode, FoldbackError } from "../core/index.ts";

/** In the order of the help. Each is loaded when it is asked for: all of them together take a second. */
const commands = {
  serve: async () => (await import("./serve.ts")).addServe,
  ingest: async () => (await import("./ingest.ts")).addIngest,
  import: async () => (await import("./import.ts")).addImport,
  export: async () => (await import("./export.ts")).addExport,
  train: async () => (await import("./train.ts")).addTrain,
  recommend: async () => (await import("./recommend.ts")).addRecommend,
  people: async () => (await import("./people.ts")).addPeople,
  attribution: async () => (await import("./attribution.ts")).addAttribution,
  evaluate: async () => (await import("./evaluate.ts")).addEvaluate,
  experiments: async () => (await import("./experiments.ts")).addExperiments,
  simulate: async () => (await import("./simulate.ts")).addSimulate,
  demo: async () => (await import("./demo.ts")).addDemo,
  erase: async () => (await import("./erase.ts")).addErase,
  kafka: async () => (await import("./kafka.ts")).addKafka,
  key: async () => (await import("./key.ts")).addKey,
} satisfies Record<string, () => Promise<(program: Command) => void>>;

/** 0: done. 1: the work failed. 2: wrong use. */
const wrongUse = 2;
const failed = 1;

/** What the caller can put right in the command itself. */
const wrongUseCodes: ReadonlySet<ErrorCode> = new Set([
  "CONFIG_INVALID",
  "FILE_UNREADABLE",
  "REQUEST_INVALID",
]);

// `foldback … | head` closes our output: that is no failure, and there is nobody to tell.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };
const program = new Command("foldback")
  .description(
    "A real-time engine for streaming services: learns from every event, and recommends.",
  )
  .version(version)
  .showHelpAfterError("(add --help for what is allowed)")
  .exitOverride() // commands inherit it
  .addHelpText(
    "after",
    "\nExample:\n  $ foldback ingest plays.ndjson\n  $ foldback serve\n\n" +
      "Exit codes: 0 done, 1 the work failed, 2 wrong use.",
  );

const asked = process.argv[2];
for (const [name, load] of Object.entries(commands)) {
  // Help, a version and what is no command need them all.
  if (Object.hasOwn(commands, asked) && name !== asked) continue;
  (await load())(program);
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

function exitCodeOf(error: unknown): number {
  // Commander has printed its own message already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : wrongUse;
  if (error instanceof FoldbackError) {
    process.stderr.write(`error: ${error.message} (${error.code})\n`);
    return wrongUseCodes.has(error.code) ? wrongUse : failed;
  }
  // A bug: whoever reports it needs the place.
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return failed;
}
