/**
 * What every script needs of the project: where it is, its files, and how to run a program in it.
 *
 * Node built-ins only: `setup.mjs` uses this before node_modules exists.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder that holds package.json. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The TypeScript compiler; called by its file, as `npx` alone takes 0.8 s. */
export const tscFile = join(root, "node_modules", "typescript", "bin", "tsc");

/** Never part of the sources, wherever they stand: others' code and what is built. */
const ignoredNames = new Set([".git", "node_modules", "dist", "build", "coverage", "var"]);

/**
 * All files of a folder and its folders, as paths relative to it with forward slashes, sorted.
 * A folder that does not exist has none.
 *
 * @param {string} folder
 * @returns {string[]}
 */
export function listFiles(folder) {
  /** @type {string[]} */
  const found = [];
  /** @param {string} current */
  const visit = (current) => {
    for (const entry of readdirSync(current, { withFileTypes: true })) {
      if (ignoredNames.has(entry.name)) continue;
      const path = join(current, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile()) found.push(relative(folder, path).split(sep).join("/"));
    }
  };
  if (existsSync(folder)) visit(folder);
  return found.sort();
}

/**
 * SHA-256 over names and contents; a file that is missing counts as missing, not as empty.
 *
 * @param {string} folder
 * @param {string[]} files relative to the folder
 * @returns {string}
 */
export function hashFiles(folder, files) {
  const hash = createHash("sha256");
  for (const file of files) {
    const path = join(folder, file);
    const content = existsSync(path) ? readFileSync(path) : null;
    // The length before the bytes keeps two different lists from giving the same stream.
    hash.update(`${file}\0${content === null ? "missing" : content.length}\0`);
    if (content !== null) hash.update(content);
  }
  return hash.digest("hex");
}

/**
 * Runs a program in the project and waits for its end.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, show?: boolean, limitMs?: number }} [options] `show` passes its output through;
 *   otherwise it is returned. After `limitMs` it is killed, and has not succeeded.
 * @returns {Promise<{ code: number, output: string }>}
 */
export function run(command, args, { env = process.env, show = false, limitMs } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env,
      stdio: show ? ["ignore", "inherit", "inherit"] : ["ignore", "pipe", "pipe"],
      killSignal: "SIGKILL",
      ...(limitMs !== undefined && { timeout: limitMs }),
    });
    /** @type {Buffer[]} */
    const chunks = [];
    child.stdout?.on("data", (chunk) => chunks.push(chunk));
    child.stderr?.on("data", (chunk) => chunks.push(chunk));
    child.on("error", reject);
    if (limitMs !== undefined) {
      // Where it was killed, what it had started may hold its output open.
      child.on("exit", () =>
        setTimeout(() => [child.stdout, child.stderr].map((of) => of?.destroy()), 1000),
      );
    }
    // A program ended by a signal has no code; it did not succeed.
    child.on("close", (code) =>
      resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString() }),
    );
  });
}

/**
 * True in the file that node was started with, false where it is imported.
 *
 * @param {string} moduleUrl `import.meta.url` of the asking file
 * @returns {boolean}
 */
export function isMain(moduleUrl) {
  const started = process.argv[1];
  if (started === undefined) return false;
  return existsSync(started) && realpathSync(started) === realpathSync(fileURLToPath(moduleUrl));
}

/**
 * Ends a self-written check: prints what it found, or one line that says how much it looked at.
 *
 * @param {{ problems: string[], checked: string }} result
 */
export function reportCheck({ problems, checked }) {
  for (const problem of problems) console.log(problem);
  console.log(
    `${checked}: ${problems.length === 0 ? "no problem" : `${problems.length} problems`}`,
  );
  if (problems.length > 0) process.exitCode = 1;
}
