import closeWithGrace from "close-with-grace";
import type { Command } from "commander";
import { type Config, Foldback, type Notice } from "../engine/index.ts";
import { createServer } from "../http/index.ts";
import { type ConfigFlags, loadConfig } from "./configFile.ts";
import { wholeNumber } from "./flags.ts";
import { formatCount, print } from "./output.ts";

interface ServeFlags extends ConfigFlags {
  readonly port?: number;
  readonly host?: string;
  readonly json?: boolean;
}

export function addServe(program: Command): void {
  program
    .command("serve")
    .description("Run the engine and answer by HTTP.")
    .option("--data <dir>", "data directory")
    .option("--port <number>", "port; 0 takes any free one", wholeNumber("--port", 0, 65_535))
    .option("--host <address>", "address to listen at")
    .option("--config <file>", "config file")
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

/** A request in flight is answered within so long, or cut, when the process is told to stop. */
const graceMs = 10_000;

/** Serves until a signal comes; resolves then, with everything on disk. */
export async function serve(config: Config, isJson: boolean): Promise<void> {
  const say = (event: string, fields: Record<string, unknown>, text: string): void =>
    print(isJson ? JSON.stringify({ time: new Date().toISOString(), event, ...fields }) : text);
  const engine = await Foldback.open(config, {
    onNotice: (notice) => say(notice.kind, notice, describe(notice)),
  });
  const server = createServer(engine);
  const address = await server.listen({ host: config.http.host, port: config.http.port });
  const { records, restoredFrom } = engine.status();
  say(
    "listening",
    { address, records, restoredFrom },
    `Serving at ${address}: ${formatCount(records)} records in the log, learned up to ${formatCount(restoredFrom)}.\n` +
      `  curl '${address}/v1/accounts/14/recommendations?n=5'\n` +
      `  curl '${address}/v1/events' -H 'content-type: application/json' \\\n` +
      `    -d '{"type":"like","time":'$(date +%s000)',"account":"14","item":"1300854"}'\n` +
      "Ctrl-C stops it.",
  );
  const closing = new Promise<void>((resolve, reject) => {
    closeWithGrace({ delay: graceMs }, async ({ err }) => {
      say("stopping", {}, "Stopping: what was accepted is on disk.");
      await server.close();
      await engine.close().catch((error: unknown) => reject(error as Error));
      if (err !== undefined) reject(err);
      else resolve();
    });
  });
  await Promise.race([closing, engine.closed]);
  await closing;
}

function describe(notice: Notice): string {
  switch (notice.kind) {
    case "snapshotRefused":
      return `Snapshot ${notice.path} is not used: ${notice.reason}`;
    case "snapshotSaved":
      return `Snapshot at record ${formatCount(notice.offset)}, ${notice.stallMs.toFixed(0)} ms.`;
  }
}
