/**
 * Builds what has changed: the kernels (AssemblyScript to WebAssembly), `src` to `dist`, the page, then the index of places.
 *
 * What it was built from is remembered as a hash of contents, not of times: switching branches and back
 * costs nothing, and when nothing has changed the compiler is not even started.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { hashFiles, isMain, listFiles, root, run, tscFile } from "./lib/project.mjs";

const kernelScript = "scripts/build-kernels.mjs";
const kernelOutput = "src/kernels/wasm.generated.ts";
const placesScript = "scripts/build-places.mjs";
const placesOutput = "dist/event/places/postal.bin";
const placesSource = "data/geonames/all_postal.tsv.gz";
const command = "dist/cli/main.js";
const kernelStamp = join(root, "build", "kernels.stamp");
// Inside dist, so that deleting dist also deletes the claim that it is up to date.
const distStamp = join(root, "dist", ".stamp");
const pageConfig = "dashboard/vite.config.ts";
const pageOutput = "dist/dashboard/index.html";
const pageStamp = join(root, "dist", ".dashboard-stamp");
const placesStamp = join(root, "dist", ".places-stamp");

/** @returns {boolean} */
export function isBuilt() {
  return kernelsAreBuilt() && sourcesAreBuilt() && pageIsBuilt() && placesAreBuilt();
}

/** Throws an Error with the compiler's messages when the sources do not compile. */
export async function build() {
  const startedAt = Date.now();
  if (!kernelsAreBuilt()) {
    await mustRun([join(root, kernelScript)], "the kernels do not compile");
    writeStamp(kernelStamp, kernelHash());
  }
  if (!sourcesAreBuilt()) {
    const hash = sourceHash(); // before compiling: what is edited meanwhile is built next time
    // The client's project refers to that of the rest.
    await mustRun(
      [tscFile, "-b", join(root, "tsconfig.client.json")],
      "the sources do not compile",
    );
    removeOrphans();
    await bundleTypebox();
    if (existsSync(join(root, command))) chmodSync(join(root, command), 0o755);
    writeStamp(distStamp, hash);
  }
  if (!pageIsBuilt()) {
    const hash = pageHash();
    // Its types are looked at by the checks alone: bundling takes a second.
    const vite = join(root, "node_modules", "vite", "bin", "vite.js");
    await mustRun(
      [vite, "build", "--config", join(root, pageConfig), "--logLevel", "warn"],
      "the page can't be built",
    );
    writeStamp(pageStamp, hash);
  }
  if (!placesAreBuilt()) {
    // About 15 s, once: what is built from does not change.
    await mustRun([join(root, placesScript)], "the index of places can't be built");
    writeStamp(placesStamp, placesHash());
  }
  console.log(`foldback: built in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
}

function kernelsAreBuilt() {
  if (!existsSync(join(root, kernelScript))) return true;
  return existsSync(join(root, kernelOutput)) && readStamp(kernelStamp) === kernelHash();
}

function sourcesAreBuilt() {
  return readStamp(distStamp) === sourceHash();
}

function pageIsBuilt() {
  if (!existsSync(join(root, pageConfig))) return true; // a project without a page
  return existsSync(join(root, pageOutput)) && readStamp(pageStamp) === pageHash();
}

/** Of the client, too: the page has it inside. */
function pageHash() {
  const own = listFiles(join(root, "dashboard")).filter((file) => !/^test\/|\.test\./.test(file));
  const client = listFiles(join(root, "src/client")).filter((file) => isCompiled(`client/${file}`));
  return hashFiles(root, [
    "package-lock.json",
    ...own.map((file) => `dashboard/${file}`),
    ...client.map((file) => `src/client/${file}`),
  ]);
}

function placesAreBuilt() {
  if (!existsSync(join(root, placesSource))) return true; // a project without places
  return existsSync(join(root, placesOutput)) && readStamp(placesStamp) === placesHash();
}

function placesHash() {
  const sources = ["kdTree", "postalIndex", "sphere"].map((name) => `src/event/places/${name}.ts`);
  return hashFiles(root, [placesScript, placesSource, ...sources]);
}

function kernelHash() {
  const sources = listFiles(join(root, "src/kernels/assembly")).map(
    (file) => `src/kernels/assembly/${file}`,
  );
  // package-lock.json stands for the version of the compiler.
  return hashFiles(root, [kernelScript, "package-lock.json", ...sources]);
}

function sourceHash() {
  const sources = listFiles(join(root, "src"))
    .filter((file) => isCompiled(file))
    .map((file) => `src/${file}`);
  const settings = ["base", "src", "client"].map((name) => `tsconfig.${name}.json`);
  return hashFiles(root, ["package-lock.json", ...settings, ...sources]);
}

/**
 * The same choice as tsconfig.src.json and tsconfig.client.json make.
 *
 * @param {string} file relative to src
 */
function isCompiled(file) {
  if (file.startsWith("testing/") || file.startsWith("kernels/assembly/")) return false;
  return file.endsWith(".ts") && !file.endsWith(".test.ts");
}

/** `src/core/typebox.ts` says why. */
async function bundleTypebox() {
  const entry = join(root, "src/core/typebox.ts");
  if (!existsSync(entry)) return;
  // Only who builds needs it, and a set-up reads this file before there are any packages.
  const { rolldown } = await import("rolldown");
  const bundle = await rolldown({ input: entry, cwd: root, platform: "node", logLevel: "warn" });
  await bundle.write({
    file: join(root, "dist/core/typebox.js"),
    format: "esm",
    banner: "/*! TypeBox, Copyright (c) 2017-2026 Haydn Paterson, MIT License; see NOTICE. */",
  });
  await bundle.close();
}

/** The compiler leaves the output of a source that was renamed or deleted; a package must not ship it. */
function removeOrphans() {
  for (const file of listFiles(join(root, "dist"))) {
    const match = /^(.*)(\.d\.ts|\.js|\.js\.map)$/.exec(file);
    if (match === null || file.startsWith("dashboard/")) continue;
    if (!existsSync(join(root, "src", `${match[1]}.ts`))) rmSync(join(root, "dist", file));
  }
}

/**
 * @param {string[]} args
 * @param {string} failure
 */
async function mustRun(args, failure) {
  const { code, output } = await run(process.execPath, args);
  if (code !== 0) throw new Error(`${output.trim()}\n\n${failure}; what is wrong stands above.`);
}

/** @param {string} file */
function readStamp(file) {
  return existsSync(file) ? readFileSync(file, "utf8") : null;
}

/**
 * @param {string} file
 * @param {string} stamp
 */
function writeStamp(file, stamp) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, stamp);
}

if (isMain(import.meta.url)) {
  try {
    if (!isBuilt()) await build();
  } catch (error) {
    console.error(`foldback: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
