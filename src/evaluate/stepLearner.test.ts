/** What a model is told of the steps of a stream, and when. */
import { describe, expect, it } from "vitest";
import { dayMs } from "../core/index.ts";
import type { Example, OnlineModel } from "../model/index.ts";
import type { ExampleStep } from "../train/index.ts";
import { ExampleStream } from "./exampleStream.ts";
import { StepLearner } from "./stepLearner.ts";

const second = 1000;
const featuresOf = (index: number) => [{ slot: "item", id: BigInt(index) }];
const asked = (index: number, time: number): ExampleStep => ({
  kind: "asked",
  index,
  time,
  features: featuresOf(index),
});
const taught = (index: number, time: number, label: number, more = {}): ExampleStep => ({
  kind: "taught",
  index,
  time,
  features: featuresOf(index),
  label,
  weight: 1,
  takeBack: 0,
  ...more,
});

/** Writes down what it is told: item, label and weight of each example. */
function recorder(batchMax: number): { model: OnlineModel; told: string[] } {
  const told: string[] = [];
  const say = ({ features, label, weight = 1 }: Example): string =>
    `${features[0].id}:${label}×${weight}`;
  const model = {
    batchMax,
    learnOne: (example: Example, now: number) => told.push(`${now} ${say(example)}`),
    learnBatch: (examples: readonly Example[], now: number) => {
      told.push(`${now} ${examples.map(say).join(" ")}`);
      return new Float64Array(examples.length);
    },
    expire: (now: number) => told.push(`${now} expire`),
  } as unknown as OnlineModel; // what a learner does not call is not there
  return { model, told };
}

const steps = [
  asked(0, 10 * second),
  asked(1, 10 * second + 5),
  taught(0, 10 * second + 6, 0),
  taught(1, 10 * second + 999, 1, { weight: 2 }),
  asked(2, 11 * second),
  taught(2, 11 * second, 1),
  taught(0, 11 * second, 1, { weight: 3, takeBack: 0.5 }),
  taught(1, dayMs + 5 * second, 0),
];

describe("a learner of steps", () => {
  it("takes a 0 back that was none, then teaches what came", async () => {
    const { model, told } = recorder(1);
    new StepLearner(model, await ExampleStream.of(steps), 0).run(0, steps.length);
    expect(told).toEqual([
      "10 0:0×1",
      "10 1:1×2",
      "11 2:1×1",
      "11 0:0×-0.5",
      "11 0:1×3",
      `${dayMs / second + 5} expire`,
      `${dayMs / second + 5} 1:0×1`,
    ]);
  });

  it("learns minibatches of what was taught in one second, up to the model's size", async () => {
    const { model, told } = recorder(2);
    new StepLearner(model, await ExampleStream.of(steps), 0).run(0, steps.length);
    expect(told).toEqual([
      "10 0:0×1 1:1×2",
      "11 2:1×1 0:0×-0.5",
      "11 0:1×3",
      `${dayMs / second + 5} expire`,
      `${dayMs / second + 5} 1:0×1`,
    ]);
  });

  it("is told the same in two runs that meet where a second begins", async () => {
    const stream = await ExampleStream.of(steps);
    const [whole, cut] = [recorder(2), recorder(2)];
    new StepLearner(whole.model, stream, 0).run(0, steps.length);
    new StepLearner(cut.model, stream, 0).run(0, 4);
    new StepLearner(cut.model, stream, stream.clock[4]).run(4, steps.length);
    expect(cut.told).toEqual(whole.told);
  });
});

describe("a stream of steps", () => {
  it("keeps the features of each example, once", async () => {
    const some: ExampleStep[] = Array.from({ length: 50 }, (_, index) => ({
      kind: "asked",
      index,
      time: index,
      features: Array.from({ length: index % 7 }, (__, i) => ({
        slot: `slot${i % 3}`,
        id: 2n ** 64n - BigInt(index * 10 + i + 1),
        ...(i === 2 ? { value: 0.25 } : {}),
      })),
    }));
    const stream = await ExampleStream.of(some);
    for (const step of some)
      expect(stream.featuresOf(step.index)).toEqual(
        step.features.map((feature) => ({ value: 1, ...feature })),
      );
    expect(() => stream.featuresOf(50)).toThrow("one that was asked");
  });

  it("has the label that was taught last, and none where nothing was", async () => {
    const { labels, clock, askedClock } = await ExampleStream.of([...steps, asked(3, 12 * second)]);
    expect([...labels]).toEqual([1, 0, 1, Number.NaN]);
    // The last one is late: the stream's time does not go back.
    expect(clock[8]).toBe(dayMs + 5 * second);
    expect(askedClock[3]).toBe(dayMs + 5 * second);
  });

  it("is cut by examples or by time, where a second begins", async () => {
    const stream = await ExampleStream.of(
      Array.from({ length: 10 }, (_, i) => asked(i, i < 5 ? i * 300 : i * 1000)),
    );
    expect(stream.cutAt({ share: 0.5, by: "examples" })).toBe(5);
    expect(stream.cutAt({ share: 0.3, by: "examples" })).toBe(0); // 900 ms: the second began at 0
    expect(stream.cutAt({ share: 0.5, by: "time" })).toBe(5); // 4.5 s: in no second that has steps
    expect(stream.cutAt({ share: 0.75, by: "time" })).toBe(6);
  });

  it("measures what is asked from a step on, if its label became known", async () => {
    const stream = await ExampleStream.of([...steps, asked(3, 12 * second)]);
    expect([...stream.measuredFrom(0)]).toEqual([0, 1, 2]);
    expect([...stream.measuredFrom(1)]).toEqual([1, 2]);
    expect([...stream.measuredFrom(8)]).toEqual([]);
  });
});
