/**
 * How long after `npm start` in a clean clone is there a first recommendation?
 *
 * The files that git tracks are copied to a new directory; `npm ci` there (timed; it may use npm's cache);
 * then `npm start`, which builds, evaluates while it learns, and serves. Two firsts: the first list of its
 * own run, by its own report, and the first answer by HTTP, once all 100,000 events are evaluated. Beside
 * them the second `npm start`, which finds everything done. At smoke size the packages are linked, not
 * installed, the index of places is copied, not built, and there are 3,000 ratings.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { assert, hash64 } from "#foldback/core";
import { bar, figure, root, withDirectory, writeRatings } from "./lib/report.ts";
import { Client } from "./lib/server.ts";

const secondsMax = 60;
const smokeRatings = 3000;

interface Start {
  /** Since `npm start`: its own first line, the first list of its run, and the first reply by HTTP. */
  readonly firstListSeconds: number;
  readonly answerSeconds: number;
  /** What the first reply recommends. */
  readonly items: string;
}

export async function run({ smoke }: { smoke: boolean }): Promise<void> {
  await withDirectory(async (clone) => {
    const files = copyTracked(clone);
    figure("clone", `${files} files that git tracks`);
    if (smoke) {
      symlinkSync(join(root, "node_modules"), join(clone, "node_modules"));
      copyFiles(clone, ["dist/event/places/postal.bin", "dist/.places-stamp"]);
      writeRatings(join(clone, "data", "movietweetings-100k"), smokeRatings);
    } else {
      const beganMs = performance.now();
      execFileSync("npm", ["ci", "--prefer-offline", "--no-audit", "--no-fund"], {
        cwd: clone,
        env: cleanEnvironment(),
        stdio: ["ignore", "ignore", "inherit"],
      });
      figure("npm ci", `${((performance.now() - beganMs) / 1000).toFixed(1)} s`);
    }
    const first = await startOnce(clone);
    const second = await startOnce(clone);
    figure("npm start", `first list of its run after ${first.firstListSeconds.toFixed(1)} s`);
    figure(
      "",
      `first reply by HTTP after ${first.answerSeconds.toFixed(1)} s, all events evaluated`,
    );
    figure("again", `first reply by HTTP after ${second.answerSeconds.toFixed(1)} s`);
    figure("checksum", `${hash64(first.items).toString(16)} of the first reply's items`);
    assert(first.items === second.items, "both times the same is recommended");
    bar(
      `first recommendation < ${secondsMax} s after npm ci: ${first.firstListSeconds.toFixed(1)}`,
      first.firstListSeconds < secondsMax,
      smoke,
    );
    bar(
      `first recommendation by HTTP < ${secondsMax} s after npm ci: ${first.answerSeconds.toFixed(1)}`,
      first.answerSeconds < secondsMax,
      smoke,
    );
  });
}

function copyTracked(clone: string): number {
  const listed = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" });
  const files = listed.split("\0").filter((file) => file !== "" && existsSync(join(root, file)));
  copyFiles(clone, files);
  return files.length;
}

function copyFiles(clone: string, files: readonly string[]): void {
  for (const file of files) {
    mkdirSync(dirname(join(clone, file)), { recursive: true });
    copyFileSync(join(root, file), join(clone, file));
  }
}

async function startOnce(clone: string): Promise<Start> {
  const beganMs = performance.now();
  const secondsSinceStart = (): number => (performance.now() - beganMs) / 1000;
  // A group of its own: npm, its shell and the engine end together.
  const child = spawn("npm", ["start", "--", "--port", "0"], {
    cwd: clone,
    env: cleanEnvironment(),
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  try {
    let importedSeconds = 0;
    let runSeconds = 0;
    let address = "";
    for await (const line of linesOf(child)) {
      if (/ into the log in /.test(line)) importedSeconds = secondsSinceStart();
      // By its own clock, which starts when the file is in the log.
      const firstList = /first list after ([\d.]+) s/.exec(line);
      if (firstList !== null) runSeconds = Number(firstList[1]);
      address = /^Serving at (\S+):/.exec(line)?.[1] ?? "";
      if (address !== "") break;
    }
    assert(address !== "", "npm start serves");
    const client = new Client(address);
    const { text } = await client.get("/v1/accounts/14/recommendations?n=10");
    const answerSeconds = secondsSinceStart();
    client.close();
    const { items } = JSON.parse(text) as { items: { item: string }[] };
    assert(items.length === 10, "the first reply has recommendations");
    const firstListSeconds = importedSeconds + runSeconds;
    return { firstListSeconds, answerSeconds, items: items.map(({ item }) => item).join(" ") };
  } finally {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGTERM");
    await ended;
  }
}

function linesOf(child: ChildProcess): AsyncIterable<string> {
  assert(child.stdout !== null, "its output is piped");
  return createInterface({ input: child.stdout });
}

/** Without what npm tells the script that runs this bench. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !/^npm_(?!config_)/i.test(name));
  return Object.fromEntries(entries);
}
