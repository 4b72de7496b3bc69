import { expect, test } from "vitest";
import { checkImports, findCycles } from "./check-imports.mjs";
import { makeProject } from "./lib/fixture.mjs";

const table = {
  folders: { core: [], log: ["core"], engine: ["core", "log"], kernels: [], client: ["core"] },
  testsOnly: ["testing"],
  web: ["client"],
  page: ["client"],
  closed: { "kernels/assembly": ["kernels/layout.ts"] },
};

/** @param {Record<string, string>} files */
function problemsOf(files) {
  const project = makeProject({
    "package.json": JSON.stringify({ name: "foldback", dependencies: { shipped: "1.0.0" } }),
    "src/core/index.ts": "export const one = 1;",
    "src/log/index.ts": "export const log = 1;",
    ...files,
  });
  return checkImports(project, table).problems;
}

test("allows what the table allows, by the door", () => {
  const problems = problemsOf({
    "src/log/log.ts": `
      import { one } from "../core/index.ts";
      import { readFile } from "node:fs/promises";
      import shipped from "shipped/part";
      export const worker = new URL("./worker.js", import.meta.url);`,
    "src/log/worker.ts": `import { log } from "./log.ts";`,
  });
  expect(problems).toEqual([]);
});

test.each([
  ["a value", `import { log } from "../log/index.ts";`],
  ["a type", `import type { Log } from "../log/index.ts";`],
  ["an inline type", `import { type Log } from "../log/index.ts";`],
  ["a re-export", `export * from "../log/index.ts";`],
  ["a type re-export", `export type { Log } from "../log/index.ts";`],
  ["a side effect", `import "../log/index.ts";`],
  ["an import when it runs", `export const late = () => import("../log/index.ts");`],
  ["an import type", `export type Late = import("../log/index.ts").Log;`],
  ["a worker", `export const worker = new URL("../log/index.js", import.meta.url);`],
])("refuses a direction that the table does not have: %s", (_, source) => {
  expect(problemsOf({ "src/core/bad.ts": source })).toEqual([
    expect.stringMatching(/^src\/core\/bad\.ts: imports .*core may import only: nothing$/),
  ]);
});

test("an import in a comment or a string is none", () => {
  const source = `// import "../log/index.ts"\nexport const text = 'import "../log/index.ts"';`;
  expect(problemsOf({ "src/core/fine.ts": source })).toEqual([]);
});

test("refuses to go past another folder's door", () => {
  const problems = problemsOf({
    "src/core/inner.ts": "export const inner = 1;",
    "src/log/log.ts": `import { inner } from "../core/inner.ts";`,
  });
  expect(problems).toEqual([expect.stringContaining("import its door, ../core/index.ts")]);
});

test("tests import helpers of tests, and other folders as their own folder may", () => {
  const problems = problemsOf({
    "src/testing/clock.ts": `import { log } from "../log/index.ts";`,
    "src/core/good.test.ts": `
      import { test } from "vitest";
      import { clock } from "../testing/clock.ts";
      import { built } from "#foldback/core";
      export const other = new URL("../../dist/core/index.js", import.meta.url);`,
    "src/core/bad.test.ts": `import { log } from "#foldback/log";`,
    "src/core/bad.ts": `import { clock } from "../testing/clock.ts";`,
  });
  expect(problems).toEqual([
    expect.stringMatching(/^src\/core\/bad\.test\.ts: .*core may import only: nothing$/),
    expect.stringMatching(/^src\/core\/bad\.ts: .*only tests import it$/),
  ]);
});

test("refuses a cycle of files, also one of types alone", () => {
  const problems = problemsOf({
    "src/log/a.ts": `import type { B } from "./b.ts"; export type A = B;`,
    "src/log/b.ts": `import { type A } from "./a.ts"; export type B = A;`,
  });
  expect(problems).toEqual(["cycle: src/log/a.ts → src/log/b.ts → src/log/a.ts"]);
});

test("refuses a folder that the table does not know, and a table that allows a cycle", () => {
  expect(problemsOf({ "src/news/index.ts": "" })).toEqual([
    "src/news/index.ts: its folder is not in scripts/imports.json",
  ]);
  const project = makeProject({ "package.json": "{}" });
  const folders = { core: ["log"], log: ["core"] };
  expect(checkImports(project, { ...table, folders }).problems).toEqual([
    "scripts/imports.json allows a cycle: core → log → core",
  ]);
});

test("a closed folder imports itself and what it is given, decorated functions or not", () => {
  const problems = problemsOf({
    "src/kernels/assembly/index.ts": `export { dot } from "./dot";\nimport {\n  row,\n} from "../layout";`,
    "src/kernels/assembly/dot.ts": `@inline export function dot(): f32 { return 0; }`,
    "src/kernels/assembly/bad.ts": `import { dot } from "../twin";\n@inline function f(): void {}`,
    "src/kernels/layout.ts": "export const row = 1;",
    "src/kernels/twin.ts": `export { dot } from "./assembly/index.ts";`,
  });
  expect(problems).toEqual([
    "src/kernels/assembly/bad.ts: imports ../twin: kernels/assembly may import only itself and: src/kernels/layout.ts",
    "src/kernels/twin.ts: imports ./assembly/index.ts: nothing imports that folder; it is compiled by itself",
  ]);
});

test("shipped code imports shipped packages only; tests import any", () => {
  const problems = problemsOf({
    "src/core/bad.ts": `import { test } from "vitest";`,
    "src/core/good.test.ts": `import { test } from "vitest";`,
  });
  expect(problems).toEqual([
    "src/core/bad.ts: imports vitest: not in package.json's dependencies, but shipped code needs it",
  ]);
});

test("a folder for browsers imports itself, types of what it may, and nothing when it runs", () => {
  const problems = problemsOf({
    "src/client/index.ts": `
      export { a } from "./a.ts";
      export type { One } from "../core/index.ts";`,
    "src/client/a.ts": `
      import type { One } from "../core/index.ts";
      import type { Part } from "shipped/part";
      export type Other = import("../core/index.ts").Other;
      export const a = 1;`,
    "src/client/a.test.ts": `
      import { readFile } from "node:fs/promises";
      import { one } from "../core/index.ts";
      import { clock } from "../testing/clock.ts";`,
    "src/testing/clock.ts": `import { a } from "../client/index.ts";`,
  });
  expect(problems).toEqual([]);
});

test.each([
  `import { one } from "../core/index.ts";`,
  `import { type One } from "../core/index.ts";`, // leaves \`import {}\` behind
  `import one from "../core/index.ts";`,
  `import * as one from "../core/index.ts";`,
  `import "../core/index.ts";`,
  `export * from "../core/index.ts";`,
  `export { one } from "../core/index.ts";`,
  `export const late = () => import("../core/index.ts");`,
  `export const worker = new URL("../core/index.js", import.meta.url);`,
  `import { readFile } from "node:fs/promises";`,
  `import type { Buffer } from "node:buffer";`,
  `import shipped from "shipped";`,
])("a folder for browsers may not: %s", (source) => {
  expect(problemsOf({ "src/client/bad.ts": source })).toEqual([
    expect.stringContaining("client runs in browsers; what is not its own it may import as types"),
  ]);
});

test("a folder for browsers does not import types that the table does not give it", () => {
  expect(
    problemsOf({ "src/client/bad.ts": `import type { Log } from "../log/index.ts";` }),
  ).toEqual([expect.stringMatching(/client may import only: core$/)]);
});

test("benches import the build, sources do not", () => {
  const problems = problemsOf({
    "bench/good.ts": `import { log } from "#foldback/log"; import { helper } from "./lib/helper.ts";`,
    "bench/lib/helper.ts": `import { Foldback } from "foldback"; import x from "autocannon";`,
    "bench/bad.ts": `import { log } from "../src/log/index.ts";`,
    "src/engine/bad.ts": `import { log } from "#foldback/log";`,
  });
  expect(problems).toEqual([
    "src/engine/bad.ts: imports #foldback/log: the source of the engine does not import its own build",
    "bench/bad.ts: imports ../src/log/index.ts: bench and examples import the built engine, #foldback/FOLDER",
  ]);
});

test("finds a cycle behind nodes that are not in it", () => {
  const graph = new Map([
    ["a", ["b"]],
    ["b", ["c", "d"]],
    ["c", []],
    ["d", ["b"]],
  ]);
  expect(findCycles(graph)).toEqual([["b", "d", "b"]]);
});

test("the page imports itself, packages and the built client", () => {
  const problems = problemsOf({
    "src/client/index.ts": "export const client = 1;",
    "dashboard/src/components/part.tsx": "export const part = <b />;",
    "dashboard/src/views/live/view.tsx": `
      import { render } from "bundled";
      import { client } from "foldback/client";
      import { part } from "../../components/part.tsx";`,
  });
  expect(problems).toEqual([]);
});

test.each([
  ["another folder", `import { log } from "foldback/log";`, "speaks HTTP only"],
  ["sources", `import { client } from "../../../../src/client/index.ts";`, "speaks HTTP only"],
  ["a module of Node", `import { join } from "node:path";`, "no modules of Node"],
  ["another view", `import { other } from "../other/view.tsx";`, "no other view"],
])("the page does not import %s", (_, source, rule) => {
  const problems = problemsOf({
    "src/client/index.ts": "export const client = 1;",
    "dashboard/src/views/other/view.tsx": "export const other = 1;",
    "dashboard/src/views/live/view.tsx": source,
  });
  expect(problems).toEqual([expect.stringContaining(rule)]);
});

test("tests of the page import the built engine and what only tests import", () => {
  const problems = problemsOf({
    "src/testing/helper.ts": "export const helper = 1;",
    "dashboard/test/live.test.ts": `
      import { helper } from "../../src/testing/helper.ts";
      import { log } from "#foldback/log";`,
  });
  expect(problems).toEqual([]);
  const bad = problemsOf({ "dashboard/test/a.test.ts": `import "../../src/log/index.ts";` });
  expect(bad).toHaveLength(1);
});
