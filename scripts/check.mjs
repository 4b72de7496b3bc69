/**
 * Runs every static check: `npm run check`, or some of them: `npm run check -- lint links`.
 *
 * All run, also after one has failed; only what failed shows its output. The last line counts them.
 */
import { join } from "node:path";
import { isMain, root, run, tscFile } from "./lib/project.mjs";

/** @param {string} name */
const bin = (name) => join(root, "node_modules", ".bin", name);
/** @param {string} name */
const script = (name) => [process.execPath, join(root, "scripts", name)];

/** @type {Record<string, string[]>} */
const checks = {
  // First: it also builds dist, which `package` looks at.
  types: [process.execPath, tscFile, "-b"],
  format: [bin("biome"), "ci", "--error-on-warnings", "--colors=off", "."],
  lint: [bin("oxlint"), "--type-aware", "--deny-warnings", "--report-unused-disable-directives"],
  imports: script("check-imports.mjs"),
  unused: [bin("knip"), "--no-progress"],
  links: script("check-links.mjs"),
  lock: script("check-lock.mjs"),
  paths: script("check-paths.mjs"),
  package: [bin("publint"), "--strict"],
};

/** @param {string[]} names */
async function main(names) {
  const unknown = names.filter((name) => !(name in checks));
  if (unknown.length > 0) {
    console.error(
      `no check named ${unknown.join(", ")}; there are: ${Object.keys(checks).join(", ")}`,
    );
    process.exitCode = 2;
    return;
  }
  let passed = 0;
  let failed = 0;
  for (const [name, [command = "", ...args]] of Object.entries(checks)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const startedAt = Date.now();
    const { code, output } = await run(command, args);
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
    console.log(`${code === 0 ? "ok  " : "FAIL"} ${name.padEnd(8)} ${seconds} s`);
    if (code === 0) passed++;
    else {
      failed++;
      console.log(output.trimEnd().replace(/^/gm, "     "));
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

if (isMain(import.meta.url)) await main(process.argv.slice(2));
