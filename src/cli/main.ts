#!/usr/bin/env node
import { createRequire } from "node:module";
import { Command, CommanderError } from "commander";
import { type ErrorCode, FoldbackError } from "../core/index.ts";
import { addErase } from "./erase.ts";
import { addEvaluate } from "./evaluate.ts";
import { addExperiments } from "./experiments.ts";
import { addExport } from "./export.ts";
import { addImport } from "./import.ts";
import { addIngest } from "./ingest.ts";
import { addKey } from "./key.ts";
import { addPeople } from "./people.ts";
import { addRecommend } from "./recommend.ts";
import { addServe } from "./serve.ts";
import { addSimulate } from "./simulate.ts";
import { addTrain } from "./train.ts";

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
addServe(program);
addIngest(program);
addImport(program);
addExport(program);
addTrain(program);
addRecommend(program);
addPeople(program);
addEvaluate(program);
addExperiments(program);
addSimulate(program);
addErase(program);
addKey(program);

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
