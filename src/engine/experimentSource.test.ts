/** What an experiment goes over: files in, a stream of examples and models out. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Event } from "../event/index.ts";
import { temporaryDirectory } from "../testing/temporaryDirectory.ts";
import { resolveConfig, type UserConfig } from "./config.ts";
import { accountSlots, fileExperiment } from "./experimentSource.ts";

const minute = 60_000;
const start = Date.UTC(2025, 2, 1);
const at = (minutes: number, event: Partial<Event>): Event => ({
  type: "impression",
  time: start + minutes * minute,
  account: "a",
  ...event,
});

const slots = {
  who: { of: ["account"] },
  item: { of: ["item"] },
  taste: { of: ["categories", "account"] },
};
const small: UserConfig = { response: { slots, sizeBytesMax: 16 * 1024 * 1024 } };

function fileOf(events: readonly Event[]): string {
  const path = join(temporaryDirectory(), "events.ndjson");
  writeFileSync(path, events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  return path;
}

describe("the source of an experiment", () => {
  const shown = { request: "r", account: "a" };
  const events = [
    at(0, { ...shown, item: "x", position: 0 }),
    at(0, { ...shown, item: "y", position: 1 }),
    at(5, { ...shown, type: "like", item: "y" }),
    at(100, { type: "rate", item: "z", value: 9 }),
    at(101, { type: "rate", item: "z", value: 3 }),
  ];

  it("has the examples of a file: impressions joined with actions, and events with a label", async () => {
    const labels = { rate: { valueMin: 8 } };
    const config = resolveConfig({ response: { ...small.response, labels } });
    const stream = await fileExperiment(config, { files: [fileOf(events)], seeds: [1] }).streamOf(
      1,
    );
    expect([...stream.labels]).toEqual([0, 1, 1, 0]);
    expect(stream.steps.map(({ kind, index }) => `${kind} ${index}`)).toEqual([
      ...["asked 0", "asked 1", "taught 1"],
      // The window of the first has ended when the rating comes.
      ...["taught 0", "asked 2", "taught 2", "asked 3", "taught 3"],
    ]);
    expect(stream.featuresOf(2).map(({ slot }) => slot)).toEqual(["who", "item"]);
  });

  it("reads a file once for all seeds, or one for each", async () => {
    const config = resolveConfig(small);
    const files = [fileOf(events), fileOf(events.slice(0, 1).concat(events.slice(2)))];
    const one = fileExperiment(config, { files: files.slice(0, 1), seeds: [1, 2] });
    expect(await one.streamOf(2)).toBe(await one.streamOf(1));
    const each = fileExperiment(config, { files, seeds: [1, 2] });
    expect((await each.streamOf(1)).askedCount).toBe(2);
    expect((await each.streamOf(2)).askedCount).toBe(1);
    expect(() => fileExperiment(config, { files, seeds: [1, 2, 3] })).toThrow(
      expect.objectContaining({ code: "REQUEST_INVALID" }) as Error,
    );
  });

  it("has models that are the same for a seed, and others for another", () => {
    const source = fileExperiment(resolveConfig(small), { files: ["unread"], seeds: [1, 2] });
    const features = [
      { slot: "who", id: 1n },
      { slot: "item", id: 2n },
    ];
    const learned = [1, 1, 2].map((seed) => {
      const model = source.makeModel(seed);
      model.learnOne({ features, label: 1 }, 1);
      return model.predictOne(features);
    });
    expect(learned[1]).toBe(learned[0]);
    expect(learned[2]).not.toBe(learned[0]);
  });

  it("refuses a file without examples, and a config without a model", async () => {
    const source = fileExperiment(resolveConfig(small), {
      files: [fileOf(events.slice(3))],
      seeds: [1],
    });
    await expect(source.streamOf(1)).rejects.toMatchObject({ code: "REQUEST_INVALID" });
    const off = fileExperiment(resolveConfig({ response: { kind: "off" } }), {
      files: ["unread"],
      seeds: [1],
    });
    expect(() => off.makeModel(1)).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }) as Error,
    );
  });

  it("knows the slots of accounts: alone, or crossed", () => {
    expect(accountSlots(resolveConfig(small))).toEqual(["who", "taste"]);
    const items = resolveConfig({ response: { slots: { item: { of: ["item"] } } } });
    expect(accountSlots(items)).toEqual([]);
  });
});
