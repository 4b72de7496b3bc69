/** When to count anew, as whoever types it meets it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { directoryOf } from "../testing/eventFiles.ts";
import { runFoldback } from "../testing/foldbackProcess.ts";

const retraining = ["people", "retraining", "--accounts", "3", "--seed", "7"];

test("a line for each policy and a picture; the same flags say the same", async () => {
  const picture = join(directoryOf({}), "retraining.svg");
  const shown = await runFoldback([...retraining, "--picture", picture]);
  expect([shown.code, shown.stderr]).toEqual([0, ""]);
  for (const policy of ["every month", "every 12 months", "> 10 % beyond the cut", "by cost"]) {
    expect(shown.stdout).toContain(policy);
  }
  expect(readFileSync(picture, "utf8")).toMatch(/^<svg .*<\/svg>\s*$/su);
  const again = await runFoldback([...retraining, "--picture", picture]);
  expect(again.stdout).toBe(shown.stdout);
});

test("a run that costs nothing is never put off by cost, and as JSON that can be read", async () => {
  const { code, stdout } = await runFoldback([...retraining, "--run-cost", "0", "--json"]);
  expect(code).toBe(0);
  const { policies } = JSON.parse(stdout) as {
    policies: { name: string; runs: { mean: number }; cost: { mean: number } }[];
  };
  const runsOf = (name: string): number =>
    policies.find((one) => one.name === name)?.runs.mean ?? -1;
  expect(runsOf("every month")).toBe(11);
  expect(runsOf("every 12 months")).toBe(0);
  expect(runsOf("by cost")).toBeGreaterThanOrEqual(runsOf("every 12 months"));
});

test.each([
  ["--accounts", "1"],
  ["--run-cost", "much"],
])("%s %s ends with code 2", async (flag, value) => {
  const { code, stderr } = await runFoldback(["people", "retraining", flag, value]);
  expect(code).toBe(2);
  expect(stderr).toContain(flag);
});
