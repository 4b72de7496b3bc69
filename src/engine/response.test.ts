/** That the engine foretells responses, with each kind of model, from the slots that the config declares. */
import { expect, onTestFinished, test } from "vitest";
import { Foldback, type RecommendedItem, type UserConfig } from "#foldback/engine";
import type { Event } from "../event/index.ts";
import { likes, smallConfig } from "../testing/smallEngine.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";

const begin = Date.UTC(2024, 0, 1);

/** Items 0 to 14 are always liked on a phone and skipped on a TV; the others the other way round. */
function shownEvents(count: number): Event[] {
  return Array.from({ length: count }, (_, i): Event[] => {
    const number = (i * 7) % 30;
    const device = Math.floor(i / 30) % 2 === 0 ? "phone" : "tv";
    const about = {
      account: `account-${i % 20}`,
      item: `item-${number}`,
      request: `r${i}`,
      device,
    };
    const shown = { type: "impression", time: begin + i * 60_000, ...about };
    const isWanted = number < 15 === (device === "phone");
    return [shown, { ...shown, type: isWanted ? "like" : "skip", time: shown.time + 1000 }];
  }).flat();
}

async function open(directory: string, response: UserConfig["response"]): Promise<Foldback> {
  const engine = await Foldback.open({ ...smallConfig(directory), response: response ?? {} });
  onTestFinished(() => engine.close());
  return engine;
}

const ask = (engine: Foldback, device: string): RecommendedItem[] =>
  engine.recommend({ account: "nobody", count: 40, moment: { device } });

for (const kind of ["fm", "deepfm"] as const) {
  test(`${kind}: learns what a sum of weights can't say, and knows it after a restart`, async () => {
    const directory = temporaryDirectory();
    const slots = { item: { of: ["item"] }, device: { of: ["device"] } };
    // Rates for some hundred examples.
    const response = { kind, slots, learningRate: 0.3, initialScale: 0.1 };
    const engine = await open(directory, response);
    await engine.ingest(shownEvents(1200));
    await engine.settled();
    const phone = ask(engine, "phone");
    expect(phone).toHaveLength(30);
    for (const { item, responseProbability = 0.5 } of phone)
      expect(responseProbability > 0.5, item).toBe(Number(item.slice(5)) < 15);
    for (const { item, responseProbability = 0.5 } of ask(engine, "tv"))
      expect(responseProbability > 0.5, item).toBe(Number(item.slice(5)) >= 15);
    await engine.close();
    const again = await open(directory, response);
    expect(again.status().restoredFrom).toBeGreaterThan(1000);
    // The ranking goes by trends, and so by the clock.
    const ofItems = (items: RecommendedItem[]): unknown =>
      items.map(({ item, responseProbability }) => `${item} ${responseProbability}`).sort();
    expect(ofItems(ask(again, "phone"))).toEqual(ofItems(phone));
  });
}

test("logistic: learns a weight for each cross that is declared", async () => {
  const slots = { both: { of: ["item", "device"] } };
  const response = { kind: "logistic", slots, linear: { alpha: 0.5 } } as const;
  const engine = await open(temporaryDirectory(), response);
  await engine.ingest(shownEvents(1000));
  await engine.settled();
  for (const { item, responseProbability = 0.5 } of ask(engine, "phone"))
    expect(responseProbability > 0.5, item).toBe(Number(item.slice(5)) < 15);
});

test("a list that somebody else has made is foretold place by place, as the engine's own are", async () => {
  const slots = { both: { of: ["item", "device"] }, position: { of: ["position"] } };
  const engine = await open(temporaryDirectory(), { kind: "fm", slots });
  const list = { account: "nobody", items: ["item-3", "item-20"], moment: { device: "phone" } };
  expect(() => engine.responses(list)).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
  await engine.ingest(shownEvents(600));
  await engine.settled();
  const own = ask(engine, "phone");
  const items = own.map(({ item }) => item);
  const asked = { account: "nobody", items, moment: { device: "phone" } };
  const expected = own.map(({ responseProbability }) => responseProbability);
  expect([...(engine.responses(asked) ?? [])]).toEqual(expected);
  // Also of what the account has had, which is in no list of its own.
  const [had] = items;
  await engine.ingest([{ type: "like", time: begin, account: "nobody", item: had }]);
  expect(ask(engine, "phone").map(({ item }) => item)).not.toContain(had);
  expect(engine.responses(asked)).toHaveLength(items.length);
  expect(() => engine.responses({ account: "nobody", items: [] })).toThrow(
    expect.objectContaining({ code: "REQUEST_INVALID" }),
  );
});

test("off: nothing is foretold, and impressions are nothing to learn from", async () => {
  const engine = await open(temporaryDirectory(), { kind: "off" });
  await engine.ingest(likes(0, 100));
  await engine.settled();
  const { examples } = engine.status();
  await engine.ingest(shownEvents(200).filter(({ type }) => type === "impression"));
  await engine.settled();
  expect(engine.status().examples).toBe(examples);
  for (const item of ask(engine, "phone")) expect(item).not.toHaveProperty("responseProbability");
  expect(engine.responses({ account: "nobody", items: ["item-3"] })).toBeUndefined();
});

test("a slot of an unknown source is refused when the engine is opened", async () => {
  const slots = { a: { of: ["acount"] } };
  await expect(open(temporaryDirectory(), { slots })).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringContaining("acount"),
  });
});
