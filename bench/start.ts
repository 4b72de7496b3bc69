/**
 * How long after `npm start` in a clean clone is there a first recommendation?
 *
 * The files that git tracks are copied to a new directory; `npm ci` there (timed; it may use npm's cache);
 * then `npm start`, which builds, evaluates while it learns, and serves. Two firsts: the first list of its
 * own run, by its own report, and the first answer by HTTP, once all 100,000 events are evaluated. Beside
 * them the second `npm start`, which finds everything done; there the page is opened in Chromium, where there is one,
 * like is pressed, and the list changes: with the first start's times, a newcomer's path. At smoke size the packages are linked, not
 * installed, the index of places is copied, not built, and there are 3,000 ratings.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { assert, hash64 } from "#foldback/core";
import { chromiumPath, launchChromium } from "../dashboard/test/chromium.ts";
import { bar, figure, print, root, withDirectory, writeRatings } from "./lib/report.ts";
import { Client } from "./lib/server.ts";

const secondsMax = 60;
/** From the clone to the changed list. */
const newcomerSecondsMax = 180;
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
    let installSeconds = 0;
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
      installSeconds = (performance.now() - beganMs) / 1000;
      figure("npm ci", `${installSeconds.toFixed(1)} s`);
    }
    const first = await startOnce(clone);
    let likeSeconds: number | undefined;
    const second = await startOnce(clone, async (address) => {
      likeSeconds = await likeOnce(address);
    });
    figure("npm start", `first list of its run after ${first.firstListSeconds.toFixed(1)} s`);
    figure(
      "",
      `first reply by HTTP after ${first.answerSeconds.toFixed(1)} s, all events evaluated`,
    );
    if (likeSeconds === undefined) print("no Chromium: the page is not opened");
    else {
      const seconds = installSeconds + first.answerSeconds + likeSeconds;
      const what = `npm ci, npm start, page, like, changed list < ${newcomerSecondsMax} s: ${seconds.toFixed(1)}`;
      bar(what, seconds < newcomerSecondsMax, smoke);
    }
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

/** @param then what is done once it serves. */
async function startOnce(
  clone: string,
  then: (address: string) => Promise<void> = async () => {},
): Promise<Start> {
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
    await then(address);
    const { items } = JSON.parse(text) as { items: { item: string }[] };
    assert(items.length === 10, "the first reply has recommendations");
    const firstListSeconds = importedSeconds + runSeconds;
    const names = items.map(({ item }) => item).join(" ");
    return { firstListSeconds, answerSeconds, items: names };
  } finally {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGTERM");
    await ended;
  }
}

/** As a person: opens the page and presses like until a list has changed. Seconds; undefined without a browser. */
async function likeOnce(address: string): Promise<number | undefined> {
  if (chromiumPath === undefined) return undefined;
  const beganMs = performance.now();
  const browser = await launchChromium(chromiumPath);
  try {
    const page = await browser.newPage();
    await page.goto(address);
    const list = page.getByRole("list", { name: "What to show next" });
    const first = list.locator(".name").first();
    await first.waitFor();
    const liked = await first.textContent();
    await list.getByRole("button", { name: `Like ${liked}`, exact: true }).click();
    await page.locator("[data-loop-ms]").waitFor();
    assert((await first.textContent()) !== liked, "what was liked has left the list");
    return (performance.now() - beganMs) / 1000;
  } finally {
    await browser.close();
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
