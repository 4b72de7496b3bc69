/**
 * Checks that package-lock.json installs everywhere: `--fix` completes it.
 *
 * - Every optional package that a locked one names has its own entry. npm leaves out those of platforms that
 *   it could not look up where the lock was made; `npm ci` then refuses the lock, on every platform.
 * - No package names an address: it would be that of the registry or mirror where the lock was made, and
 *   everybody is to fetch from their own. The hashes say that it is the same package.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isMain, reportCheck, root } from "./lib/project.mjs";

/**
 * @typedef {object} Entry of package-lock.json, as far as it is looked at here
 * @property {string} [name] where it is not the path's: an alias
 * @property {string} [version]
 * @property {string} [resolved]
 * @property {string} [integrity]
 * @property {boolean} [dev]
 * @property {boolean} [optional]
 * @property {string[]} [os]
 * @property {string[]} [cpu]
 * @property {string[]} [libc]
 * @property {Record<string, string>} [optionalDependencies]
 */

/**
 * @param {Record<string, Entry>} packages by path, as in package-lock.json
 * @returns {{ problems: string[], checked: string }}
 */
export function checkLock(packages) {
  const problems = missingPackages(packages).map(
    ({ path, version }) => `${path}@${version}: named as optional, but not locked`,
  );
  for (const [path, entry] of Object.entries(packages)) {
    if (path === "") continue;
    if (entry.resolved !== undefined) problems.push(`${path}: names an address`);
  }
  return { problems, checked: `${Object.keys(packages).length} locked packages` };
}

/**
 * @param {Record<string, Entry>} packages
 * @returns {Record<string, Entry>} the same, completed, in npm's order
 */
export function completeLock(packages) {
  const all = { ...packages };
  for (const { path, version, dev } of missingPackages(packages)) {
    // Without a hash, as it comes from a file that could not be looked at.
    const { cpu, libc, os } = platformOf(path);
    all[path] = {
      version,
      ...(cpu && { cpu: [cpu] }),
      ...(dev && { dev }),
      ...(libc && { libc: [libc] }),
      optional: true,
      ...(os && { os: [os] }),
    };
  }
  return Object.fromEntries(
    Object.entries(all)
      .sort(([a], [b]) => a.localeCompare(b, "en"))
      .map(([path, entry]) => {
        if (path === "") return [path, entry];
        const { resolved: _address, ...rest } = entry;
        return [path, rest];
      }),
  );
}

/**
 * @param {Record<string, Entry>} packages
 * @returns {{ path: string, version: string, dev: boolean }[]}
 */
function missingPackages(packages) {
  /** @type {Map<string, { path: string, version: string, dev: boolean }>} */
  const missing = new Map();
  for (const [parent, entry] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (isLocked(packages, parent, name)) continue;
      // At the top, where npm puts a package that only one other needs.
      const path = `node_modules/${name}`;
      missing.set(path, { path, version, dev: entry.dev ?? false });
    }
  }
  return [...missing.values()];
}

/**
 * Looks where Node would: in the parent's node_modules, and in each one around it.
 *
 * @param {Record<string, Entry>} packages
 * @param {string} parent
 * @param {string} name
 */
function isLocked(packages, parent, name) {
  for (
    let path = parent;
    ;
    path = path.slice(0, path.lastIndexOf("node_modules/")).replace(/\/$/, "")
  ) {
    if (`${path === "" ? "" : `${path}/`}node_modules/${name}` in packages) return true;
    if (path === "") return false;
  }
}

/**
 * What a platform package runs on, which its name says: `@oxlint/binding-linux-x64-musl`.
 *
 * @param {string} path
 */
function platformOf(path) {
  const name = path.split("/").at(-1) ?? "";
  const os = /\b(aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)\b/.exec(
    name,
  )?.[1];
  const cpu = /\b(arm64|arm|ia32|loong64|mips64el|ppc64|riscv64|s390x|x64|wasm32)\b/.exec(
    name,
  )?.[1];
  if (os === undefined && cpu === undefined) throw new Error(`${path}: its name tells no platform`);
  const libc = os === "linux" ? libcOf(name) : undefined;
  return { os, cpu, libc };
}

/** @param {string} name */
function libcOf(name) {
  if (name.includes("-musl")) return "musl";
  return name.includes("-gnu") ? "glibc" : undefined;
}

if (isMain(import.meta.url)) {
  const file = join(root, "package-lock.json");
  const lock = JSON.parse(readFileSync(file, "utf8"));
  if (process.argv.includes("--fix")) {
    lock.packages = completeLock(lock.packages);
    writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  }
  reportCheck(checkLock(lock.packages));
}
