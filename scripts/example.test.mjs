import { join } from "node:path";
import { expect, test } from "vitest";
import { root, run } from "./lib/project.mjs";

/** @param {string[]} args */
const example = (...args) => run(process.execPath, [join(root, "scripts", "example.mjs"), ...args]);

test("without a name lists the examples; another name is refused", async () => {
  expect(await example()).toEqual({
    code: 0,
    output: expect.stringContaining("npm run example -- embeddingTable"),
  });
  expect(await example("nothing")).toEqual({
    code: 2,
    output: expect.stringContaining("embeddingTable"),
  });
});

test("embeddingTable learns, finds, explains, restores and copies", {
  timeout: 60_000,
}, async () => {
  const { code, output } = await example("embeddingTable");
  expect(code, output).toBe(0);
  const [, ofMean, ofTables] = /mean ([\d.]+), with the tables ([\d.]+)/.exec(output) ?? [];
  // The deviation of the 100,000 ratings is 1.88; a model that predicts viewer and film is well below.
  expect(Number(ofMean)).toBeCloseTo(1.879, 2);
  expect(Number(ofTables)).toBeLessThan(1.65);
  // By count of the file: films with two ratings or more, and with one.
  expect(output).toContain("films: 5544 have rows, 4962 wait");
  expect(output.match(/^ {2}[\d.]+ .+ \(\d{4}\)$/gm)).toHaveLength(5);
  expect(output).toMatch(/^\{"state":"admitted".*"seenSeconds":1378061259/m);
  expect(output).toContain("the restored table gives the same vector");
  expect(output).toContain("int8 copy: 5544 ids");
  const error = Number(/largest error of a component ([\d.]+)/.exec(output)?.[1]);
  expect(error).toBeGreaterThan(0);
  expect(error).toBeLessThan(0.01);
});
