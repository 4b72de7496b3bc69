/** The whole engine with its log in Kafka, beside one with its log in the directory. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Foldback, type UserConfig } from "#foldback/engine";
import { filesWith } from "../testing/filesWith.ts";
import { testBrokers, testTopic } from "../testing/kafkaBrokers.ts";
import { loggedEvents } from "../testing/loggedEvents.ts";
import { likes, smallConfig } from "../testing/smallEngine.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";
import { VirtualClock } from "../testing/virtualClock.ts";
import { resolveConfig } from "./config.ts";
import { copyLogToKafka } from "./copyLog.ts";

const clock = new VirtualClock(1_700_004_000_000);

function configOf(directory: string, topic?: string): UserConfig {
  return {
    ...smallConfig(directory),
    ...(topic !== undefined && { log: { kafka: { brokers: testBrokers(), topic } } }),
  };
}

async function open(config: UserConfig): Promise<Foldback> {
  const engine = await Foldback.open(config, { clock });
  onTestFinished(() => engine.close());
  return engine;
}

async function answers(engine: Foldback): Promise<unknown> {
  await engine.settled();
  const { records, accounts, items, examples } = engine.status();
  const lists = Array.from({ length: 20 }, (_, i) =>
    engine.recommend({ account: `account-${i}`, count: 20 }),
  );
  return { records, accounts, items, examples, lists };
}

test("the engine answers the same, also over a restart and from a directory that was lost", async () => {
  const { topic = "" } = testTopic();
  const directory = join(temporaryDirectory(), "data");
  const inKafka = await open(configOf(directory, topic));
  const embedded = await open(configOf(join(temporaryDirectory(), "data")));
  for (let at = 0; at < 600; at += 60) {
    for (const engine of [inKafka, embedded]) {
      expect(await engine.ingest(likes(at, 60))).toMatchObject({ accepted: 60, duplicates: 0 });
    }
  }
  const expected = await answers(embedded);
  expect(await answers(inKafka)).toEqual(expected);
  expect(await inKafka.ingest(likes(590, 10))).toMatchObject({ accepted: 0, duplicates: 10 });
  await inKafka.close();

  const again = await open(configOf(directory, topic));
  expect(again.status().restoredFrom).toBeGreaterThan(0);
  expect(await answers(again)).toEqual(expected);
  await again.close();

  rmSync(directory, { recursive: true });
  const filled = await open(configOf(directory, topic));
  expect(await answers(filled)).toEqual(expected);
  await filled.close();
});

test("a log that was copied into a topic goes on there, with what was learned; broken off, the copy goes on", async () => {
  const { topic = "" } = testTopic();
  const directory = join(temporaryDirectory(), "data");
  const before = await open(configOf(directory));
  await before.ingest(likes(0, 3_000));
  const expected = await answers(before);
  await before.close();
  const config = resolveConfig(configOf(directory, topic));
  const breakOff = new Error("broken off");
  const breaking = copyLogToKafka(config, {
    clock,
    onProgress: ({ records }) => {
      if (records > 1_500) throw breakOff;
    },
  });
  await expect(breaking).rejects.toBe(breakOff);
  expect(existsSync(join(directory, "log", "kafka.json"))).toBe(false);
  const result = await copyLogToKafka(config, { clock });
  expect(result).toMatchObject({ recordCount: 3_000, isAdopted: true });
  expect(result.foundCount).toBeGreaterThan(1_000);
  expect(result.foundCount).toBeLessThan(3_000);
  // Not without the brokers any more: its events would be in no topic.
  await expect(open(configOf(directory))).rejects.toMatchObject({ code: "CONFIG_INVALID" });

  const after = await open(configOf(directory, topic));
  expect(after.status().restoredFrom).toBe(3_000);
  expect(await answers(after)).toEqual(expected);
  expect(await after.ingest(likes(2_990, 20))).toMatchObject({ accepted: 10, duplicates: 10 });
  await after.close();

  // A node that begins with nothing has the same events at the same offsets.
  const other = join(temporaryDirectory(), "data");
  const fresh = await open(configOf(other, topic));
  await fresh.settled();
  await fresh.close();
  const events = await loggedEvents(resolveConfig(configOf(other)));
  expect(events).toEqual(await loggedEvents(resolveConfig(configOf(directory))));
  expect(events).toEqual(likes(0, 3_010));
});

test("a topic that holds something else is not copied into", async () => {
  const { topic = "" } = testTopic();
  const first = await open(configOf(join(temporaryDirectory(), "data"), topic));
  await first.ingest(likes(500, 5));
  await first.close();
  const directory = join(temporaryDirectory(), "data");
  const engine = await open(configOf(directory));
  await engine.ingest(likes(0, 50));
  await engine.close();
  const config = resolveConfig(configOf(directory, topic));
  await expect(copyLogToKafka(config, { clock })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
});

test("an erased account is in no file of the directory, and in the topic until its retention ends", async () => {
  const { topic = "" } = testTopic();
  const directory = join(temporaryDirectory(), "data");
  const engine = await open(configOf(directory, topic));
  await engine.ingest(likes(0, 300));
  await engine.settled();
  const { events } = await engine.erase(["account-7"]);
  expect(events).toBe(likes(0, 300).filter(({ account }) => account === "account-7").length);
  expect(await engine.ingest(likes(300, 5))).toMatchObject({ accepted: 5 });
  await engine.close();
  expect(filesWith(directory, 'account-7"')).toEqual([]);
  // The limit that docs/KAFKA.md states: a directory that is filled again has the events again.
  const other = join(temporaryDirectory(), "data");
  const fresh = await open(configOf(other, topic));
  await fresh.close();
  expect(filesWith(other, 'account-7"')).not.toEqual([]);
});
