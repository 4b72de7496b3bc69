/** For tests of the scripts: a small project in a temporary folder, removed when the test ends. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { root } from "./project.mjs";

/**
 * @param {Record<string, string>} files path to content
 * @returns {string} the folder
 */
export function makeProject(files) {
  const folder = mkdtempSync(join(tmpdir(), "foldback-scripts-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFiles(folder, files);
  return folder;
}

/**
 * @param {string} folder
 * @param {Record<string, string>} files
 */
export function writeFiles(folder, files) {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

/**
 * A project that has this one's scripts and compiler settings, so that the scripts work on it.
 *
 * @param {Record<string, string>} files
 * @returns {string} the folder; without node_modules
 */
export function makeProjectWithScripts(files) {
  // A project of the compiler must have a file.
  const folder = makeProject({ "src/client/index.ts": "export const client = 1;\n", ...files });
  for (const path of ["tsconfig.base.json", "tsconfig.src.json", "tsconfig.client.json"]) {
    cpSync(join(root, path), join(folder, path));
  }
  cpSync(join(root, "scripts"), join(folder, "scripts"), {
    recursive: true,
    filter: (path) => !path.endsWith(".test.mjs") && !path.endsWith("build-kernels.mjs"),
  });
  return folder;
}

/**
 * Gives the project the packages of this one.
 *
 * @param {string} folder
 */
export function linkPackages(folder) {
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
}

/**
 * @param {string} folder
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env] on top of this process's
 * @returns {{ code: number | null, output: string }} output: both streams, standard output first
 */
export function runNode(folder, args, env = {}) {
  const result = spawnSync(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    encoding: "utf8",
  });
  return { code: result.status, output: `${result.stdout}${result.stderr}`.trim() };
}
