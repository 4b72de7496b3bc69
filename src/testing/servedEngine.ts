/** A service as `foldback serve` has it, at a free port of this machine. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Foldback, type UserConfig } from "#foldback/engine";
import { createServer, type RequestLine } from "#foldback/http";
import type { Event } from "../event/index.ts";
import { loggedEvents } from "./loggedEvents.ts";
import { smallConfig } from "./smallEngine.ts";

export interface ServedEngine {
  readonly engine: Foldback;
  readonly url: string;
  /** Of every request, where `http.logRequests` is on. */
  readonly lines: readonly RequestLine[];
  /** Closes both, and gives what is in the log. Twice is once, without the log. */
  close(): Promise<Event[]>;
}

export async function serveEngine(config: UserConfig = {}): Promise<ServedEngine> {
  const directory = mkdtempSync(join(tmpdir(), "foldback-test-"));
  const engine = await Foldback.open({ ...smallConfig(directory), ...config });
  const lines: RequestLine[] = [];
  const server = createServer(engine, { onRequest: (line) => lines.push(line) });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  let isOpen = true;
  return {
    engine,
    url,
    lines,
    async close() {
      if (!isOpen) return [];
      isOpen = false;
      await server.close();
      await engine.close();
      const events = await loggedEvents(engine.config);
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
      return events;
    },
  };
}
