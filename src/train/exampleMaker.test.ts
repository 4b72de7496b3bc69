import { describe, expect, it } from "vitest";
import type { Event, LogRecord } from "../event/index.ts";
import {
  accountIdOf,
  defaultFeedbackRules,
  itemIdOf,
  type SlotRules,
  StreamState,
} from "../features/index.ts";
import { recordsOf, streamTime } from "../testing/feedbackStream.ts";
import { MemorySnapshot } from "../testing/memorySnapshot.ts";
import { smallJoining } from "../testing/smallLearner.ts";
import { ExampleMaker, type ExampleMakerOptions, type ExampleStep } from "./index.ts";

const slots: SlotRules = {
  who: { of: ["account"] },
  item: { of: ["item"] },
  recent: { of: ["recent"] },
};
const minute = 60_000;

interface Subject {
  readonly maker: ExampleMaker;
  readonly state: StreamState;
}

function makeSubject(options: Partial<ExampleMakerOptions> = {}): Subject {
  const rules = options.rules ?? defaultFeedbackRules;
  const limits = {
    itemsMax: 100,
    accountsMax: 100,
    itemsPerAccountMax: 100,
    accountPropertiesBytesMax: 10_000,
  };
  const state = new StreamState({ partitionCount: 1, rules, ...limits });
  const joining = smallJoining;
  return {
    state,
    maker: new ExampleMaker(state, {
      slots,
      rules,
      labels: {},
      shown: "impression",
      joining,
      ...options,
    }),
  };
}

function run({ maker, state }: Subject, records: readonly LogRecord[]): ExampleStep[] {
  return records.flatMap((record) => {
    const steps = maker.take(record);
    state.apply(record);
    return steps;
  });
}

const at = (minutes: number, event: Partial<Event>): Event => ({
  type: "impression",
  time: streamTime + minutes * minute,
  account: "a",
  item: "x",
  request: "r",
  ...event,
});

describe("the examples of a stream", () => {
  it("are asked when an item is shown, and taught with the same features when the label is known", () => {
    const steps = run(
      makeSubject(),
      recordsOf([
        at(0, {}),
        at(0, { item: "y", position: 1 }),
        at(1, { type: "like", item: "z" }), // which changes what is recent
        at(2, { type: "like" }),
        { type: "access", time: streamTime + 40 * minute, account: "a" },
      ]),
    );
    const features = [
      { slot: "who", id: accountIdOf("a"), value: 1 },
      { slot: "item", id: itemIdOf("x"), value: 1 },
    ];
    const ofY = [features[0], { ...features[1], id: itemIdOf("y") }];
    const asked = { kind: "asked", time: streamTime };
    expect(steps).toEqual([
      { ...asked, index: 0, features },
      { ...asked, index: 1, features: ofY },
      expect.objectContaining({ kind: "taught", index: 0, features, label: 1, takeBack: 0 }),
      expect.objectContaining({ kind: "taught", index: 1, features: ofY, label: 0, weight: 1 }),
    ]);
    expect(steps.map(({ time }) => (time - streamTime) / minute)).toEqual([0, 0, 2, 40]);
  });

  it("are asked and taught at once by an event with a label of its own", () => {
    const labels = { rate: { valueMin: 8 } };
    const rate = (item: string, value?: number): Event => {
      const { request: _, ...event } = at(0, { type: "rate", item });
      return value === undefined ? event : { ...event, value };
    };
    const steps = run(
      makeSubject({ labels }),
      recordsOf([rate("u", 8), rate("v", 7.9), rate("w"), rate("x", 10)]),
    );
    expect(steps.map(({ kind, index }) => `${kind} ${index}`)).toEqual(
      [0, 1, 2].flatMap((index) => [`asked ${index}`, `taught ${index}`]),
    );
    const taught = steps.filter((step) => step.kind === "taught");
    expect(taught.map(({ label }) => label)).toEqual([1, 0, 1]);
    // What the account rated before is known, what it rates now is not yet.
    expect(taught.map(({ features }) => features.length)).toEqual([2, 3, 5]);
  });

  it("have the watched share as label where the rule goes by it", () => {
    const rules = { play: { weight: 1, had: true, byShare: true, secondsMin: 10 } };
    const play = (item: string, seconds: number): Event => at(1, { type: "play", item, seconds });
    const known = at(0, { type: "item_set", context: { lengthSeconds: 200 } });
    const steps = run(
      makeSubject({ rules }),
      recordsOf([
        { type: "item_set", time: known.time, item: "x", context: known.context ?? {} },
        ...["x", "y", "z"].map((item) => at(0, { item })),
        play("x", 50),
        play("y", 50), // of unknown length
        play("z", 5), // too short to count
      ]),
    );
    const labels = steps.flatMap((step) => (step.kind === "taught" ? [step.label] : []));
    expect(labels).toEqual([0.25, 1]);
  });

  it("of what was served, where that counts as shown, are asked at that moment, once", () => {
    const served = at(0, { type: "served" });
    const { item: _, ...about } = served;
    const records = recordsOf([
      { ...about, list: ["x", "y"].map((item) => ({ item, propensity: 1 })) },
      at(1, { type: "like", item: "z", request: "other" }), // which changes what is recent
      at(2, { position: 0 }),
      at(3, { type: "like" }),
    ]);
    const steps = run(makeSubject({ shown: "served" }), records);
    expect(steps.map(({ kind, index }) => `${kind} ${index}`)).toEqual([
      "asked 0",
      "asked 1",
      "taught 0",
    ]);
    expect(steps[2]).toMatchObject({ label: 1, features: steps[0].features });
    const shown = run(makeSubject(), records);
    expect(shown.map(({ kind }) => kind)).toEqual(["asked", "taught"]);
    expect(shown[0].features).toHaveLength(3);
  });

  it("go on after a restore as if nothing had happened", () => {
    const records = recordsOf(
      Array.from({ length: 60 }, (_, i) =>
        at(i * 2, {
          item: `i${i % 9}`,
          request: `r${i % 12}`,
          type: i % 3 === 0 ? "like" : "impression",
        }),
      ),
    );
    const whole = run(makeSubject(), records);
    expect(whole.filter(({ kind }) => kind === "taught").length).toBeGreaterThan(10);
    for (const cut of [0, 1, 17, 40]) {
      const [before, after] = [makeSubject(), makeSubject()];
      const first = run(before, records.slice(0, cut));
      const snapshot = new MemorySnapshot();
      before.maker.save(snapshot);
      before.state.save(snapshot);
      after.state.restore(snapshot);
      after.maker.restore(snapshot);
      expect([...first, ...run(after, records.slice(cut))], `cut at ${cut}`).toEqual(whole);
    }
  });
});
