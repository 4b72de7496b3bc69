import { open, rm } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import type { projectStates } from "../contract/index.ts";
import { FoldbackError } from "../core/index.ts";
import { type Config, Foldback, type Notice, type Status } from "../engine/index.ts";
import { type Caller, Keys } from "./keys.ts";
import { Metrics } from "./metrics.ts";
import { createServer, type RequestLine } from "./server.ts";

export interface ProjectOptions {
  /** Of the form `projectNamePattern`: it stands in metrics and logs. */
  readonly name: string;
  /** Its config; read anew each time it is opened. */
  readonly load: () => Promise<Config>;
  /** Default `Foldback.open`. */
  readonly open?: typeof Foldback.open;
  readonly onNotice?: (notice: Notice | ProjectNotice) => void;
  readonly onRequest?: (line: RequestLine) => void;
  /** Before it is tried again for the first time, in ms; then twice as long each time, up to a minute. */
  readonly retryMs?: number;
}

/** What an operator should know of a project, besides what its engine tells. */
export type ProjectNotice =
  | { readonly kind: "projectOpened"; readonly records: number; readonly restoredFrom: number }
  /** It is tried again: told once for each reason. */
  | { readonly kind: "projectFailed"; readonly code: string; readonly reason: string }
  /** Its log takes nothing until the disk is well again; then it is opened again. */
  | { readonly kind: "projectReadOnly" };

type ProjectState = (typeof projectStates)[number];

export interface ProjectReport {
  readonly project: string;
  readonly state: ProjectState;
  /** Why it has failed. */
  readonly reason?: string;
  /** Of its engine, where there is one. */
  readonly status?: Status;
}

/** Lower case, so that no file system takes two for one; no dots, so that none leads elsewhere. */
export const projectNamePattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;

const firstRetryMs = 1000;
const retryMsMax = 60_000;
/** How often it is looked whether the log has stopped. */
const lookMs = 1000;

interface Opened {
  readonly engine: Foldback;
  readonly server: FastifyInstance;
}

/**
 * One of several projects of a process: an engine over a data directory of its own, and a service of its own
 * over that: keys, limits, metrics. What can't be opened, or fails, is opened again and again, and takes
 * nobody else down.
 *
 * Begins to open at once. Whoever has it listens for it: `answer` takes requests.
 */
export class Project {
  readonly name: string;
  /** Resolves when it has been opened, or could not be, for the first time. */
  readonly tried: Promise<void>;
  readonly #options: ProjectOptions;
  readonly #metrics: Metrics;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  /** What makes sure that a key is good for one project alone. */
  readonly #claim: (project: Project, config: Config) => void;
  #config: Config | undefined;
  #keys: Keys | undefined;
  #opened: Opened | undefined;
  #failure: string | undefined;

  /** @param claim throws where a key of the config is somebody else's already. */
  constructor(options: ProjectOptions, claim: (project: Project, config: Config) => void) {
    this.name = options.name;
    this.#options = options;
    this.#claim = claim;
    this.#metrics = new Metrics(options.name);
    let onTried = () => {};
    this.tried = new Promise((resolve) => {
      onTried = resolve;
    });
    this.#running = this.#run(onTried);
  }

  /** Undefined until its config has been read. */
  get config(): Config | undefined {
    return this.#config;
  }

  /** Answers a request that has one of its keys; undefined while it is not open. */
  get answer(): ((request: IncomingMessage, response: ServerResponse) => void) | undefined {
    const server = this.#opened?.server;
    return server && ((request, response) => server.routing(request, response));
  }

  get engine(): Foldback | undefined {
    return this.#opened?.engine;
  }

  /** Which of its callers has the key with this hash. */
  find(keyHash: Buffer): Caller | undefined {
    return this.#keys?.find(keyHash);
  }

  report(): ProjectReport {
    const project = this.name;
    const status = this.#opened?.engine.status();
    if (status !== undefined) return { project, state: stateOf(status), status };
    if (this.#failure === undefined) return { project, state: "opening" };
    return { project, state: "failed", reason: this.#failure };
  }

  /** What its callers are told while it is not open: not why, which is the operator's. */
  whyNotOpen(): FoldbackError {
    const now = this.#failure === undefined ? "is being opened" : "can't be opened now";
    return new FoldbackError("CLOSED", `the project ${now}; send this again later`);
  }

  /** Its metrics, in the Prometheus text format. */
  metrics(): Promise<string> {
    return this.#metrics.text(this.#opened?.engine.status());
  }

  /** Replies of requests under way say from now on that their connections end. */
  async closeServer(): Promise<void> {
    await this.#opened?.server.close();
  }

  /** Ends what it answers with, and its engine. @throws what that failed of. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(onTried: () => void): Promise<void> {
    const { signal } = this.#stop;
    const { retryMs = firstRetryMs } = this.#options;
    let nextMs = retryMs;
    while (!signal.aborted) {
      const beganMs = performance.now();
      const opened = await this.#open().catch((error: unknown) => this.#fail(error));
      onTried();
      if (opened !== undefined) await this.#serve(opened, signal);
      const hadGoneWell = opened !== undefined && performance.now() - beganMs > retryMsMax;
      if (hadGoneWell) nextMs = retryMs;
      await sleep(nextMs, signal);
      nextMs = Math.min(retryMsMax, 2 * nextMs);
    }
  }

  /** @throws what the engine failed of, where it was to be closed; else that is told, and it is opened again. */
  async #serve({ engine, server }: Opened, signal: AbortSignal): Promise<void> {
    try {
      try {
        await this.#untilItMustEnd(engine, signal);
      } finally {
        this.#opened = undefined;
        await server.close();
        await engine.close();
      }
    } catch (error) {
      if (signal.aborted) throw error;
      this.#fail(error);
    }
  }

  async #open(): Promise<Opened> {
    const { load, open = (...args) => Foldback.open(...args), onRequest } = this.#options;
    const config = await load();
    if (config.http.keys.length === 0) {
      throw new FoldbackError(
        "CONFIG_INVALID",
        `project ${this.name} has no http.keys, by which its callers are known; \`foldback key --project\` makes one`,
        { details: { setting: "http.keys" } },
      );
    }
    this.#claim(this, config);
    this.#config = config;
    this.#keys = new Keys(config.http.keys);
    const engine = await open(config, { onNotice: (notice) => this.#tell(notice) });
    try {
      const server = createServer(engine, {
        metrics: this.#metrics,
        project: this.name,
        ...(onRequest && { onRequest }),
      });
      await server.ready();
      this.#opened = { engine, server };
    } catch (error) {
      await engine.close();
      throw error;
    }
    this.#failure = undefined;
    const { records, restoredFrom } = engine.status();
    this.#tell({ kind: "projectOpened", records, restoredFrom });
    return this.#opened;
  }

  /** Until it is to be closed, or the disk is well again that has stopped its log. @throws what it failed of. */
  async #untilItMustEnd(engine: Foldback, stop: AbortSignal): Promise<void> {
    const failed = new AbortController();
    engine.closed.catch(() => failed.abort()); // thrown below
    const signal = AbortSignal.any([stop, failed.signal]);
    let isTold = false;
    while (!signal.aborted) {
      await sleep(lookMs, signal);
      if (signal.aborted || !engine.status().readOnly) continue;
      if (!isTold) this.#tell({ kind: "projectReadOnly" });
      isTold = true;
      if (await takesWrites(engine.config.dataDirectory)) return;
    }
    if (failed.signal.aborted) await engine.closed;
  }

  #fail(error: unknown): undefined {
    const code = error instanceof FoldbackError ? error.code : "INTERNAL";
    const reason = error instanceof Error ? error.message : String(error);
    // A bug: whoever reports it needs the place.
    if (code === "INTERNAL") process.stderr.write(`${(error as Error).stack ?? reason}\n`);
    if (reason !== this.#failure) this.#tell({ kind: "projectFailed", code, reason });
    this.#failure = reason;
  }

  #tell(notice: Notice | ProjectNotice): void {
    this.#options.onNotice?.(notice);
  }
}

function stateOf({ ready, readOnly }: Status): ProjectState {
  if (readOnly) return "readOnly";
  return ready ? "ready" : "catchingUp";
}

/** Whether bytes can be put on the disk of a directory. */
async function takesWrites(directory: string): Promise<boolean> {
  const path = join(directory, "probe");
  try {
    const file = await open(path, "w");
    try {
      await file.writeFile(new Uint8Array(4096));
      await file.sync();
    } finally {
      await file.close();
    }
    await rm(path);
    return true;
  } catch {
    return false; // that is the answer
  }
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await wait(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
