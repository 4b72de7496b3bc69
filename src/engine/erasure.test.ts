/** Accounts that are to be forgotten, and events that are too old: what goes, what stays, and restarts. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Foldback, type Notice, type UserConfig } from "#foldback/engine";
import type { Event } from "../event/index.ts";
import { accountIdOf } from "../features/index.ts";
import { noRow } from "../kernels/index.ts";
import { type EmbeddedLog, openEmbeddedLog } from "../log/index.ts";
import { filesWith } from "../testing/filesWith.ts";
import { readEverything } from "../testing/logRecords.ts";
import { likes, smallConfig } from "../testing/smallEngine.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";
import { VirtualClock } from "../testing/virtualClock.ts";
import { resolveConfig } from "./config.ts";
import { createLearner } from "./learner.ts";
import { Retention } from "./retention.ts";

const planted = 'planted "ß"';

/** What the planted account did, the others being those of `likes`. */
function plantedEvents(from: number, count: number): Event[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `p${from + i}`,
    type: i % 3 === 0 ? "impression" : "like",
    time: Date.now() - 1000,
    account: planted,
    session: `${planted} session`,
    request: `r${Math.floor((from + i) / 3)}`,
    item: `i${(from + i) % 20}`,
  }));
}

/** What it is said to be like, in names and values. */
function plantedSet(round: number): Event {
  return {
    type: "account_set",
    time: Date.now() - 1000,
    account: planted,
    context: { round, "planted name": "planted value" },
  };
}

/** Scores are of the moment, and fade. */
const itemsFor = (engine: Foldback, account: string): string[] =>
  engine.recommend({ account, count: 5 }).map(({ item }) => item);

const scoreFor = (engine: Foldback, account: string): number =>
  engine.recommend({ account, count: 1 })[0].score;

const oldSnapshots = { snapshotEveryRecords: 50, snapshotsKept: 3 };

describe("erase", () => {
  test("nothing on disk has its name, the engine treats it as new, and the others are as they were", async () => {
    const directory = temporaryDirectory();
    const config = smallConfig(directory, oldSnapshots);
    let engine = await Foldback.open(config);
    const otherAccount = { account: "account-1", properties: { plan: "pro" } };
    await engine.ingest([
      { type: "account_set", time: Date.now(), account: "account-1", context: { plan: "pro" } },
    ]);
    for (let round = 0; round < 6; round++) {
      await engine.ingest(likes(round * 40, 40));
      await engine.ingest(plantedEvents(round * 12, 12));
      await engine.ingest([plantedSet(round)]);
      engine.serve({ account: planted, count: 3 });
      await engine.settled();
    }
    await engine.close();
    engine = await Foldback.open(config); // whose snapshot has all of it
    const { accounts, records } = engine.status();
    expect(filesWith(directory, "planted").length).toBeGreaterThan(1); // log and snapshots
    expect(scoreFor(engine, planted)).not.toBeCloseTo(scoreFor(engine, "stranger"), 2);
    const report = await engine.erase([planted, "nobody"]);
    expect(report).toMatchObject({ accounts: 2, events: 72 + 6 + 6 });
    expect(engine.account(planted)).toBeUndefined();
    expect(engine.accounts({ limit: 10 })).toEqual({ accounts: [otherAccount] });
    expect(filesWith(directory, "planted")).toEqual([]);
    expect(itemsFor(engine, planted)).toEqual(itemsFor(engine, "stranger"));
    expect(engine.status()).toMatchObject({ accounts: accounts - 1 });
    expect(engine.status().records).toBeGreaterThanOrEqual(records + 2);
    // It may come back, as somebody new.
    await engine.ingest([...plantedEvents(100, 3), plantedSet(7)]);
    expect(engine.status().accounts).toBe(accounts);
    expect(engine.account(planted)?.properties).toMatchObject({ round: 7 });
    await engine.erase([planted]);
    const list = itemsFor(engine, "account-1");
    await engine.close();
    expect(filesWith(directory, "planted")).toEqual([]);
    for (const isRebuilt of [false, true]) {
      if (isRebuilt) rmSync(join(directory, "snapshots"), { recursive: true });
      const again = await Foldback.open(config);
      expect(again.status().restoredFrom > 0).toBe(!isRebuilt);
      await again.settled();
      expect(again.status().accounts).toBe(accounts - 1);
      expect(again.account(planted)).toBeUndefined();
      expect(again.account("account-1")).toEqual(otherAccount);
      if (!isRebuilt) expect(itemsFor(again, "account-1")).toEqual(list);
      expect(itemsFor(again, planted)).toEqual(itemsFor(again, "stranger"));
      await again.close();
      expect(filesWith(directory, "planted")).toEqual([]);
    }
  });

  test("what was begun is ended after the next open; a note that is cut short was never begun", async () => {
    const directory = temporaryDirectory();
    const config = smallConfig(directory, oldSnapshots);
    const engine = await Foldback.open(config);
    await engine.ingest([...likes(0, 60), ...plantedEvents(0, 30)]);
    await engine.settled();
    const erasing = engine.erase([planted]);
    await engine.close(); // in the middle, wherever that is
    await expect(erasing).rejects.toMatchObject({ code: "CLOSED" });
    mkdirSync(join(directory, "erasures"), { recursive: true });
    writeFileSync(join(directory, "erasures", "cut.json"), '["account-1"');
    writeFileSync(join(directory, "erasures", "hole.json"), '["acc\0\0\0\0\0\0"]\n');
    const again = await Foldback.open(config);
    const { accounts } = again.status();
    const notes = join(directory, "erasures");
    while (readdirSync(notes).length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(filesWith(directory, "planted")).toEqual([]);
    expect(again.status().accounts).toBeLessThanOrEqual(accounts);
    expect(filesWith(join(directory, "log"), '"account-1"').length).toBeGreaterThan(0);
    await again.close();
  });

  test("events go on coming meanwhile; calls wait for each other", async () => {
    const directory = temporaryDirectory();
    const engine = await Foldback.open(smallConfig(directory, oldSnapshots));
    await engine.ingest(likes(0, 100));
    const erasures = [engine.erase(["account-1"]), engine.erase(["account-2", "account-3"])];
    for (let at = 100; at < 400; at += 20)
      await engine.ingest(
        likes(at, 20).filter(({ account }) => !/^account-[123]$/.test(account ?? "")),
      );
    const reports = await Promise.all(erasures);
    expect(reports.map(({ accounts }) => accounts)).toEqual([1, 2]);
    expect(reports.every(({ events }) => events > 0)).toBe(true);
    await engine.close();
    const log = await openEmbeddedLog({ directory: join(directory, "log") });
    const left = (await readEverything(log)).map(({ event }) => event.account);
    await log.close();
    for (const account of ["account-1", "account-2", "account-3"])
      expect(left).not.toContain(account);
    expect(left).toContain("account-4");
  });

  test("sessions that logged in to it go with it", async () => {
    const directory = temporaryDirectory();
    const engine = await Foldback.open(smallConfig(directory, oldSnapshots));
    const time = Date.now();
    await engine.ingest([
      ...likes(0, 40),
      { type: "like", time, session: "planted-session", item: "item-1" },
      { type: "access", time, account: planted, session: "planted-session" },
      { type: "like", time, session: "planted-other", item: "item-1" },
    ]);
    expect(await engine.erase([planted])).toMatchObject({ accounts: 1, events: 2 });
    expect(filesWith(directory, "planted-session")).toEqual([]);
    expect(filesWith(directory, "planted-other").length).toBeGreaterThan(0);
    await engine.close();
  });

  test("what can't be an account is refused, and so are too many", async () => {
    const engine = await Foldback.open(smallConfig(temporaryDirectory()));
    for (const accounts of [
      [],
      [""],
      ["x".repeat(257)],
      Array.from({ length: 1001 }, (_, i) => `${i}`),
    ])
      await expect(engine.erase(accounts)).rejects.toMatchObject({ code: "REQUEST_INVALID" });
    await engine.close();
    await expect(engine.erase(["account-1"])).rejects.toMatchObject({ code: "CLOSED" });
  });

  test("what waits to be learned from does not bring the account's rows back", () => {
    const config = resolveConfig({
      response: { slots: { account: { of: ["account"] }, item: { of: ["item"] } } },
    });
    for (const isErased of [false, true]) {
      const { trainer, response } = createLearner(config);
      let offset = 0;
      const apply = (event: Event): void =>
        trainer.apply({
          partition: 0,
          offset: offset++,
          logTime: 1_700_000_000_000 + offset,
          event,
        });
      const time = 1_700_000_000_000;
      const of = { time, account: "a1", request: "r1" };
      apply({ type: "impression", ...of, item: "i1" });
      apply({ type: "impression", ...of, item: "i2" });
      apply({ type: "like", ...of, item: "i1" });
      const table = response?.model.tables["account"];
      expect(table?.findOne(accountIdOf("a1"))).not.toBe(noRow);
      if (isErased) {
        apply({ type: "erase", time, account: "a1" });
        expect(table?.findOne(accountIdOf("a1"))).toBe(noRow);
        expect(trainer.state.histories.of("a1").had).toEqual([]);
      }
      const before = trainer.stats().responseCount;
      apply({ type: "like", ...of, item: "i2" });
      expect(trainer.stats().responseCount).toBe(isErased ? before : before + 1);
      expect(table?.findOne(accountIdOf("a1")) === noRow).toBe(isErased);
      // Of what it is shown from now on, it learns as of anybody.
      apply({ type: "impression", ...of, request: "r2", item: "i3" });
      apply({ type: "like", ...of, request: "r2", item: "i3" });
      expect(table?.findOne(accountIdOf("a1"))).not.toBe(noRow);
    }
  });
});

describe("retention", () => {
  const dayMs = 86_400_000;
  const typesIn = async (directory: string): Promise<Record<string, number>> => {
    const log = await openEmbeddedLog({ directory: join(directory, "log") });
    const counts: Record<string, number> = {};
    for (const { event } of await readEverything(log))
      counts[event.type] = (counts[event.type] ?? 0) + 1;
    await log.close();
    return counts;
  };

  test("events older than their type may become are gone; others, and what was learned, stay", async () => {
    const directory = temporaryDirectory();
    const clock = new VirtualClock(1_700_000_000_000);
    const config: UserConfig = {
      ...smallConfig(directory),
      retention: { days: { play: 1, "*": 10 } },
    };
    const notices: Notice[] = [];
    /** @param passes that have taken something out by its end. */
    const run = async (events: readonly unknown[], passes: number): Promise<number> => {
      const engine = await Foldback.open(config, {
        clock,
        onNotice: (notice) => notices.push(notice),
      });
      await engine.ingest(events);
      await engine.settled();
      const { accounts } = engine.status();
      const retained = () => notices.filter(({ kind }) => kind === "retained").length;
      while (retained() < passes) await new Promise((resolve) => setTimeout(resolve, 5));
      await engine.close();
      return accounts;
    };
    const at = (type: string, i: number) => ({
      id: `${type}${i}`,
      type,
      time: clock.now(),
      item: `i${i}`,
      ...(type !== "item_set" && { account: `a${i}` }),
      ...(type === "account_set" && { item: undefined, context: { n: i } }),
    });
    const all = (from: number) =>
      ["play", "like", "item_set", "account_set"].flatMap((type) =>
        [0, 1, 2].map((i) => at(type, from + i)),
      );
    expect(await run(all(0), 0)).toBe(3);
    clock.advance(2 * dayMs);
    expect(await run(all(3), 1)).toBe(6); // looks for what is too old when it opens
    expect(await typesIn(directory)).toMatchObject({
      erased: 3,
      play: 3,
      like: 6,
      item_set: 6,
      account_set: 6,
    });
    clock.advance(9 * dayMs);
    expect(await run([], 2)).toBe(6);
    expect(await typesIn(directory)).toMatchObject({
      erased: 9,
      like: 3,
      item_set: 6,
      account_set: 6,
    });
    const retained = notices.filter(({ kind }) => kind === "retained");
    expect(retained.map((notice) => "events" in notice && notice.events)).toEqual([3, 6]);
  });

  test("what could not be taken out is tried again", async () => {
    const record = { partition: 0, offset: 0, logTime: 0, event: { type: "play", time: 0 } };
    let failures = 1;
    const log: Pick<EmbeddedLog, "blank"> = {
      blank: (request) => {
        const isAsked = request.wants?.(0) !== false && request.matches(record);
        if (isAsked && failures-- > 0) return Promise.reject(new Error("the disk is full"));
        return Promise.resolve({ recordCount: Number(isAsked), segmentCount: Number(isAsked) });
      },
    };
    const retention = new Retention(log, { play: 1 });
    await expect(retention.run(2 * dayMs)).rejects.toThrow("the disk is full");
    expect(await retention.run(2 * dayMs)).toBe(1);
    expect(await retention.run(3 * dayMs)).toBe(0); // nothing is left in it
  });

  test("a type that nobody knows is refused", () => {
    expect(() => resolveConfig({ retention: { days: { plai: 3 } } })).toThrow(
      /retention.days.plai/,
    );
    expect(() => resolveConfig({ retention: { days: { play: -1 } } })).toThrow(/retention/);
  });
});
