#!/usr/bin/env node
import { createRequire } from "node:module";
import { Command, CommanderError } from "commander";
import { FoldbackError } from "../core/index.ts";
import { addEvaluate } from "./evaluate.ts";
import { addIngest } from "./ingest.ts";
import { addRecommend } from "./recommend.ts";
import { addServe } from "./serve.ts";

/** 0: done. 1: the work failed. 2: wrong use. */
const wrongUse = 2;
const failed = 1;

const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };
const program = new Command("foldback")
  .description(
    "A real-time engine for streaming services: learns from every event, and recommends.",
  )
  .version(version)
  .showHelpAfterError("(add --help for what is allowed)")
  .exitOverride();
addServe(program);
addIngest(program);
addRecommend(program);
addEvaluate(program);
for (const command of program.commands) command.exitOverride();

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
    return error.code === "CONFIG_INVALID" || error.code === "FILE_UNREADABLE" ? wrongUse : failed;
  }
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return failed;
}
