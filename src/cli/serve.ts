import closeWithGrace from "close-with-grace";
import type { Command } from "commander";
import { FoldbackError } from "../core/index.ts";
import { type Alarm, type Config, Foldback, type Notice } from "../engine/index.ts";
import { createServer, type RequestLine } from "../http/index.ts";
import { type ConfigFlags, loadConfig } from "./configFile.ts";
import { configFlag, dataFlag, wholeNumber } from "./flags.ts";
import { formatCount, print } from "./output.ts";

interface ServeFlags extends ConfigFlags {
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
    .option(
      "--port <number>",
      "port; 0 takes any free one (default: 7878)",
      wholeNumber("--port", 0, 65_535),
    )
    .option("--host <address>", "address to listen at (default: 127.0.0.1, this machine only)")
    .option(...configFlag)
    .option("--json", "print what happens as JSON lines")
    .addHelpText("after", "\nExample:\n  $ foldback serve --data my-data --port 8080")
    .action(async (flags: ServeFlags) => {
      const { port, host } = flags;
      const http = {
        ...(port === undefined ? {} : { port }),
        ...(host === undefined ? {} : { host }),
      };
      await serve(await loadConfig(flags, { http }), flags.json === true);
    });
}

/** Requests in flight are answered within so long when the process is told to stop; then they are cut. */
const cutMs = 3_000;
/** After so long the process ends, whatever hangs: what was acknowledged is on disk. */
const graceMs = 10_000;

type Say = (event: string, fields: Record<string, unknown>, text: string) => void;

interface Running {
  readonly engine: Foldback;
  stop(): Promise<void>;
}

/** Serves until a signal comes, with which the process ends; fails when the engine does. */
export async function serve(config: Config, isJson: boolean): Promise<void> {
  const say: Say = (event, fields, text) =>
    print(isJson ? JSON.stringify({ time: new Date().toISOString(), event, ...fields }) : text);
  const starting = start(config, say);
  starting.catch(() => {}); // awaited below; a signal meanwhile must not make it count as unhandled
  // A signal during the start waits for its end: then there is something to close.
  const grace = closeWithGrace({ delay: graceMs }, async ({ err }) => {
    if (err !== undefined) process.stderr.write(`${err.stack}\n`);
    say("stopping", {}, "Stopping.");
    const running = await starting;
    await running.stop();
    say("stopped", {}, "Stopped; everything that was accepted is on disk.");
  });
  try {
    const running = await starting;
    await running.engine.closed.catch(async (error: unknown) => {
      await running.stop().catch(() => {}); // it fails of the same, which is thrown on
      throw error;
    });
  } catch (error) {
    grace.uninstall(); // else it would end the process with 0
    throw error;
  }
}

async function start(config: Config, say: Say): Promise<Running> {
  const { host, port } = config.http;
  const engine = await Foldback.open(config, {
    onNotice: (notice) => say(notice.kind, { ...notice }, describe(notice)),
  });
  const server = createServer(engine, {
    onRequest: (line) => say("request", { ...line }, describeRequest(line)),
  });
  try {
    const address = await server.listen({ host, port });
    const { records, restoredFrom } = engine.status();
    const [account, item] = ["14", engine.items({ limit: 1 }).items[0]?.item ?? "song-1"];
    const like = JSON.stringify({ type: "like", account, item }).replaceAll("'", "'\\''");
    say(
      "listening",
      { address, records, restoredFrom },
      `Serving at ${address}: ${formatCount(records)} records in the log, learned up to ${formatCount(restoredFrom)}.\n` +
        `  curl '${address}/v1/accounts/${account}/recommendations?n=5'\n` +
        `  curl '${address}/v1/events' -H 'content-type: application/json' \\\n` +
        `    -d '${like.slice(0, -1)},"time":'$(date +%s000)'}'\n` +
        "Ctrl-C stops it.",
    );
  } catch (cause) {
    await engine.close();
    throw new FoldbackError(
      "ADDRESS_UNAVAILABLE",
      `can't listen at ${host}, port ${port}: ${(cause as Error).message}; ` +
        "stop what has it, or give another --port or --host",
      { cause, details: { host, port } },
    );
  }
  return {
    engine,
    async stop() {
      const cut = setTimeout(() => server.server.closeAllConnections(), cutMs);
      await server.close();
      clearTimeout(cut);
      await engine.close();
    },
  };
}

function describeRequest(line: RequestLine): string {
  const { id, caller, method, route, status, milliseconds, code = "" } = line;
  return [status, `${milliseconds.toFixed(1)} ms`, method, route, caller, id, code]
    .filter((part) => part !== "")
    .join("  ");
}

function describe(notice: Notice): string {
  switch (notice.kind) {
    case "snapshotRefused":
      return `Snapshot ${notice.path} is not used: ${notice.reason}.`;
    case "rebuilding":
      return `Learning records ${formatCount(notice.from)} to ${formatCount(notice.to)} of the log again.`;
    case "snapshotSaved":
      return (
        `Snapshot at record ${formatCount(notice.offset)}: training stood still for ` +
        `${notice.stallMs.toFixed(0)} ms, then for at most ${notice.longestTurnMs.toFixed(0)} ms at once.`
      );
    case "snapshotFailed":
      return `The snapshot at record ${formatCount(notice.offset)} could not be written: ${notice.reason}.`;
    case "erasureFailed":
      return `An erasure that was begun could not be ended: ${notice.reason}. It is tried again at the next start.`;
    case "retained":
      return `${formatCount(notice.events)} events were older than is allowed, and are gone from the log.`;
    case "retentionFailed":
      return `Events that are too old could not be taken out: ${notice.reason}. It is tried again later.`;
    default:
      return describeAlarm(notice);
  }
}

/** What is asked, in an alarm's words. */
const questionNames: Record<Alarm["question"], string> = {
  next: "which item is taken next",
  response: "whether a shown item is acted on",
};

function describeAlarm(alarm: Alarm): string {
  return `ALARM at record ${formatCount(alarm.offset)}: ${whatIsWrong(alarm)}.`;
}

function whatIsWrong(alarm: Alarm): string {
  const question = questionNames[alarm.question];
  switch (alarm.kind) {
    case "drift":
      return (
        `it is foretold worse than it was, ${question}: a log loss of ${alarm.after.toFixed(2)} times that of ` +
        `the mean over the last ${formatCount(alarm.steps)} steps, ${alarm.before.toFixed(2)} before`
      );
    case "overfitting":
      return (
        `examples are learned by heart, for ${question}: a log loss of ${alarm.trainingLoss.toFixed(3)} after ` +
        `learning, ${alarm.validationLoss.toFixed(3)} before; lower the learning rates, or raise l2`
      );
    case "calibration":
      return (
        `predictions are off, of ${question}: ${alarm.predicted.toPrecision(3)} on average, where ` +
        `${alarm.observed.toPrecision(3)} was so, over ${formatCount(alarm.examples)} examples`
      );
    case "worseThanMean":
      return (
        `the model is worse than no model, at ${question}: a log loss of ${alarm.logLoss.toFixed(3)}, where ` +
        `that of the mean is ${alarm.baseLogLoss.toFixed(3)}, over ${formatCount(alarm.examples)} examples`
      );
    case "notFinite":
      return `a prediction is no number, of ${question}; lower the learning rates and learn the log again`;
  }
}
