/** The experiments of `foldback evaluate` as whoever types them meets them. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Random } from "../core/index.ts";
import { runFoldback } from "../testing/foldbackProcess.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";

const hourSeconds = 3600;

/** Ratings of a week: what is liked turns into its opposite every day. */
function ratings(seed: number): string {
  const random = new Random(seed);
  const lines = Array.from({ length: 1500 }, (_, i) => {
    const time = 1_700_000_000 + Math.floor((i * 7 * 24 * hourSeconds) / 1500);
    const item = random.below(40);
    const isGood = (item + Math.floor(time / (24 * hourSeconds))) % 2 === 0;
    return `u${random.below(30)},m${item},${time},${isGood ? 9 : 3}\n`;
  });
  return `account,item,time,value\n${lines.join("")}`;
}

/** Two streams of ratings, and a config of a small model. */
function workplace(): string {
  const cwd = temporaryDirectory();
  for (const seed of [1, 2]) writeFileSync(join(cwd, `ratings${seed}.csv`), ratings(seed));
  const slots = { account: { of: ["account"] }, item: { of: ["item"] } };
  const response = { slots, linear: { alpha: 1, beta: 0.2 }, sizeBytesMax: 16 * 1024 * 1024 };
  writeFileSync(join(cwd, "foldback.config.json"), JSON.stringify({ response }));
  return cwd;
}

const label = ["--label", "rate>=8"];
const two = ["--seeds", "2"];

describe("evaluate --sync-interval", () => {
  test("tells by interval what a lag costs, as a table, and draws it", async () => {
    const cwd = workplace();
    const { code, stdout, stderr } = await runFoldback(
      ["evaluate", "ratings1.csv", ...label, ...two, "--sync-interval", "2d,1h,0"].concat([
        ...["--shards", "5", "--picture", "sync.svg"],
      ]),
      { cwd },
    );
    expect([code, stderr]).toEqual([0, ""]);
    const rows = stdout.split("\n").map((line) => line.split(/ {2,}/)[0]);
    const table = rows.slice(rows.indexOf("interval"));
    expect(table.slice(0, 5)).toEqual(["interval", "frozen", "2d", "1h", "0"]);
    expect(table.slice(table.indexOf("shards"), -1)).toEqual(
      expect.arrayContaining(["shards", "10", "50", "100"]) as string[],
    );
    expect(stdout).toContain("1,071 examples learned, then 429 served");
    expect(stdout).toMatch(/AUC falls as the interval grows: (yes|no)/);
    expect(stdout).toContain("The picture: sync.svg");
    const picture = readFileSync(join(cwd, "sync.svg"), "utf8");
    expect(picture).toMatch(/^<svg /);
    for (const name of ["frozen", "2d", "1h"]) expect(picture).toContain(`>${name}</text>`);
  });

  test("--json is the report; with a file for each seed each learns its own", async () => {
    const cwd = workplace();
    const run = async (...files: string[]) => {
      const args = ["evaluate", ...files, ...label, ...two, "--sync-interval", "0", "--json"];
      const { code, stdout } = await runFoldback(args, { cwd });
      expect(code).toBe(0);
      return JSON.parse(stdout) as { arms: { auc: { mean: number; low: number } }[] };
    };
    const one = await run("ratings1.csv");
    expect(one).toMatchObject({
      experiment: "sync",
      files: ["ratings1.csv"],
      seeds: [1, 2],
      measured: 429,
      arms: [{ intervalMs: null }, { intervalMs: 0, aucLost: { mean: 0, low: 0, high: 0 } }],
      table: [{ shardCount: 10 }, { shardCount: 50 }, { shardCount: 100 }],
    });
    const each = await run("ratings1.csv", "ratings2.csv");
    // Two models of one stream are nearer to each other than models of two streams.
    const width = ({ arms }: typeof one) => arms[1].auc.mean - arms[1].auc.low;
    expect(width(each)).toBeGreaterThan(2 * width(one));
  });
});

describe("evaluate --failure", () => {
  test("tells what is lost, by what fails and how long before, and that our recovery loses none", async () => {
    const cwd = workplace();
    const { code, stdout, stderr } = await runFoldback(
      ["evaluate", "ratings1.csv", ...label, ...two, "--failure", "--lost", "2d,1h"].concat([
        ...["--failures", "1", "--fail-shards", "3", "--picture", "failure.svg"],
      ]),
      { cwd },
    );
    expect([code, stderr]).toEqual([0, ""]);
    for (const scope of ["whole model", "1 of 3 shards", "… account rows alone"]) {
      for (const lost of ["2d", "1h"]) expect(stdout).toContain(`\n${lost}, ${scope} `);
    }
    expect(stdout).toMatch(
      /\nOur recovery, .* 2d before .*: 0 of \d+ predictions differ in any bit/,
    );
    expect(readFileSync(join(cwd, "failure.svg"), "utf8")).toContain(">2d lost, one shard</text>");
  });

  test("--json is the report", async () => {
    const cwd = workplace();
    const { code, stdout } = await runFoldback(
      ["evaluate", "ratings1.csv", ...label, ...two, "--failure", "--json"],
      { cwd },
    );
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as { arms: unknown[] };
    expect(report).toMatchObject({ experiment: "failure", recovery: { different: 0 } });
    expect(report.arms).toHaveLength(12);
  });
});

describe("wrong use of an experiment", () => {
  test.each<[args: string[], named: string]>([
    [["--sync-interval", "1d,soon"], 'such as 1d, 1.5h, 5m or 30s, or 0; not "soon"'],
    [["--sync-interval", "1d", "--dense-interval", "0"], "--dense-interval takes a number"],
    [["--failure", "--lost", "0"], "--lost takes a number and its unit"],
    [["--failure", "--seeds", "1"], "--seeds takes a whole number from 2 to 20"],
    [["--failure", "--split", "7/5"], "--split takes a share between 0 and 1"],
    [["--failure", "--label", "rate>8"], "--label takes a type and its least value"],
    [["--failure", "--sync-interval", "1d"], "ask for one"],
    [["--failure", "--data", "nope"], "an experiment takes no --data"],
    [["--failure"], "ratings1.csv has no examples"],
    [["ratings2.csv"], "several files are for experiments alone"],
    [["ratings2.csv", "--failure", ...label, "--seeds", "3"], "there are 2 files and 3 seeds"],
    [["--failure", ...label, ...two, "--config", "off.json"], 'response.kind is "off"'],
    [["--failure", ...label, ...two, "--picture", "no/x.svg"], "no/x.svg can't be written"],
  ])("%j", async (args, named) => {
    const cwd = workplace();
    writeFileSync(join(cwd, "off.json"), '{"response": {"kind": "off"}}');
    const { code, stderr } = await runFoldback(["evaluate", "ratings1.csv", ...args], { cwd });
    expect(stderr).toContain(named);
    expect(code).toBe(2);
    expect(existsSync(join(cwd, "nope"))).toBe(false);
  });
});

describe("evaluate --static", () => {
  test("tells how each model does that stands still, as tables, and draws it", async () => {
    const cwd = workplace();
    const { code, stdout, stderr } = await runFoldback(
      ["evaluate", "ratings1.csv", ...label, ...two, "--static", "--picture", "static.svg"],
      { cwd },
    );
    expect([code, stderr]).toEqual([0, ""]);
    const names = ["linear regression", "logistic regression", "decision tree"];
    for (const name of ["online model", ...names, "gradient-boosted trees", "SQL popularity"]) {
      expect(stdout).toMatch(new RegExp(`^${name} +(once|frozen) +0\\.\\d{4} ± `, "m"));
      expect(readFileSync(join(cwd, "static.svg"), "utf8")).toContain(`>${name}</text>`);
    }
    expect(stdout).toContain(
      "1,071 examples known when the second part begins, then 429 predicted",
    );
    expect(stdout).toMatch(/The online model is better than \d+ of 11 by both figures/);
    expect(stdout).toContain("The picture: static.svg");
  }, 60_000);

  test("--json is the report; a window and fewer rows are part of it", async () => {
    const cwd = workplace();
    const args = ["evaluate", "ratings1.csv", ...label, ...two, "--static", "--json"];
    const { code, stdout } = await runFoldback([...args, "--window", "36h", "--rows", "500"], {
      cwd,
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      experiment: "static",
      windowDays: 1.5,
      rowsMax: 500,
      columns: ["account", "item"],
      examples: { asked: 1500, known: 1071, measured: 429, unknown: 0 },
      segments: [expect.anything(), expect.anything()],
    });
  }, 60_000);

  test("is one of three experiments, of which one is asked for", async () => {
    const args = ["evaluate", "ratings1.csv", "--static", "--failure"];
    const { code, stderr } = await runFoldback(args, { cwd: workplace() });
    expect(code).toBe(2);
    expect(stderr).toContain("ask for one");
  });
});
