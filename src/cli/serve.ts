import type { Server } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import closeWithGrace from "close-with-grace";
import type { Command } from "commander";
import { FoldbackError } from "../core/index.ts";
import { type Config, Foldback } from "../engine/index.ts";
import { createServer, Front } from "../http/index.ts";
import { type ConfigFlags, loadConfig } from "./configFile.ts";
import { configFlag, dataFlag, projectsFlag, wholeNumber } from "./flags.ts";
import { describe, describeRequest } from "./notices.ts";
import { formatCount, print } from "./output.ts";
import { loadProcessConfig, loadProject, projectsIn } from "./projects.ts";
import { startTelemetry } from "./telemetry.ts";

interface ServeFlags extends ConfigFlags {
  readonly projects?: string;
  readonly port?: number;
  readonly host?: string;
  readonly json?: boolean;
}

export function addServe(program: Command): void {
  program
    .command("serve")
    .summary("run the engine and answer by HTTP")
    .description(
      "Run the engine and answer by HTTP. A signal (Ctrl-C, SIGTERM) stops it: what was begun is finished.",
    )
    .option(...dataFlag)
    .option(...projectsFlag)
    .option(
      "--port <number>",
      "port; 0 takes any free one (default: 7878)",
      wholeNumber("--port", 0, 65_535),
    )
    .option("--host <address>", "address to listen at (default: 127.0.0.1, this machine only)")
    .option(...configFlag)
    .option("--json", "print what happens as JSON lines")
    .addHelpText(
      "after",
      "\nExamples:\n  $ foldback serve --data my-data --port 8080\n\n" +
        "  Several projects, told apart by their keys; the second command makes one:\n" +
        "  $ foldback serve --projects projects\n" +
        "  $ foldback key --projects projects --project shop --name shop-app --scopes ingest,read",
    )
    .action(async (flags: ServeFlags) => {
      const { port, host, projects, json = false } = flags;
      const http = {
        ...(port === undefined ? {} : { port }),
        ...(host === undefined ? {} : { host }),
      };
      if (projects === undefined) return serve(await loadConfig(flags, { http }), json);
      if (flags.data !== undefined) {
        throw new FoldbackError(
          "CONFIG_INVALID",
          "--data is of one project; with --projects, each has its data in its folder",
        );
      }
      await serveProjects(projects, await loadProcessConfig(flags.config, http), json);
    });
}

/** Requests in flight are answered within so long when the process is told to stop; then they are cut. */
const cutMs = 3_000;
/** After so long the process ends, whatever hangs: what was acknowledged is on disk. A last snapshot of a million items takes more than ten seconds. */
export const graceMs = 50_000;
/** For the traces that are left: their collector may not be there. */
const sendTracesMs = 2_000;
/** So much longer for each project: each takes a snapshot. */
const graceOfProjectMs = 2_000;

export type Say = (event: string, fields: Record<string, unknown>, text: string) => void;

export interface Running {
  /** Fails with what it can't go on without. */
  readonly closed: Promise<void>;
  stop(): Promise<void>;
}

/** Serves until a signal comes, with which the process ends; fails when the engine does. */
export async function serve(config: Config, isJson: boolean): Promise<void> {
  const say = sayer(isJson);
  await runUntilSignal(() => start(config, say), say, graceMs);
}

async function serveProjects(directory: string, config: Config, isJson: boolean): Promise<void> {
  const say = sayer(isJson);
  const { names, others } = await projectsIn(directory);
  for (const folder of others) {
    say("folderIgnored", { folder }, `${folder} is no project: its name is not of a-z, 0-9, _, -.`);
  }
  const begin = () => startProjects(directory, names, config, say);
  await runUntilSignal(begin, say, graceMs + names.length * graceOfProjectMs);
}

export function sayer(isJson: boolean): Say {
  return (event, fields, text) =>
    print(isJson ? JSON.stringify({ time: new Date().toISOString(), event, ...fields }) : text);
}

/** What was begun is stopped by a signal; it fails with what that fails of. @param farewell what is said in the end. */
export async function runUntilSignal(
  begin: () => Promise<Running>,
  say: Say,
  delay: number,
  farewell = "Stopped; everything that was accepted is on disk.",
): Promise<void> {
  const starting = traced(begin, say);
  starting.catch(() => {}); // awaited below; a signal meanwhile must not make it count as unhandled
  // A signal during the start waits for its end: then there is something to close.
  const grace = closeWithGrace({ delay }, async ({ err }) => {
    if (err !== undefined) process.stderr.write(`${err.stack}\n`);
    say("stopping", {}, "Stopping.");
    const running = await starting;
    await running.stop();
    say("stopped", {}, farewell);
  });
  try {
    const running = await starting;
    await running.closed.catch(async (error: unknown) => {
      await running.stop().catch(() => {}); // it fails of the same, which is thrown on
      throw error;
    });
  } catch (error) {
    grace.uninstall(); // else it would end the process with 0
    throw error;
  }
}

/** With traces, where the environment says whom to send them to: that must be known before a server is made. */
async function traced(begin: () => Promise<Running>, say: Say): Promise<Running> {
  const endTraces = await startTelemetry(process.env, (reason) =>
    say("tracesFailed", { reason }, `Traces can't be sent: ${reason.slice(0, 200)}`),
  );
  const running = await begin();
  if (endTraces === undefined) return running;
  return {
    closed: running.closed,
    async stop() {
      await running.stop();
      await Promise.race([endTraces(), wait(sendTracesMs)]);
    },
  };
}

async function start(config: Config, say: Say): Promise<Running> {
  const engine = await Foldback.open(config, {
    onNotice: (notice) => say(notice.kind, { ...notice }, describe(notice)),
  });
  const server = createServer(engine, {
    onRequest: (line) => say("request", { ...line }, describeRequest(line)),
  });
  const address = await listen(server, config, () => engine.close());
  const { records, restoredFrom } = engine.status();
  const [account, item] = ["14", engine.items({ limit: 1 }).items[0]?.item ?? "song-1"];
  const like = JSON.stringify({ type: "like", account, item }).replaceAll("'", "'\\''");
  say(
    "listening",
    { address, records, restoredFrom },
    `Serving at ${address}: ${formatCount(records)} records in the log, learned up to ${formatCount(restoredFrom)}.\n` +
      `  The page: ${address}/\n` +
      `  curl '${address}/v1/accounts/${account}/recommendations?n=5'\n` +
      `  curl '${address}/v1/events' -H 'content-type: application/json' \\\n` +
      `    -d '${like.slice(0, -1)},"time":'$(date +%s000)'}'\n` +
      "Ctrl-C stops it.",
  );
  return {
    closed: engine.closed,
    async stop() {
      await cutting(server.server, server.close());
      await engine.close();
    },
  };
}

/** Listens at once: each project answers when it is open. */
async function startProjects(
  directory: string,
  names: readonly string[],
  config: Config,
  say: Say,
): Promise<Running> {
  const front = new Front({
    http: config.http,
    projects: names.map((name) => ({
      name,
      load: () => loadProject(directory, name),
      onNotice: (notice) =>
        say(notice.kind, { project: name, ...notice }, `${name}: ${describe(notice)}`),
      onRequest: (line) =>
        say("request", { project: name, ...line }, `${name}: ${describeRequest(line)}`),
    })),
    onRequest: (line) => say("request", { ...line }, describeRequest(line)),
  });
  const address = await listen(front.server, config, () => front.close());
  say(
    "listening",
    { address, projects: names },
    `Serving at ${address}: ${names.join(", ")}. A request's key says whose it is.\n  The page: ${address}/\nCtrl-C stops it.`,
  );
  return {
    closed: new Promise(() => {}), // there is no project that the others can't go on without
    async stop() {
      await cutting(front.server.server, front.close());
    },
  };
}

/** Cuts connections that keep a close from ending. */
export async function cutting(server: Server, close: Promise<void>): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), cutMs);
  await close;
  clearTimeout(cut);
}

export async function listen(
  server: ReturnType<typeof createServer>,
  { http: { host, port } }: Config,
  close: () => Promise<void>,
): Promise<string> {
  try {
    return await server.listen({ host, port });
  } catch (cause) {
    await close();
    throw new FoldbackError(
      "ADDRESS_UNAVAILABLE",
      `can't listen at ${host}, port ${port}: ${(cause as Error).message}; ` +
        "stop what has it, or give another --port or --host",
      { cause, details: { host, port } },
    );
  }
}
