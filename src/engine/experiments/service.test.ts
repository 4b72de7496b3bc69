/** Experiments through the whole engine: what is served, logged, counted, restored, forgotten and found. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Foldback, readExperiments, type UserConfig } from "#foldback/engine";
import { hash32 } from "../../core/index.ts";
import type { Event } from "../../event/index.ts";
import { openEmbeddedLog } from "../../log/index.ts";
import { readEverything } from "../../testing/logRecords.ts";
import { likesBegin, smallConfig } from "../../testing/smallEngine.ts";
import { temporaryDirectory } from "../../testing/temporaryDirectory.ts";
import { VirtualClock } from "../../testing/virtualClock.ts";
import { resolveConfig } from "../config.ts";
import { experimentReports } from "./experimentReport.ts";
import { liveExperimentsOf } from "./liveExperiment.ts";
import { Outcomes } from "./outcomes.ts";

const begin = likesBegin;
const half = [{ name: "control" }, { name: "new" }];
const good = [
  { name: "control", rules: { categories: ["plain"] } },
  { name: "new", rules: { categories: ["good"] } },
];

/** Forty items of either category, each with somebody who had it. */
function catalogue(): Event[] {
  return Array.from({ length: 80 }, (_, i): Event[] => {
    const item = `item-${i}`;
    const categories = i % 2 === 0 ? "good" : "plain";
    return [
      { type: "item_set", time: begin, item, context: { categories } },
      { type: "play", time: begin, account: `early-${i % 7}`, item },
    ];
  }).flat();
}

type Experiments = NonNullable<UserConfig["experiments"]>;

function configOf(directory: string, experiments: Experiments): UserConfig {
  return {
    ...smallConfig(directory, { snapshotEverySeconds: 3600 }),
    response: { kind: "off" },
    experiments,
  };
}

/** What was served is in the log before an event that comes after it. */
const settle = async (engine: Foldback) => {
  await engine.ingest([{ type: "access", time: begin, account: "settler" }]);
  await engine.settled();
};

/** Whether the account acts on an item, with the probability that its category has. */
function acts(account: string, item: string): boolean {
  const isGood = Number(item.slice("item-".length)) % 2 === 0;
  return hash32(`${account} ${item}`) / 2 ** 32 < (isGood ? 0.2 : 0.1);
}

test("finds the better variant, and nothing where nothing differs; what it counts is what the log says", async () => {
  const directory = temporaryDirectory();
  const clock = new VirtualClock(begin);
  // Eighteen of the same accounts in which nothing differs, beside the one in which something does.
  const window = { tightestAt: 500, windowSeconds: 3600 };
  const nothing = Object.fromEntries(
    Array.from({ length: 18 }, (_, i) => [`nothing-${i}`, { variants: half, ...window }]),
  );
  const config = configOf(directory, { ...nothing, better: { variants: good, ...window } });
  let engine = await Foldback.open(config, { clock });
  await engine.ingest(catalogue());
  const wrong = new Set<string>();
  let decidedAt = 0;
  let liked: Event[] = [];
  for (let i = 0; i < 800; i++) {
    clock.advance(60_000);
    const account = `account-${i}`;
    const { items, variants, request } = engine.serve({ account, count: 3 });
    expect(Object.keys(variants ?? {})).toEqual(Object.keys(config.experiments ?? {}));
    const parity = variants?.["better"] === "new" ? 0 : 1;
    for (const { item } of items) expect(Number(item.slice("item-".length)) % 2).toBe(parity);
    for (const { item } of items.filter((it) => acts(account, it.item)))
      liked.push({ type: "like", time: clock.now(), account, item, request });
    if (i % 20 !== 19) continue;
    await engine.ingest(liked);
    liked = [];
    if (i % 100 !== 99) continue;
    await settle(engine);
    for (const { name, variants: reports } of await engine.experiments()) {
      if (reports[1].verdict === "undecided") continue;
      if (name !== "better") wrong.add(name);
      else if (decidedAt === 0) decidedAt = i;
    }
    if (i === 399) {
      // It goes on from a snapshot as if nothing had been.
      const before = await engine.experiments();
      await engine.close();
      engine = await Foldback.open(config, { clock });
      expect(await engine.experiments()).toEqual(before);
    }
  }
  expect(decidedAt).toBeGreaterThan(0);
  expect(decidedAt).toBeLessThan(799);
  // Each with a chance of 5 % at most, of eighteen.
  expect(wrong.size).toBeLessThanOrEqual(2);
  clock.advance(3_600_000);
  await settle(engine);
  const reports = await engine.experiments();
  const better = reports.find(({ name }) => name === "better");
  const { acted } = better?.variants[1].metrics ?? {};
  // Of three items, at least one: 1 − 0.8³ against 1 − 0.9³.
  const truth = 1 - 0.8 ** 3 - (1 - 0.9 ** 3);
  expect(acted?.againstControl?.low).toBeLessThan(truth);
  expect(acted?.againstControl?.high).toBeGreaterThan(truth);
  expect(acted?.againstControl?.low).toBeGreaterThan(0);
  expect(better?.variants[1]).toMatchObject({ verdict: "better" });
  expect(better?.summary).toMatch(/^new is better than control/);
  expect(better?.variants.reduce((sum, { measured }) => sum + measured, 0)).toBe(800);
  await engine.close();

  const log = await openEmbeddedLog({ directory: join(directory, "log") });
  const records = await readEverything(log);
  await log.close();
  const resolved = resolveConfig(config);
  const outcomes = new Outcomes({
    partitionCount: resolved.log.partitionCount,
    rules: resolved.feedback,
  });
  for (const record of records) outcomes.apply(record);
  const again = experimentReports(outcomes.of(), liveExperimentsOf(resolved), clock.now());
  expect(again).toEqual(reports);
  // From the snapshot and the rest of the log, as the command does.
  expect(await readExperiments(resolved, { clock })).toEqual(reports);
}, 60_000);

test("variants are of those who are served; what is only looked at counts for nothing", async () => {
  const directory = temporaryDirectory();
  const clock = new VirtualClock(begin);
  const engine = await Foldback.open(configOf(directory, { x: { variants: good } }), { clock });
  await engine.ingest(catalogue());
  await settle(engine);
  const call = { account: "reader", count: 5 };
  const served = engine.serve(call);
  const { variants, items } = engine.recommendList({ ...call, experiments: true });
  expect(variants).toEqual(served.variants);
  expect(items).toEqual(served.items);
  expect(engine.recommendList(call)).not.toHaveProperty("variants");
  expect(engine.recommend(call)).not.toEqual(items);
  // A rule of the request's own holds beside the variant's, and can't end it.
  expect(engine.serve({ ...call, rules: { filter: "1 == 2" } }).items).toEqual([]);
  expect(() => engine.serve({ ...call, rules: { filter: "1 == 1) or (1 == 1" } })).toThrow(
    expect.objectContaining({ code: "REQUEST_INVALID" }),
  );
  await settle(engine);
  const [report] = await engine.experiments();
  const own = report.variants.find(({ name }) => name === variants?.["x"]);
  expect(own).toMatchObject({ accounts: 1, exposures: 2 });
  await engine.close();
});

test("an erased account is out of the result, and out of every file", async () => {
  const directory = temporaryDirectory();
  const clock = new VirtualClock(begin);
  const config = configOf(directory, { x: { variants: half, windowSeconds: 10 } });
  const engine = await Foldback.open(config, { clock });
  await engine.ingest(catalogue());
  for (const account of ["gone-for-good", "stays"]) {
    engine.serve({ account, count: 2 });
    await engine.ingest([{ type: "like", time: clock.now(), account, item: "item-1" }]);
  }
  clock.advance(20_000);
  await settle(engine);
  const countOf = async () => {
    const [{ variants }] = await engine.experiments();
    return variants.reduce((sum, { measured }) => sum + measured, 0);
  };
  expect(await countOf()).toBe(2);
  await engine.erase(["gone-for-good"]);
  expect(await countOf()).toBe(1);
  const after = await engine.experiments();
  await engine.close();
  const resolved = resolveConfig(config);
  expect(await readExperiments(resolved, { clock })).toEqual(after);
  const grep = spawnSync("grep", ["-r", "gone-for-good", directory]);
  expect([grep.status, String(grep.stdout)]).toEqual([1, ""]); // 1: there is none
}, 60_000);

test("another definition begins anew; one that the config has no more keeps what was measured", async () => {
  const directory = temporaryDirectory();
  const clock = new VirtualClock(begin);
  const run = async (experiments: Experiments, account?: string) => {
    const engine = await Foldback.open(configOf(directory, experiments), { clock });
    if (account !== undefined) {
      await engine.ingest(catalogue());
      engine.serve({ account, count: 1 });
    }
    await settle(engine);
    const reports = await engine.experiments();
    await engine.close();
    return reports.map(({ name, state, variants }) => ({
      name,
      state,
      accounts: variants.reduce((sum, { accounts }) => sum + accounts, 0),
    }));
  };
  const x = { variants: half };
  expect(await run({ x }, "a")).toEqual([{ name: "x", state: "running", accounts: 1 }]);
  expect(await run({ x }, "b")).toEqual([{ name: "x", state: "running", accounts: 2 }]);
  // Who only looks at it with another config changes nothing.
  expect(await run({})).toEqual([{ name: "x", state: "removed", accounts: 2 }]);
  expect(await run({ x: { ...x, windowSeconds: 60 } })).toEqual([
    { name: "x", state: "running", accounts: 0 },
  ]);
  expect(await run({ x: { ...x, alpha: 0.01 } }, "c")).toEqual([
    { name: "x", state: "running", accounts: 3 },
  ]);
  expect(await run({ x: { ...x, windowSeconds: 60 } }, "c")).toEqual([
    { name: "x", state: "running", accounts: 1 },
  ]);
});
