import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { root, run } from "./lib/project.mjs";

/** @param {string[]} args */
const example = (...args) => run(process.execPath, [join(root, "scripts", "example.mjs"), ...args]);

test("without a name lists the examples; another name is refused", async () => {
  expect(await example()).toEqual({
    code: 0,
    output: expect.stringMatching(
      /^npm run example -- attribution \| concepts \| embeddingTable /m,
    ),
  });
  expect(await example("nothing")).toEqual({
    code: 2,
    output: expect.stringContaining("embeddingTable"),
  });
});

/** @param {string} name @param {NodeJS.ProcessEnv} [env] its output, once it ended well */
async function outputOf(name, env = {}) {
  const args = [join(root, "scripts", "example.mjs"), name];
  const { code, output } = await run(process.execPath, args, { env: { ...process.env, ...env } });
  expect(code, output).toBe(0);
  return output;
}

/** Cells of the lines of a table, without its head. @param {string} output @param {RegExp} line */
const cells = (output, line) =>
  output
    .split("\n")
    .filter((one) => line.test(one))
    .map((one) => one.trim().split(/\s+/));

test("table is twenty lines, and its id comes, learns and goes", async () => {
  const source = readFileSync(join(root, "examples", "table.ts"), "utf8");
  const code = source.split("\n").filter((line) => line !== "" && !line.startsWith("/**"));
  expect(code.length).toBeLessThanOrEqual(20);
  const output = await outputOf("table");
  expect(output).toContain("first sighting: no row\nsecond: a row of its own\n");
  expect(output).toContain("its first number moved by -0.50"); // −rate · gradient
  expect(output).toContain("ids an hour later: 0\n");
});

test("evenNumbers keeps what 2 divides", async () => {
  expect(await outputOf("evenNumbers")).toBe("[ 8, -2, 0, 10 ]\n");
});

test("meanSalary is the mean of what is known, by department", async () => {
  const output = await outputOf("meanSalary");
  const lines = readFileSync(join(root, "examples", "data", "salaries.csv"), "utf8")
    .trimEnd()
    .split("\n")
    .slice(1);
  /** @type {Map<string, number[]>} */
  const salaries = new Map();
  for (const line of lines) {
    const [, department = "", salary = ""] = line.split(",");
    const known = salaries.get(department) ?? [];
    if (salary !== "") known.push(Number(salary));
    salaries.set(department, known);
  }
  expect(salaries.size).toBe(4);
  for (const [department, known] of salaries) {
    const mean = known.reduce((sum, salary) => sum + salary, 0) / known.length;
    expect(output).toMatch(new RegExp(`'${department}' +│ ${mean} +│ ${known.length} `));
  }
});

test("housePrices finds what prices were made of, and online comes near", async () => {
  const output = await outputOf("housePrices");
  /** @param {RegExp} pattern */
  const figure = (pattern) => Number(pattern.exec(output)?.[1]);
  // What the houses are drawn from; of 1,600 houses with a deviation of 20,000.
  expect(Math.abs(figure(/a bedroom (\d+)/) - 15_000)).toBeLessThan(2500);
  expect(Math.abs(figure(/a square foot ([\d.]+)/) - 120)).toBeLessThan(5);
  expect(Math.abs(figure(/harbour rather than east (\d+)/) - 90_000)).toBeLessThan(6000);
  expect(Math.abs(figure(/north rather than east (\d+)/) - 10_000)).toBeLessThan(6000);
  // 4e8 is the noise: of 400 houses its mean square is within a fifth of that (2.8 standard errors).
  const [batch = 0, online = 0] = [...output.matchAll(/([\d.]+e\+\d+)/g)].map(([text]) =>
    Number(text),
  );
  expect(batch).toBeGreaterThan(3.2e8);
  expect(batch).toBeLessThan(4.8e8);
  expect(online).toBeGreaterThan(3.2e8);
  expect(online / batch).toBeLessThan(1.1);
});

test("attribution gives what a pencil gives", async () => {
  const output = await outputOf("attribution");
  // Clicks of 7 days have a's and d's purchase; of 28 days c's, too; views of a day b's. Four clicks cost 2 each.
  expect(cells(output, /^\d+d /)).toEqual([
    ["7d", "off", "2", "110.00", "4.00", "3"],
    ["7d", "1d", "3", "150.00", "2.67", "2"],
    ["28d", "off", "3", "140.00", "2.67", "2"],
    ["28d", "1d", "4", "180.00", "2.00", "1"],
  ]);
  // Journeys: a search, social; b video; c search; d video, search; e none. A touch weighs half after 7 days.
  const [a, d] = [2 ** (-3 / 7) + 2 ** (-1 / 7), 2 ** (-4 / 7) + 2 ** (-1 / 7)];
  const search = 2 ** (-3 / 7) / a + 1 + 2 ** (-1 / 7) / d;
  const [social, video] = [2 ** (-1 / 7) / a, 1 + 2 ** (-4 / 7) / d];
  expect(cells(output, /^(search|social|video)/)).toEqual([
    ["search", "2.00", "2.00", "2.00", search.toFixed(2)],
    ["social", "1.00", "0.00", "0.50", social.toFixed(2)],
    ["video", "0.00", "2.00", "1.50", video.toFixed(2)],
  ]);
  expect(output).toContain("nothing came before 1 of 5");
});

test("people counts each account of two tables as it is in truth", async () => {
  const output = await outputOf("people");
  const counted = cells(output, /^a\d /).map(([account, , people]) => `${account},${people}`);
  const truth = readFileSync(join(root, "examples/data/household/truth-people.csv"), "utf8");
  const known = truth.trimEnd().split("\n").slice(1);
  expect(counted).toEqual(known.map((line) => line.split(",").slice(0, 2).join(",")));
});

test("fastify recommends what goes with one play", async () => {
  const output = await outputOf("fastify");
  const [, list = ""] = /after one play of lute-2: (.*)/.exec(output) ?? [];
  expect([...list.matchAll(/[a-z]+-\d/g)].map(String).sort()).toEqual([
    "lute-1",
    "lute-3",
    "lute-4",
  ]);
});

test("segment sends by Segment's SDK to a service; without one it says what to do", async () => {
  const nowhere = await run(process.execPath, [join(root, "scripts", "example.mjs"), "segment"], {
    env: { ...process.env, FOLDBACK_URL: "http://127.0.0.1:9" },
  });
  expect(nowhere.code).toBe(1);
  expect(nowhere.output).toContain("start `foldback serve`");

  const directory = mkdtempSync(join(tmpdir(), "foldback-example-"));
  const command = join(root, "dist", "cli", "main.js");
  const service = spawn(process.execPath, [command, "serve", "--port", "0", "--data", directory]);
  const ended = once(service, "exit");
  onTestFinished(async () => {
    service.kill("SIGKILL");
    await ended;
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  });
  let url = "";
  for await (const line of createInterface({ input: service.stdout })) {
    url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0] ?? "";
    if (url !== "") break;
  }
  const output = await outputOf("segment", { FOLDBACK_URL: url });
  const [, list = ""] = /after tea: (.*)/.exec(output) ?? [];
  // What the buyers of tea bought comes before the sports.
  expect(list.split(", ").slice(0, 2).sort()).toEqual(["cup", "pot"]);
  expect(output).toContain("{ plan: 'family' }");
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
