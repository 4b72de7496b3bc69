/**
 * Everything that must be there before `npm start`, `npm test` or `npm run bench`: a Node that is new
 * enough, the packages of package-lock.json, and the built sources. Does only what is missing, so the
 * second time it is silent, takes a fraction of a second and needs no network.
 *
 * Node built-ins only: it runs before node_modules exists.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, isBuilt } from "./build.mjs";
import { withLock } from "./lib/lock.mjs";
import { hashFiles, isMain, root, run } from "./lib/project.mjs";

const stampFile = join(root, "node_modules", ".foldback-setup");
const lockFile = join(root, "build", "setup.lock");

/** How npm and Node name a registry that cannot be reached. */
const offlineCodes =
  /\b(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED)\b/;

/** Throws an Error whose message is for the person in front of the terminal. */
export async function setup() {
  checkNode();
  if (isInstalled() && isBuilt()) return;
  await withLock(
    lockFile,
    async () => {
      if (!isInstalled()) await install();
      if (!isBuilt()) await build();
    },
    { onWait: (owner) => console.log(`foldback: waiting for the set-up of process ${owner}`) },
  );
}

function checkNode() {
  const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const problem = nodeProblem(process.versions.node, engines.node);
  if (problem !== null) throw new Error(problem);
}

/**
 * @param {string} have such as 20.20.2
 * @param {string} range such as >=20.19
 * @returns {string | null} null when it is new enough
 */
export function nodeProblem(have, range) {
  const [wantMajor = 0, wantMinor = 0] = range.replace(">=", "").split(".").map(Number);
  const [major = 0, minor = 0] = have.split(".").map(Number);
  if (major > wantMajor || (major === wantMajor && minor >= wantMinor)) return null;
  return `this is Node ${have}; foldback needs ${wantMajor}.${wantMinor} or newer. Install one from https://nodejs.org/.`;
}

/** Platform and processor are part of it: some packages are compiled programs. */
function lockStamp() {
  return `${process.platform}-${process.arch} ${hashFiles(root, ["package-lock.json"])}`;
}

function isInstalled() {
  const stamp = lockStamp();
  if (existsSync(stampFile)) return readFileSync(stampFile, "utf8") === stamp;
  // Installed by hand with `npm ci` or `npm install`: taken as it is, if it is what the lock file asks for.
  if (!holdsLockedPackages()) return false;
  writeFileSync(stampFile, stamp);
  return true;
}

/** Compares package-lock.json with the list that npm keeps of what it has put into node_modules. */
function holdsLockedPackages() {
  const installedFile = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(installedFile)) return false;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const installed = JSON.parse(readFileSync(installedFile, "utf8")).packages;
  return Object.keys(wanted).every((path) => {
    // The project itself is no package of its own; optional ones may be for another platform.
    if (path === "" || (installed[path] === undefined && wanted[path].optional)) return true;
    return (
      installed[path]?.version === wanted[path].version &&
      installed[path]?.integrity === wanted[path].integrity
    );
  });
}

async function install() {
  console.log("foldback: installing packages from the npm registry (first set-up)");
  const startedAt = Date.now();
  const { code, output } = await npm([
    "ci",
    "--include=dev", // also where NODE_ENV is production: the compiler is one of them
    "--prefer-offline",
    "--no-audit",
    "--no-fund",
    // npm's own pauses between attempts add up to 70 s; a registry that is down is known in 5.
    "--fetch-retry-mintimeout=1000",
    "--fetch-retry-maxtimeout=4000",
  ]);
  if (code !== 0) {
    const offline = offlineCodes.exec(output)?.[0];
    throw new Error(
      offline === undefined
        ? `npm ci failed:\n\n${output.trim()}`
        : `the first set-up needs the npm registry, and it cannot be reached (${offline}). Connect once, or name a mirror with \`npm config set registry\`; after that no network is needed.`,
    );
  }
  writeFileSync(stampFile, lockStamp());
  console.log(`foldback: packages installed in ${seconds(startedAt)} s`);
}

/**
 * Runs npm as whoever started us would: by the file that npm names to its scripts, else by name. What
 * npm tells its scripts about themselves is not passed on; its settings are.
 *
 * @param {string[]} args
 */
function npm(args) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(lifecycle|package)_/.test(name)),
  );
  const npmFile = process.env["npm_execpath"];
  return npmFile?.endsWith("npm-cli.js")
    ? run(process.execPath, [npmFile, ...args], { env })
    : run("npm", args, { env });
}

/** @param {number} startedAt */
function seconds(startedAt) {
  return ((Date.now() - startedAt) / 1000).toFixed(1);
}

if (isMain(import.meta.url)) {
  try {
    await setup();
  } catch (error) {
    console.error(`foldback: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
