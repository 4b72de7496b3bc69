import { expect, test } from "vitest";
import { checkPaths } from "./check-paths.mjs";
import { makeProject } from "./lib/fixture.mjs";

/** @param {string} text */
const problemsOf = (text) => checkPaths(makeProject({ "a.md": text })).problems;

// Put together here, so that this file passes the check.
test.each(["work", "root", "home", "Users"])("refuses a path under /%s", (folder) => {
  expect(problemsOf(`fine\nsee (/${folder}/x/y)`)).toEqual([
    `a.md:2: names a machine's path: /${folder}/`,
  ]);
});

test("allows the same words elsewhere in a path or an address", () => {
  expect(
    problemsOf("https://example.org/home/ src/work/x ./root/y ${root}/home/ /workers/"),
  ).toEqual([]);
});

test("looks neither into binary files nor into what is built", () => {
  const path = ["", "root", "x"].join("/");
  const project = makeProject({
    "a.bin": `\0${path}`,
    "build/b.md": path,
    "node_modules/c.md": path,
  });
  expect(checkPaths(project).problems).toEqual([]);
});
