import { expect, it } from "vitest";
import type { ExampleStep } from "../train/index.ts";
import { RecordedSteps } from "./recordedSteps.ts";

const features = (i: number) => [
  { slot: "a", id: BigInt(i), value: 1 },
  { slot: "b", id: 2n ** 64n - 1n, value: Math.fround(0.1 * i) },
];

it("gives the steps that were recorded, as often as one wants", () => {
  const steps: ExampleStep[] = [];
  for (let i = 0; i < 50; i++) {
    steps.push({ kind: "asked", index: i, time: i * 10, features: features(i) });
    const old = i - (i % 7);
    const of = { kind: "taught", index: old, features: features(old) } as const;
    steps.push({ ...of, time: i * 10 + 5, label: (i % 5) / 4, weight: 2, takeBack: i % 2 });
  }
  const recorded = new RecordedSteps(["b", "a"]);
  for (const step of steps) recorded.push(step);
  expect(recorded.exampleCount).toBe(50);
  expect([...recorded]).toEqual(steps);
  expect([...recorded]).toEqual(steps);
});
