import { join } from "node:path";
import { expect, test } from "vitest";
import { root, run } from "./lib/project.mjs";

/** @param {string[]} args */
const example = (...args) => run(process.execPath, [join(root, "scripts", "example.mjs"), ...args]);

test("without a name lists the examples; another name is refused", async () => {
  expect(await example()).toEqual({
    code: 0,
    output: expect.stringMatching(/^npm run example -- concepts \| embeddingTable$/m),
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

test("concepts shows what docs/concepts.md says of each", { timeout: 300_000 }, async () => {
  const { code, output } = await example("concepts");
  expect(code, output).toBe(0);
  /** @param {string} name of a row @returns {number[]} the figures that follow it */
  const row = (name) => {
    const line = output.split("\n").find((one) => one.startsWith(`  ${name}  `)) ?? "";
    return (line.slice(name.length + 2).match(/[\d.]+/g) ?? []).map(Number);
  };

  // Accuracy, AUC, log loss, positives of the highest 1,000. Of the file 2,348 ratings are 2 or less.
  const [always, learned] = [row("always 2.3 %"), row("logistic regression")];
  expect([always[0], always[1]]).toEqual([97.7, 0.5]);
  expect(learned[0]).toBeCloseTo(97.7, 0);
  expect(learned[1]).toBeGreaterThan(0.75);
  expect(learned[3]).toBeGreaterThan(10 * always[3]);

  // Weights, exactly 0, largest, log loss, AUC.
  const [free, l1, l2] = ["l1 0, l2 0", "l1 2, l2 0", "l1 0, l2 2"].map(row);
  expect(free[0]).toBe(27_085); // 16,554 users, 10,506 films, 25 genres
  expect([free[1], l2[1]]).toEqual([0, 0]);
  expect(l1[1]).toBeGreaterThan(80);
  expect(l2[2]).toBeLessThan(free[2]);

  // Examples, log loss at alpha 0.5, 4, 4 with L2, and admitted at the third: ln 2 knows nothing.
  const [users, slow, fast, penalised, admitted] = row("1");
  expect(users).toBe(9097);
  expect(fast).toBeGreaterThan(Math.LN2);
  for (const better of [slow, penalised, admitted]) expect(better).toBeLessThan(0.63);
  expect(row("20 and more")[1]).toBeLessThan(slow);

  // Learned from, predicted, observed, calibration error, log loss, AUC.
  const [as, corrected] = [row("1 in 10, as they are"), row("1 in 10, −ln 0.1 added")];
  expect(as[1]).toBeGreaterThan(80);
  expect(corrected[1]).toBeCloseTo(corrected[2], -1);
  expect([as[3] > 0.3, corrected[3] < 0.03]).toEqual([true, true]);
  expect(corrected[5]).toBeCloseTo(as[5], 2);

  // Training and validation loss, without dropout and with it; the first pass was the best.
  const [first, last] = [output.lastIndexOf("\n  1  "), output.lastIndexOf("\n  8  ")].map((at) =>
    (
      output
        .slice(at + 4)
        .split("\n", 1)[0]
        ?.match(/[\d.]+/g) ?? []
    ).map(Number),
  );
  expect(last[0]).toBeLessThan(0.5 * first[0]);
  expect(last[1]).toBeGreaterThan(1.3 * first[1]);
  expect(last[2]).toBeGreaterThan(last[0]);
  expect(last[3]).toBeLessThan(0.8 * last[1]);
});
