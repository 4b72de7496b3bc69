/** The real engine in processes of its own: what users run, from the outside. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { assert } from "#foldback/core";
import type { Status } from "#foldback/engine";
import { root } from "./report.ts";

const command = join(root, "dist", "cli", "main.js");

/** Runs `foldback …` to its end. */
export async function foldback(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [command, ...args]);
  return stdout;
}

export interface Server {
  readonly client: Client;
  readonly address: string;
  readonly pid: number;
  /** Processor time of its first thread so far; undefined where the system does not tell. */
  readonly threadSeconds: () => number | undefined;
  /** Ends it at once, without a chance to do anything. */
  readonly kill: () => Promise<void>;
  /** Asks it to end, and checks that it does so in order. */
  readonly stop: () => Promise<void>;
}

/** Runs `foldback serve` on a free port while `use` runs. */
export function withServer<T>(
  options: { readonly data: string; readonly config?: string },
  use: (server: Server) => Promise<T>,
): Promise<T> {
  const config = options.config === undefined ? [] : ["--config", options.config];
  const args = [command, "serve", "--port", "0", "--data", options.data, "--json", ...config];
  return withProcess(args, use);
}

/** Runs a Node program that prints a JSON line with its `address` once it listens. */
export async function withProcess<T>(
  args: readonly string[],
  use: (server: Server) => Promise<T>,
): Promise<T> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit") as Promise<[number | null]>;
  try {
    const address = await addressOf(child);
    const client = new Client(address);
    const end = async (signal: NodeJS.Signals): Promise<number | null> => {
      client.close();
      child.kill(signal);
      return (await ended)[0];
    };
    return await use({
      client,
      address,
      pid: child.pid ?? 0,
      threadSeconds: () => threadSecondsOf(child.pid),
      kill: async () => {
        await end("SIGKILL");
      },
      stop: async () => {
        assert((await end("SIGTERM")) === 0, "a server that is told to stop ends with 0");
      },
    });
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}

/** What the first thread of a process used of a processor, by Linux' /proc; in steps of 10 ms. */
function threadSecondsOf(pid: number | undefined): number | undefined {
  const path = `/proc/${pid}/task/${pid}/stat`;
  if (!existsSync(path)) return undefined;
  const stat = readFileSync(path, "utf8");
  // After the name, which may hold anything but ends with the last bracket: the 12th and 13th field.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function addressOf(child: ChildProcess): Promise<string> {
  assert(child.stdout !== null, "its output is piped");
  child.stdout.setEncoding("utf8");
  const lines = createInterface({ input: child.stdout });
  return new Promise((resolve, reject) => {
    // Stays: a pipe that nobody empties would stop the server one day.
    lines.on("line", (line) => {
      const { address } = JSON.parse(line) as { address?: string };
      if (address !== undefined) resolve(address);
    });
    lines.once("close", () => reject(new Error("it ended before it listened")));
  });
}

export interface Reply {
  readonly status: number;
  readonly text: string;
}

/** Requests over connections that are kept. */
export class Client {
  readonly #url: string;
  readonly #agent: Agent;

  /** @param connectionsMax beyond, requests wait here, and not in the server's backlog of connections. */
  constructor(url: string, connectionsMax = 256) {
    this.#url = url;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connectionsMax });
  }

  get(path: string): Promise<Reply> {
    return this.#send("GET", path);
  }

  post(path: string, json: string | Buffer): Promise<Reply> {
    return this.#send("POST", path, json);
  }

  async status(): Promise<Status> {
    return JSON.parse((await this.get("/readyz")).text) as Status;
  }

  /** Until the server has learned from all that was in its log when it started. */
  async ready(everyMs = 5): Promise<Status> {
    for (;;) {
      const status = await this.status();
      if (status.ready) return status;
      await setTimeout(everyMs);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(method: string, path: string, json?: string | Buffer): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const headers =
        json === undefined
          ? {}
          : { "content-type": "application/json", "content-length": Buffer.byteLength(json) };
      const options = { method, agent: this.#agent, headers };
      const sent = request(this.#url + path, options, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => {
          text += part;
        });
        response.once("end", () => resolve({ status: response.statusCode ?? 0, text }));
        response.once("error", reject);
      });
      sent.once("error", reject);
      sent.end(json);
    });
  }
}
