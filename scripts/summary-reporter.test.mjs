import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { makeProject, runNode } from "./lib/fixture.mjs";
import { root } from "./lib/project.mjs";

/**
 * Runs vitest itself, on test files of its own.
 *
 * @param {Record<string, string>} files
 */
function runTests(files) {
  const reporter = JSON.stringify(pathToFileURL(join(root, "scripts/summary-reporter.mjs")).href);
  const project = makeProject({
    "vitest.config.mjs": `
      import { SummaryReporter } from ${reporter};
      export default { test: { globals: true, reporters: ["default", new SummaryReporter()] } };`,
    ...files,
  });
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const { code, output } = runNode(project, [vitest, "run", "--root", project]);
  return { code, lines: output.split("\n") };
}

test("counts what passed, failed and was skipped, in the last line", () => {
  const { code, lines } = runTests({
    "a.test.mjs": `test("a", () => {}); test.skip("b", () => {}); test.todo("c");`,
    "b.test.mjs": `test("d", () => { throw new Error("d"); }); test("e", () => {});`,
  });
  expect(code).toBe(1);
  // The failure's text goes to standard error, which runNode puts last.
  expect(lines).toContain("2 passed, 1 failed, 2 skipped");
});

test("says only passed and failed when nothing was skipped", () => {
  const { code, lines } = runTests({ "a.test.mjs": `test("a", () => {});` });
  expect(code).toBe(0);
  expect(lines.at(-1)).toBe("1 passed, 0 failed");
});

test.each([
  ["a file that throws", `throw new Error("no tests");`],
  ["a describe that throws", `describe("a", () => { throw new Error("no tests"); });`],
  ["an error outside any test", `test("a", () => { Promise.reject(new Error("lost")); });`],
])("%s is a failure", (_, source) => {
  const { code, lines } = runTests({ "a.test.mjs": source });
  expect(code).toBe(1);
  expect(lines.some((line) => /^[01] passed, 1 failed$/.test(line))).toBe(true);
});
