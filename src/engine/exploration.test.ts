/** Lists that are varied: what the reply says, what the log keeps, and what rules say all the same. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { Foldback, type UserConfig } from "#foldback/engine";
import { openEmbeddedLog } from "../log/index.ts";
import { readEverything } from "../testing/logRecords.ts";
import { likes, smallConfig } from "../testing/smallEngine.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";
import { resolveConfig } from "./config.ts";

const exploring = (directory: string): UserConfig => ({
  ...smallConfig(directory),
  serving: {
    exploration: {
      policy: "thompson",
      epsilon: 0.1,
      newItems: { share: 1, place: 2, shownMax: 3 },
    },
  },
});

test("replies and log say with what odds each item came; new items have their place", async () => {
  const directory = temporaryDirectory();
  const engine = await Foldback.open(exploring(directory));
  await engine.ingest(likes(0, 300));
  await engine.settled();
  const best = engine.recommend({ account: "account-1", count: 5 });
  expect(best.every(({ propensity }) => propensity === undefined)).toBe(true);
  const served = Array.from({ length: 30 }, () => engine.serve({ account: "account-1", count: 5 }));
  await engine.settled();
  expect(
    new Set(served.map(({ items }) => items.map(({ item }) => item).join())).size,
  ).toBeGreaterThan(5);
  const had = new Set(
    likes(0, 300)
      .filter(({ account }) => account === "account-1")
      .map(({ item }) => item),
  );
  for (const { items } of served) {
    expect(items.length).toBe(5);
    for (const { item, propensity = 0 } of items) {
      expect(had.has(item)).toBe(false);
      expect(propensity).toBeGreaterThan(0);
      expect(propensity).toBeLessThanOrEqual(1);
    }
  }
  // A pin stays where it is, and a filter holds.
  const [{ item: pinned }] = best;
  const ruled = engine.serve({
    account: "account-1",
    count: 3,
    rules: { pinned: [pinned], exclude: [best[1].item] },
  });
  expect(ruled.items[0]).toMatchObject({ item: pinned, propensity: 1 });
  expect(ruled.items.map(({ item }) => item)).not.toContain(best[1].item);
  await engine.close();
  const log = await openEmbeddedLog({ directory: join(directory, "log") });
  const lists = (await readEverything(log)).flatMap(({ event }) => event.list ?? []);
  await log.close();
  const told = [...served, ruled].flatMap(({ items }) =>
    items.map(({ item, propensity, insteadOf }) => ({
      item,
      propensity,
      ...(insteadOf !== undefined && { insteadOf }),
    })),
  );
  expect(lists).toEqual(told);
  // What would have been first without chance is what is recommended without it.
  const first = served.map(({ items }) => items[0].insteadOf ?? items[0].item);
  expect(new Set(first)).toEqual(new Set([best[0].item]));
  expect(served.some(({ items }) => items[0].insteadOf !== undefined)).toBe(true);
  // What has been shown often enough is new no more: the place goes through all of them.
  const atPlace = new Set(served.map(({ items }) => items[2].item));
  expect(atPlace.size).toBeGreaterThan(5);
});

test("what is drawn by chance has to be logged", () => {
  expect(() => resolveConfig({ serving: { log: false, exploration: { epsilon: 0.1 } } })).toThrow(
    /serving.exploration/,
  );
  expect(() => resolveConfig({ serving: { exploration: { epsilon: 2 } } })).toThrow(/epsilon/);
});
