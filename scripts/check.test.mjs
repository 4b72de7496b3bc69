import { expect, test } from "vitest";
import { linkPackages, makeProjectWithScripts, runNode, writeFiles } from "./lib/fixture.mjs";

test("a check that fails shows what it found and fails the run; the others still run", () => {
  const project = makeProjectWithScripts({ "README.md": "[x](gone.md)" });
  linkPackages(project);
  const bad = runNode(project, ["scripts/check.mjs", "links", "paths"]);
  expect(bad.code).toBe(1);
  expect(bad.output).toMatch(
    /FAIL links[\s\S]*README\.md:1: gone\.md: does not exist[\s\S]*ok {3}paths/,
  );
  expect(bad.output.split("\n").at(-1)).toBe("1 passed, 1 failed");

  writeFiles(project, { "gone.md": "" });
  const good = runNode(project, ["scripts/check.mjs", "links", "paths"]);
  expect(good.code).toBe(0);
  expect(good.output.split("\n").at(-1)).toBe("2 passed, 0 failed");
});

test("a check that does not exist is wrong use", () => {
  const project = makeProjectWithScripts({});
  expect(runNode(project, ["scripts/check.mjs", "nothing"]).code).toBe(2);
});
