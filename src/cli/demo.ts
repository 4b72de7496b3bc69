import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { FoldbackError } from "../core/index.ts";
import { configName, Demo, demoOptions, demoRoutes, speedBounds } from "../demo/index.ts";
import { createServer } from "../http/index.ts";
import { wholeNumber } from "./flags.ts";
import { describe } from "./notices.ts";
import { formatCount, formatSeconds, ProgressLine } from "./output.ts";
import {
  cutting,
  graceMs,
  listen,
  type Running,
  runUntilSignal,
  type Say,
  sayer,
} from "./serve.ts";
import { startDay } from "./startDay.ts";

interface DemoFlags {
  readonly accounts?: number;
  readonly daysBefore?: number;
  readonly days?: number;
  readonly seed?: number;
  readonly start?: number;
  readonly speed?: number;
  readonly data?: string;
  readonly port?: number;
  readonly host?: string;
  readonly json?: boolean;
}

export function addDemo(program: Command): void {
  program
    .command("demo")
    .summary("watch the engine at work on a simulated service, beside the truth")
    .description(
      "Stream a simulated service through the engine: households behind accounts, songs whose listeners change their taste, ads " +
        "that work or don't. The page shows who is behind accounts, what to show next and why people came, each beside what is true. " +
        "Some weeks are learned first; then the world goes on, an hour a second unless --speed says otherwise. A signal (Ctrl-C) ends it.",
    )
    .option(
      "--accounts <number>",
      "listeners' accounts, and as many households (default: 120)",
      wholeNumber("--accounts", 2, 2000),
    )
    .option(
      "--days-before <number>",
      "days that are learned first (default: 30)",
      wholeNumber("--days-before", 1, 365),
    )
    .option(
      "--days <number>",
      "days until it ends, those before among them (default: 150 more than those)",
      wholeNumber("--days", 7, 3650),
    )
    .option(
      "--speed <number>",
      "simulated seconds a second; the page changes it (default: 3600)",
      wholeNumber("--speed", speedBounds.minimum, speedBounds.maximum),
    )
    .option(
      "--seed <number>",
      "same seed and start, same events (default: 1)",
      wholeNumber("--seed", 0, 0xffff_ffff),
    )
    .option(
      "--start <date>",
      "first day, UTC (default: so that the days before end with today)",
      startDay,
    )
    .option(
      "--data <dir>",
      "empty directory to keep its data in (default: a temporary one, which goes at the end)",
    )
    .option(
      "--port <number>",
      "port; 0 takes any free one (default: 7878)",
      wholeNumber("--port", 0, 65_535),
    )
    .option("--host <address>", "address to listen at (default: 127.0.0.1, this machine only)")
    .option("--json", "print what happens as JSON lines")
    .addHelpText(
      "after",
      "\nExamples:\n  $ foldback demo\n  $ foldback demo --speed 600 --seed 7 --port 8080",
    )
    .action(async (flags: DemoFlags) => {
      const say = sayer(flags.json === true);
      await runUntilSignal(() => startDemo(flags, say), say, graceMs, farewell(flags));
    });
}

function farewell({ data }: DemoFlags): string {
  return data === undefined
    ? "Stopped; the temporary data is removed."
    : `Stopped; foldback serve --config ${join(data, configName)} serves what was learned.`;
}

async function startDemo(flags: DemoFlags, say: Say): Promise<Running> {
  const { data, host, port } = flags;
  const options = demoOptions({ ...flags, now: Date.now() });
  const directory = data ?? (await mkdtemp(join(tmpdir(), "foldback-demo-")));
  const remove = async (): Promise<void> => {
    if (data === undefined) await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  if (data !== undefined) await mustBeEmpty(data);
  const days = formatCount(options.daysBefore);
  say(
    "learning",
    { directory, ...options },
    `A service of ${formatCount(options.accounts)} listeners' accounts and as many households, seed ${options.seed}: learning its first ${days} days.`,
  );
  const line = new ProgressLine(flags.json !== true);
  const beganMs = performance.now();
  try {
    const demo = await Demo.open(options, {
      directory,
      http: { ...(host !== undefined && { host }), ...(port !== undefined && { port }) },
      onProgress: ({ day, events }) =>
        line.show(() => `day ${day} of ${days}, ${formatCount(events)} events`),
      onNotice: (notice) => say(notice.kind, { ...notice }, describe(notice)),
    }).finally(() => line.clear());
    const seconds = (performance.now() - beganMs) / 1000;
    const { engine } = demo;
    const server = createServer(engine, { demoRoutes: demoRoutes(demo) });
    const address = await listen(server, engine.config, () => demo.close());
    const { events } = demo.clock();
    demo.run();
    say(
      "listening",
      { address, events, seconds },
      `Learned ${formatCount(events)} events in ${formatSeconds(seconds)}; from here on, ${options.speed} simulated seconds a second.\n` +
        `Serving at ${address}: open it in a browser.\nCtrl-C stops it.`,
    );
    return {
      closed: demo.closed,
      async stop() {
        await cutting(server.server, server.close());
        await demo.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** @throws FoldbackError REQUEST_INVALID: what is there already is of another world. */
async function mustBeEmpty(directory: string): Promise<void> {
  if (!existsSync(directory) || (await readdir(directory)).length === 0) return;
  throw new FoldbackError(
    "REQUEST_INVALID",
    `${directory} is not empty; a demo begins anew: name another --data, or none`,
    { details: { setting: "data" } },
  );
}
