/** Gorse, built from the Go module proxy into a folder that git ignores, and run on free ports of this machine. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { assert } from "#foldback/core";
import { root } from "./report.ts";
import { Client } from "./server.ts";

export const gorseVersion = "v0.5.11";
const module = `github.com/gorse-io/gorse@${gorseVersion}`;

export interface GorseProgram {
  readonly binary: string;
  /** What of it is not what `go install` would have taken; empty if nothing is. */
  readonly replaced: string;
  readonly missing?: undefined;
}

export interface NoGorse {
  readonly missing: string;
}

/** The web pages, as an empty archive: Gorse ends at once without one. */
const pages = {
  "go.mod": "module github.com/gorse-io/dashboard\n\nrequire github.com/rakyll/statik v0.1.8\n",
  "dashboard.go": `package dashboard

import "github.com/rakyll/statik/fs"

func init() { fs.Register("PK\\x05\\x06" + string(make([]byte, 18))) }
`,
};

/**
 * Builds gorse-in-one, unless it is there: minutes, the network and a C compiler. Without `build` it takes what is there.
 *
 * First with the modules that its go.mod names, which is what `go install` builds. Where a proxy does not have
 * all of them, once more with two replaced that nothing here measures: the web pages of its dashboard by none, and
 * its fork of the SQLite dialect of gorm by that which was forked; SQLite itself stays modernc.org/sqlite.
 */
export function prepareGorse(options: { readonly build: boolean }): GorseProgram | NoGorse {
  const folder = join(root, "build", "peers", "gorse", gorseVersion);
  const source = join(folder, "source");
  const asItIs = join(folder, "gorse-in-one");
  const withoutPages = join(folder, "gorse-in-one-replaced");
  const replaced = "without the dashboard's pages, and with gorm's own SQLite dialect";
  if (existsSync(asItIs)) return { binary: asItIs, replaced: "" };
  if (existsSync(withoutPages)) return { binary: withoutPages, replaced };
  if (!options.build) return { missing: "Gorse (built at full size alone)" };
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const noSource = failure(() => {
    const { Dir } = JSON.parse(go(folder, "mod", "download", "-json", module)) as { Dir: string };
    cpSync(Dir, source, { recursive: true });
    execFileSync("chmod", ["-R", "u+w", source]); // the module cache is read-only
  });
  if (noSource !== undefined) return { missing: `${module} (${noSource})` };

  const lacks = failure(() => go(source, "build", "-o", asItIs, "./cmd/gorse-in-one"));
  if (lacks === undefined) return { binary: asItIs, replaced: "" };
  const lacksMore = failure(() => {
    const dashboard = join(folder, "dashboard");
    mkdirSync(dashboard);
    for (const [name, text] of Object.entries(pages)) writeFileSync(join(dashboard, name), text);
    const replace = ["-replace", `github.com/gorse-io/dashboard=${dashboard}`];
    const drop = ["-dropreplace", "gorm.io/driver/sqlite@v1.6.0"];
    go(source, "mod", "edit", ...replace, ...drop);
    go(source, "build", "-mod=mod", "-o", withoutPages, "./cmd/gorse-in-one");
  });
  if (lacksMore === undefined) return { binary: withoutPages, replaced };
  return { missing: `what ${module} is built with (${lacks}; ${lacksMore})` };
}

function go(directory: string, ...args: readonly string[]): string {
  return execFileSync("go", args, {
    cwd: directory,
    encoding: "utf8",
    stdio: "pipe",
    maxBuffer: 1 << 26,
  });
}

/** Why it did not work, in the last words of the program that failed; undefined if it did. */
function failure(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    // What execFileSync throws: of a program that ran, with what it wrote.
    const { message, stderr } = error as Error & { stderr?: string };
    const lines = (stderr ?? "").trim().split("\n");
    return lines[lines.length - 1] || message;
  }
}

export interface GorseOptions {
  readonly program: GorseProgram;
  /** For its databases and models. */
  readonly directory: string;
  /** Between the starts of two passes, at least; Gorse's default is 60m. */
  readonly fitPeriod: string;
}

export interface Gorse {
  readonly client: Client;
  readonly address: string;
  readonly pid: number;
  /** From the start of the process until it says that it is ready, ms. */
  readonly readyMs: number;
  /** When the pass that its start began is over: seconds from the start of the process, and what it has done. */
  readonly pass: () => Promise<{ readonly seconds: number; readonly tasks: readonly Task[] }>;
}

/** A line of its list of tasks; the last one of a pass is `Collect Garbage in Cache`. */
export interface Task {
  readonly Name: string;
  readonly Status: string;
  readonly Error: string;
  readonly StartTime: string;
  readonly FinishTime: string;
}

export async function withGorse<T>(
  options: GorseOptions,
  use: (gorse: Gorse) => Promise<T>,
): Promise<T> {
  const { program, directory } = options;
  mkdirSync(directory, { recursive: true });
  const [port, httpPort] = await freePorts(2);
  const config = join(directory, "config.toml");
  writeFileSync(config, configOf(options, port, httpPort));
  const output = openSync(join(directory, "output.log"), "a");
  const address = `http://127.0.0.1:${httpPort}`;
  const client = new Client(address);
  const beganMs = performance.now();
  const began = Date.now();
  const child = spawn(program.binary, ["-c", config, "--cache-path", directory], {
    cwd: directory,
    stdio: ["ignore", output, output],
  });
  const ended = once(child, "exit");
  try {
    await until(async () => {
      assert(child.exitCode === null, "Gorse runs; what it said is in its output.log");
      return (await client.get("/api/health/ready")).text.includes('"Ready": true');
    }, 2);
    return await use({
      client,
      address,
      pid: child.pid ?? 0,
      readyMs: performance.now() - beganMs,
      pass: async () => {
        let tasks: Task[] = [];
        await until(async () => {
          tasks = JSON.parse((await client.get("/api/dashboard/tasks")).text) as Task[];
          const last = tasks.find(({ Name }) => Name === "Collect Garbage in Cache");
          return last?.Status === "Complete" && Date.parse(last.StartTime) >= began;
        }, 100);
        return { seconds: (performance.now() - beganMs) / 1000, tasks };
      },
    });
  } finally {
    client.close();
    child.kill("SIGKILL");
    await ended;
  }
}

/** Until it is so; a connection that is refused is a no. */
async function until(isSo: () => Promise<boolean>, everyMs: number): Promise<void> {
  for (;;) {
    try {
      if (await isSo()) return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ECONNREFUSED") throw error;
    }
    await setTimeout(everyMs);
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  for (const server of servers) server.close();
  await Promise.all(servers.map((server) => once(server, "close")));
  return ports;
}

/**
 * Its template (config/config.toml): candidates of all its recommenders, ranked by its factorisation machine in a pass
 * over everything, and kept. With SQLite, its default store; feedback of the two types that the bench sends;
 * neighbours of items by common users, as there are no embeddings; as many jobs as processors, and a board of all
 * times, as its playgrounds have; and without searches of hyperparameters, as is the default, too.
 */
function configOf({ directory, fitPeriod }: GorseOptions, port: number, httpPort: number): string {
  return `
[database]
cache_store = "sqlite://${join(directory, "cache.sqlite")}"
data_store = "sqlite://${join(directory, "data.sqlite")}"
[master]
host = "127.0.0.1"
port = ${port}
http_host = "127.0.0.1"
http_port = ${httpPort}
n_jobs = ${availableParallelism()}
[recommend.data_source]
positive_feedback_types = ["like"]
read_feedback_types = ["read"]
[[recommend.non-personalized]]
name = "popular"
score = "len(feedback)"
[[recommend.non-personalized]]
name = "recent"
score = "count(feedback, .FeedbackType == 'like')"
filter = "(now() - item.Timestamp).Hours() < 168"
[[recommend.item-to-item]]
name = "neighbors"
type = "users"
[[recommend.user-to-user]]
name = "neighbors"
type = "items"
[recommend.collaborative]
type = "mf"
fit_period = "${fitPeriod}"
[recommend.ranker]
type = "fm"
fit_period = "${fitPeriod}"
recommenders = [
  "latest", "collaborative", "non-personalized/popular", "non-personalized/recent",
  "item-to-item/neighbors", "user-to-user/neighbors",
]
[recommend.fallback]
recommenders = ["item-to-item/neighbors", "latest"]
[blob]
uri = "${join(directory, "blob")}"
[openai]
log_file = "${join(directory, "openai.log")}"
`;
}
