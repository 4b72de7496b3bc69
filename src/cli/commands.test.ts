/** Every command as whoever types it meets it: help, wrong use, results, exit codes. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Foldback, resolveConfig } from "#foldback/engine";
import { runFoldback, startFoldback } from "../testing/foldbackProcess.ts";
import { likes, smallConfig } from "../testing/smallEngine.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";

/** A directory with a config that starts fast, and 120 events. */
function workplace(): string {
  const cwd = temporaryDirectory();
  const { http, model, training } = smallConfig("unused");
  writeFileSync(join(cwd, "foldback.config.json"), JSON.stringify({ http, model, training }));
  const events = likes(0, 120).map((event) => `${JSON.stringify(event)}\n`);
  writeFileSync(join(cwd, "events.ndjson"), events.join(""));
  return cwd;
}

const metricNames = ["hit@10", "ndcg@10", "mrr", "auc", "logloss"];

describe("help and wrong use", () => {
  test.each([
    "serve",
    "ingest",
    "train",
    "recommend",
    "evaluate",
    "experiments",
    "simulate",
    "key",
  ])("%s --help has --json and an example", async (name) => {
    const { code, stdout, stderr } = await runFoldback([name, "--help"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("--json");
    expect(stdout).toMatch(new RegExp(`\nExample:\n {2}\\$ foldback ${name} `));
  });

  test("--help lists the commands, --version is that of the package", async () => {
    const { code, stdout } = await runFoldback(["--help"]);
    expect(code).toBe(0);
    const commands = ["serve", "ingest", "train", "recommend", "evaluate", "simulate", "key"];
    for (const name of [...commands, "Example:", "Exit codes"]) {
      expect(stdout).toContain(name);
    }
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    expect(await runFoldback(["--version"])).toMatchObject({ code: 0, stdout: `${version}\n` });
  });

  // A command, and what its message must name.
  test.each<[args: string[], named: string]>([
    [[], "Usage: foldback"],
    [["dance"], "unknown command 'dance'"],
    [["serve", "--nope"], "unknown option '--nope'"],
    [["serve", "--port", "99999"], "--port takes a whole number from 0 to 65535"],
    [["serve", "--config", "missing.json"], "the config file missing.json does not exist"],
    [["ingest", "events.ndjson", "missing.csv"], "there is no file missing.csv"],
    [["ingest", "events.ndjson", "--format", "xml"], "--format takes ndjson, csv"],
    [["train", "--data", "nope"], "there is no data directory nope"],
    [["recommend"], "required option '--account <name>'"],
    [["recommend", "--account", "a", "-n", "0"], "-n takes a whole number from 1 to 500"],
    [["recommend", "--account", "a", "--data", "nope"], "there is no data directory nope"],
    [["evaluate", "missing.csv"], "missing.csv"],
    [["experiments", "--data", "nope"], "there is no data directory nope"],
    [["evaluate", "events.ndjson", "--ablate", "model,luck"], "--ablate takes model, "],
    [["evaluate", "events.ndjson", "--serve"], "--serve needs --data"],
    [["simulate"], "required option '--out <dir>'"],
    [["simulate", "--out", "nope", "--accounts", "0"], "--accounts takes a whole number from 1 to"],
    [["simulate", "--out", "nope", "--drift", "x"], "--drift takes a number from 0 to 10"],
    [["simulate", "--out", "nope", "--start", "2025-02-30"], "--start takes a day from 2008-01-01"],
    [["simulate", "--out", "."], ". is not empty; name another, or add --force"],
    [["simulate", "--out", "events.ndjson"], "events.ndjson is no directory that can be read"],
  ])(
    "wrong use is 2, told on standard error without a stack, and makes nothing: %j",
    async (args, named) => {
      const cwd = workplace();
      const { code, stdout, stderr } = await runFoldback(args, { cwd });
      expect(stderr).toContain(named);
      expect(stderr).not.toMatch(/\n\s+at /);
      expect([code, stdout]).toEqual([2, ""]);
      expect(existsSync(join(cwd, "foldback-data"))).toBe(false);
      expect(existsSync(join(cwd, "nope"))).toBe(false);
    },
  );
});

test("a wrong config is wrong use, told by its file; --data stands above one that is right", async () => {
  const cwd = workplace();
  writeFileSync(join(cwd, "slip.json"), '{"http": {"prot": 1}}');
  const wrong = await runFoldback(["ingest", "events.ndjson", "--config", "slip.json"], { cwd });
  expect([wrong.code, wrong.stdout]).toEqual([2, ""]);
  expect(wrong.stderr).toMatch(
    /^error: slip\.json: there is no setting http\.prot; http has .*\(CONFIG_INVALID\)\n$/,
  );
  writeFileSync(join(cwd, "own.mjs"), 'export default { dataDirectory: "here" };');
  const args = ["ingest", "events.ndjson", "--config", "own.mjs"];
  expect((await runFoldback([...args, "--data", "flag"], { cwd })).code).toBe(0);
  expect([existsSync(join(cwd, "flag")), existsSync(join(cwd, "here"))]).toEqual([true, false]);
});

describe("ingest and recommend", () => {
  test("a file and standard input go into the log; what is refused is told by line", async () => {
    const cwd = workplace();
    const first = await runFoldback(["ingest", "events.ndjson"], { cwd });
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toMatch(
      /^events\.ndjson: 120 events taken, 0 duplicates dropped, 0 refused, in \d/,
    );
    const [next] = likes(120, 1);
    const input = `${JSON.stringify(next)}\n{"type":\n\n${JSON.stringify({ ...next, item: 7 })}\n`;
    const second = await runFoldback(["ingest", "-"], { cwd, input });
    expect(second.code).toBe(0);
    expect(second.stdout).toContain("-: 1 events taken, 0 duplicates dropped, 2 refused");
    expect(second.stdout).toContain("\n  -:2: line is ");
    expect(second.stdout).toContain("\n  -:4: item is 7; allowed: ");
    const engine = await Foldback.open(resolveConfig(smallConfig(join(cwd, "foldback-data"))));
    expect(engine.status().records).toBe(121);
    await engine.close();
  });

  test("--json is a result for each file", async () => {
    const cwd = workplace();
    const { code, stdout } = await runFoldback(["ingest", "events.ndjson", "-", "--json"], {
      cwd,
      input: "",
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([
      { file: "events.ndjson", accepted: 120, duplicates: 0, refusedCount: 0, refused: [] },
      { file: "-", accepted: 0 },
    ]);
  });

  test("where nothing could be taken the work failed", async () => {
    const cwd = workplace();
    const { code, stdout } = await runFoldback(["ingest", "-"], { cwd, input: "7\n8\n" });
    expect(code).toBe(1);
    expect(stdout).toContain("0 events taken, 0 duplicates dropped, 2 refused");
  });

  test("a directory that a running engine has open is 1, and says by whom", async () => {
    const cwd = workplace();
    const engine = await Foldback.open(smallConfig(join(cwd, "foldback-data")));
    const { code, stderr } = await runFoldback(["ingest", "events.ndjson"], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^error: .* process ${process.pid} .*\\(DATA_LOCKED\\)\n$`));
    await engine.close();
  });

  test("train learns what is new in the log, once, and a server goes on from there", async () => {
    const cwd = workplace();
    await runFoldback(["ingest", "events.ndjson"], { cwd });
    const first = await runFoldback(["train", "--json"], { cwd });
    expect(first).toMatchObject({ code: 0, stderr: "" });
    const { examples, ...rest } = JSON.parse(first.stdout) as Record<string, number>;
    expect(rest).toMatchObject({ records: 120, learned: 120 });
    expect(examples).toBeGreaterThan(120);
    const again = await runFoldback(["train"], { cwd });
    expect(again.stdout).toMatch(/^0 of 120 records learned, [\d,]+ examples by now, in /);
    const engine = await Foldback.open(smallConfig(join(cwd, "foldback-data")));
    expect(engine.status()).toMatchObject({ ready: true, restoredFrom: 120, examples });
    await engine.close();
  });

  test("recommend shows a table, or JSON, of what the account did not have", async () => {
    const cwd = workplace();
    await runFoldback(["ingest", "events.ndjson"], { cwd });
    const table = await runFoldback(["recommend", "--account", "account-1", "-n", "3"], { cwd });
    expect(table).toMatchObject({ code: 0, stderr: "" });
    expect(table.stdout).toMatch(/^ +item +score +found by\n1\. item-\d+ /);
    expect(table.stdout.trimEnd().split("\n")).toHaveLength(4);
    const { code, stdout } = await runFoldback(
      ["recommend", "--account", "account-1", "-n", "100", "--json"],
      { cwd },
    );
    expect(code).toBe(0);
    const { account, items } = JSON.parse(stdout) as { account: string; items: { item: string }[] };
    expect(account).toBe("account-1");
    const had = likes(0, 120).filter((event) => event.account === "account-1");
    expect(had.length).toBeGreaterThan(0);
    for (const { item } of had) expect(items.map((found) => found.item)).not.toContain(item);
  });

  test("recommend from an empty log says so", async () => {
    const cwd = workplace();
    mkdirSync(join(cwd, "empty"));
    const { code, stdout } = await runFoldback(["recommend", "--account", "a", "--data", "empty"], {
      cwd,
    });
    expect([code, stdout]).toEqual([
      0,
      "Nothing to recommend: the log has no items that this account did not have.\n",
    ]);
  });
});

describe("evaluate", () => {
  test("--json is the report by its public names, and no others", async () => {
    const cwd = workplace();
    const { code, stdout, stderr } = await runFoldback(
      ["evaluate", "events.ndjson", "--json", "--ablate", "model,new"],
      { cwd },
    );
    expect([code, stderr]).toEqual([0, ""]);
    const report = JSON.parse(stdout) as Record<string, Record<string, object>>;
    expect(Object.keys(report)).toEqual([
      "events",
      "evaluated",
      "repeats",
      "seconds",
      "metrics",
      "baselines",
      "ablation",
    ]);
    expect(Object.keys(report["metrics"])).toEqual(metricNames);
    expect(Object.keys(report["baselines"])).toEqual(["popularity", "recency", "itemCosine"]);
    expect(Object.keys(report["ablation"])).toEqual(["model", "new"]);
    for (const metrics of [
      ...Object.values(report["baselines"]),
      ...Object.values(report["ablation"]),
    ]) {
      expect(Object.keys(metrics)).toEqual(expect.arrayContaining(metricNames));
    }
    expect(existsSync(join(cwd, "foldback-data"))).toBe(false);
  });

  test("--data: the second time the report is read back; another file is wrong use", async () => {
    const cwd = workplace();
    const args = ["evaluate", "events.ndjson", "--data", "kept"];
    const first = await runFoldback([...args, "--json"], { cwd });
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(await runFoldback([...args, "--json"], { cwd })).toEqual(first);
    const again = await runFoldback(args, { cwd });
    expect(again.stdout).toContain("Evaluated before");
    expect(again.stdout).toMatch(/\nfoldback +0\.\d{4} /);
    writeFileSync(join(cwd, "events.ndjson"), JSON.stringify(likes(0, 1)[0]));
    const changed = await runFoldback(args, { cwd });
    expect([changed.code, changed.stdout]).toEqual([2, ""]);
    expect(changed.stderr).toContain("before it changed");
  });

  test("a file of which nothing can be read is failed work, and counted", async () => {
    const cwd = workplace();
    writeFileSync(join(cwd, "bad.ndjson"), "7\n8\n");
    const { code, stdout } = await runFoldback(["evaluate", "bad.ndjson"], { cwd });
    expect(code).toBe(1);
    expect(stdout).toContain("\n0 events, 0 evaluated, ");
    expect(stdout).toContain(" 2 refused, ");
  });

  test("a reader that goes away ends it quietly", async () => {
    const cwd = workplace();
    const { child, ended } = startFoldback(["evaluate", "events.ndjson"], { cwd });
    child.stdout?.destroy();
    expect(await ended).toMatchObject({ code: 0, stderr: "" });
  });
});
