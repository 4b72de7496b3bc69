import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { linkPackages, makeProjectWithScripts, runNode, writeFiles } from "./lib/fixture.mjs";
import { root } from "./lib/project.mjs";
import { nodeProblem } from "./setup.mjs";

const esm = JSON.stringify({ type: "module", engines: { node: ">=20.19" } });
const lockOf = (/** @type {string} */ version) =>
  JSON.stringify({ packages: { "": {}, "node_modules/a": { version, integrity: version } } });

/**
 * Stands for npm: writes down that it was called, and leaves what `npm ci` leaves.
 * It links the compiler, which set-up runs next.
 */
const fakeNpm = `
  const fs = require("node:fs");
  fs.appendFileSync("npm-calls", process.argv[2] + "\\n");
  if (process.env.FAKE_OFFLINE) { console.error("npm error code ENOTFOUND"); process.exit(1); }
  fs.rmSync("node_modules", { recursive: true, force: true });
  fs.mkdirSync("node_modules");
  fs.symlinkSync(${JSON.stringify(join(root, "node_modules/typescript"))}, "node_modules/typescript");
  fs.symlinkSync(${JSON.stringify(join(root, "node_modules/@types"))}, "node_modules/@types");
  fs.copyFileSync("package-lock.json", "node_modules/.package-lock.json");`;

function makeSetupProject() {
  const project = makeProjectWithScripts({
    "package.json": esm,
    "package-lock.json": lockOf("1"),
    "fake/package.json": "{}",
    "fake/npm-cli.js": fakeNpm,
    "src/cli/main.ts": "export const main = 1;",
  });
  const env = { npm_execpath: join(project, "fake/npm-cli.js") };
  return {
    project,
    env,
    setup: (more = {}) => runNode(project, ["scripts/setup.mjs"], { ...env, ...more }),
    npmCalls: () => readFileSync(join(project, "npm-calls"), "utf8").trim().split("\n").length,
  };
}

test("installs and builds the first time, and does and says nothing the second", () => {
  const { project, setup, npmCalls } = makeSetupProject();
  expect(setup()).toMatchObject({ code: 0 });
  expect(statSync(join(project, "dist/cli/main.js")).mode & 0o111).toBe(0o111);
  expect(setup()).toEqual({ code: 0, output: "" });
  expect(npmCalls()).toBe(1);
});

test("installs again when package-lock.json has changed", () => {
  const { project, setup, npmCalls } = makeSetupProject();
  setup();
  writeFiles(project, { "package-lock.json": lockOf("2") });
  expect(setup().code).toBe(0);
  expect(npmCalls()).toBe(2);
});

test("takes packages that were installed by hand, if they are the locked ones", () => {
  const { project, env, setup, npmCalls } = makeSetupProject();
  runNode(project, [env.npm_execpath, "ci"]);
  expect(setup({ FAKE_OFFLINE: "1" }).code).toBe(0);
  expect(npmCalls()).toBe(1);

  rmSync(join(project, "node_modules/.foldback-setup"));
  writeFiles(project, { "package-lock.json": lockOf("2") });
  setup();
  expect(npmCalls()).toBe(2);
});

test("without a network the first time, it says what it needs", () => {
  const { setup } = makeSetupProject();
  const { code, output } = setup({ FAKE_OFFLINE: "1" });
  expect(code).toBe(1);
  expect(output).toContain("the first set-up needs the npm registry");
});

test("several at once install once, and all end well", async () => {
  const { project, env, npmCalls } = makeSetupProject();
  const codes = await Promise.all(
    [1, 2, 3].map(async () => {
      const child = spawn(process.execPath, ["scripts/setup.mjs"], {
        cwd: project,
        env: { ...process.env, ...env },
        stdio: "ignore",
      });
      const [code] = await once(child, "exit");
      return code;
    }),
  );
  expect(codes).toEqual([0, 0, 0]);
  expect(npmCalls()).toBe(1);
  expect(existsSync(join(project, "build/setup.lock"))).toBe(false);
});

test("a lock whose owner died is taken over", () => {
  const { project, setup } = makeSetupProject();
  const { pid } = spawnedAndEnded(project);
  writeFiles(project, { "build/setup.lock": String(pid) });
  expect(setup().code).toBe(0);
});

/** @param {string} project */
function spawnedAndEnded(project) {
  const { output } = runNode(project, ["-p", "process.pid"]);
  return { pid: Number(output) };
}

test("builds what changed, removes what is gone, and recovers from a deleted dist", () => {
  const project = makeProjectWithScripts({
    "package.json": esm,
    "src/core/a.ts": "export const a = 1;",
  });
  linkPackages(project);
  const build = () => runNode(project, ["scripts/build.mjs"]);
  const has = (/** @type {string} */ path) => existsSync(join(project, path));

  expect(build().output).toMatch(/^foldback: built in/);
  expect(build()).toEqual({ code: 0, output: "" });

  rmSync(join(project, "src/core/a.ts"));
  writeFiles(project, { "src/core/b.ts": "export const b = 1;" });
  build();
  expect([has("dist/core/a.js"), has("dist/core/b.js")]).toEqual([false, true]);

  rmSync(join(project, "dist"), { recursive: true });
  build();
  expect(has("dist/core/b.js")).toBe(true);
});

test("sources that do not compile fail the build, every time, with the compiler's words", () => {
  const project = makeProjectWithScripts({
    "package.json": esm,
    "src/core/a.ts": "export const a: string = 1;",
  });
  linkPackages(project);
  for (const _ of [1, 2]) {
    const { code, output } = runNode(project, ["scripts/build.mjs"]);
    expect(code).toBe(1);
    expect(output).toContain("src/core/a.ts(1,14): error TS2322");
  }
});

test.each([
  ["20.19.0", true],
  ["22.1.0", true],
  ["20.18.3", false],
  ["18.20.0", false],
])("Node %s is new enough: %s", (version, expected) => {
  expect(nodeProblem(version, ">=20.19") === null).toBe(expected);
});
