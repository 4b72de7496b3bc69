/** Importing, and importing again: over history, over a live log, and over what has changed since. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Foldback } from "#foldback/engine";
import { systemClock } from "../core/index.ts";
import type { Event } from "../event/index.ts";
import { directoryOf } from "../testing/eventFiles.ts";
import { loggedEvents } from "../testing/loggedEvents.ts";
import { likes, likesBegin, smallConfig } from "../testing/smallEngine.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";
import { resolveConfig } from "./config.ts";
import { KnownEvents } from "./knownEvents.ts";
import { importAccounts, importGorse, importItems, importMovieLens } from "./migrate.ts";
import { withLog } from "./offlineLog.ts";

const config = () => resolveConfig(smallConfig(join(temporaryDirectory(), "data")));
const lines = (...records: readonly unknown[]) =>
  records.map((record) => `${JSON.stringify(record)}\n`).join("");

const feedback = (n: number, day: number) => ({
  FeedbackType: "like",
  UserId: `u${n}`,
  ItemId: `i${n}`,
  Timestamp: new Date(Date.UTC(2020, 0, day)).toISOString(),
});
const item = (n: number, hidden = false) => ({
  ItemId: `i${n}`,
  IsHidden: hidden,
  Comment: `item ${n}`,
});

test("importing again changes nothing, however old the events; what is new is taken", async () => {
  const into = config();
  // More than the 48 hours that the log itself looks back.
  const all = Array.from({ length: 50 }, (_, i) => feedback(i, i + 1));
  const files = directoryOf({
    "items.jsonl": lines(item(1), item(2)),
    "feedback.jsonl": lines(...all, all[3]),
  });
  const first = await importGorse(into, [files]);
  expect(first).toMatchObject({ accepted: 52, duplicates: 1, refusedCount: 0 });
  const before = await loggedEvents(into);
  const looked: number[] = [];
  const second = await importGorse(into, [files], { onLook: (records) => looked.push(records) });
  expect(second).toMatchObject({ accepted: 0, duplicates: 53, refusedCount: 0 });
  expect(looked.at(-1)).toBe(52);
  expect(await loggedEvents(into)).toEqual(before);
  const more = directoryOf({
    "items.jsonl": lines(item(2), item(1), item(3)),
    "feedback.jsonl": lines(feedback(99, 2), ...all.reverse()),
  });
  expect(await importGorse(into, [more])).toMatchObject({ accepted: 2, duplicates: 52 });
});

test("an import that was broken off is ended by the next", async () => {
  const [whole, broken] = [config(), config()];
  const all = Array.from({ length: 20 }, (_, i) => feedback(i, i + 1));
  const files = directoryOf({ "feedback.jsonl": lines(...all) });
  await importGorse(whole, [files]);
  await importGorse(broken, [directoryOf({ "feedback.jsonl": lines(...all.slice(0, 7)) })]);
  await importGorse(broken, [files]);
  expect(await loggedEvents(broken)).toEqual(await loggedEvents(whole));
});

test("an item that is described as before is described again if another description came between", async () => {
  const into = config();
  for (const [hidden, accepted] of [
    [false, 1],
    [true, 1],
    [true, 0],
    [false, 1],
  ] as const) {
    const files = directoryOf({ "items.jsonl": lines(item(1, hidden)) });
    expect(await importGorse(into, [files])).toMatchObject({ accepted });
  }
  const engine = await Foldback.open(into);
  await engine.settled();
  expect(engine.item("i1")?.properties).toEqual({ title: "item 1" });
  await engine.close();
});

test("a source that describes an item several times ends with what it says last", async () => {
  const into = config();
  await importItems(into, join(directoryOf({ "x.csv": "item,n\na,1\n" }), "x.csv"));
  const says = (n: number): Event => ({ type: "item_set", time: 1, item: "a", context: { n } });
  const rest = await withLog(into, systemClock, async (log) => {
    const known = await KnownEvents.of(log, () => {});
    return [says(1), says(2), says(2), says(1)].flatMap((event) => known.rest([event]));
  });
  expect(rest).toEqual([says(2), says(1)]);
});

test("into a log that lives, beside its own ids and descriptions", async () => {
  const into = config();
  const engine = await Foldback.open(into);
  await engine.settled();
  await engine.ingest(likes(0, 10));
  await engine.ingest([
    { type: "item_set", time: likesBegin, item: "i1", context: { title: "item 1" } },
  ]);
  await engine.close();
  const files = directoryOf({
    "items.jsonl": lines(item(1), item(2)),
    "feedback.jsonl": lines(feedback(1, 1)),
  });
  expect(await importGorse(into, [files])).toMatchObject({ accepted: 2, duplicates: 1 });
});

test("an account that was erased since stays erased", async () => {
  const into = config();
  const files = directoryOf({
    "feedback.jsonl": lines(feedback(1, 1), feedback(2, 2), feedback(3, 3)),
  });
  await importGorse(into, [files]);
  const engine = await Foldback.open(into);
  await engine.settled();
  expect(await engine.erase(["u2"])).toMatchObject({ events: 1 });
  await engine.close();
  expect(await importGorse(into, [files])).toMatchObject({ accepted: 0, duplicates: 3 });
  expect((await loggedEvents(into)).map(({ account }) => account)).not.toContain("u2");
});

test("a MovieLens set is imported once; its layout and what is missing are told", async () => {
  const into = config();
  const directory = directoryOf({
    "u.data": "1\t10\t5\t300\n1\t20\t4\t100\n",
    "u.user": "1|24|M|x|1\n",
  });
  const result = await importMovieLens(into, directory);
  expect(result).toMatchObject({ accepted: 3, layout: "100K", missing: [{ file: "u.item" }] });
  expect(result.leftOut).toEqual([]);
  expect(await importMovieLens(into, directory)).toMatchObject({ accepted: 0, duplicates: 3 });
  const events = await loggedEvents(into);
  expect(events.map(({ time }) => time)).toEqual([100_000, 100_000, 300_000]);
});

test("items in bulk: what the file says holds, what it does not have stays", async () => {
  const into = config();
  const importing = (content: string) =>
    importItems(into, join(directoryOf({ "x.csv": content }), "x.csv"), { time: 7000 });
  expect(await importing("item,title,price\na,A,1\nb,B,2\n")).toMatchObject({ accepted: 2 });
  expect(await importing("item,title,price\na,A,1\nb,B,2\n")).toMatchObject({
    accepted: 0,
    duplicates: 2,
  });
  expect(await importing("price,item,title\n3,b,B\n")).toMatchObject({ accepted: 1 });
  const engine = await Foldback.open(into);
  await engine.settled();
  expect(engine.items({ limit: 10 }).items).toEqual([
    { item: "a", properties: { title: "A", price: 1 } },
    { item: "b", properties: { title: "B", price: 3 } },
  ]);
  await engine.close();
  expect((await loggedEvents(into)).map(({ time }) => time)).toEqual([7000, 7000, 7000]);
});

test("accounts in bulk: what the file says holds, also that nothing is said; erased ones stay erased", async () => {
  const into = config();
  const importing = (content: string) =>
    importAccounts(into, join(directoryOf({ "x.csv": content }), "x.csv"), { time: 7000 });
  const first = "account,plan,zip\na,free,007\nb,pro,1\nc,,\n";
  expect(await importing(first)).toMatchObject({ accepted: 2, duplicates: 1 }); // nothing is said of c
  expect(await importing(first)).toMatchObject({ accepted: 0, duplicates: 3 });
  expect(await importing("account,plan\nb,\n")).toMatchObject({ accepted: 1 });
  expect(await importing(first)).toMatchObject({ accepted: 1, duplicates: 2 }); // b, in the words of before
  expect(await importing("account,plan,zip\na,pro,007\n")).toMatchObject({ accepted: 1 });
  const accountsNow = async (erased: readonly string[]): Promise<readonly unknown[]> => {
    const engine = await Foldback.open(into);
    await engine.settled();
    const { accounts } = engine.accounts({ limit: 10 });
    if (erased.length > 0) await engine.erase(erased);
    await engine.close();
    return accounts;
  };
  const a = { account: "a", properties: { plan: "pro", zip: "007" } };
  const b = { account: "b", properties: { plan: "pro", zip: 1 } };
  expect(await accountsNow(["b"])).toEqual([b, a]);
  expect(await importing(first)).toMatchObject({ accepted: 1, duplicates: 2 }); // a, in the words of before
  expect(await accountsNow([])).toEqual([
    { account: "a", properties: { plan: "free", zip: "007" } },
  ]);
  // Words that were never said are somebody's that comes back.
  expect(await importing("account,plan\nb,new\n")).toMatchObject({ accepted: 1 });
});

test("what can't be opened makes no data directory; a wrong event type neither", async () => {
  const into = config();
  await expect(importGorse(into, ["nope"])).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
  await expect(importMovieLens(into, "nope")).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
  await expect(importItems(into, "nope")).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
  for (const type of ["served", "item_set", "dance"]) {
    await expect(importGorse(into, [], { types: { star: type } })).rejects.toMatchObject({
      code: "REQUEST_INVALID",
      details: { type },
    });
  }
  expect(existsSync(into.dataDirectory)).toBe(false);
});

test("reasons beyond a hundred are counted together", async () => {
  const records = Array.from({ length: 150 }, (_, i) => ({
    ...feedback(i, 1),
    FeedbackType: `t${i}`,
  }));
  const files = directoryOf({ "feedback.jsonl": lines(...records) });
  const { leftOut } = await importGorse(config(), [files]);
  expect(leftOut).toHaveLength(101);
  expect(leftOut[0]).toEqual({ reason: "other reasons", count: 50 });
});
