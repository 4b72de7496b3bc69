/** A directory of projects: a folder each, in which stand its config file and its data. */
import { mkdir, readdir, rename, stat, writeFile } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { FoldbackError } from "../core/index.ts";
import { type Config, resolveConfig, type UserConfig } from "../engine/index.ts";
import { projectNamePattern } from "../http/index.ts";
import { configFileIn, readConfig } from "./configFile.ts";

/** Each has two threads, and memory of its own: more belong into several processes. */
const projectsMax = 64;

export interface ProjectFolders {
  /** Names of projects, in order. */
  readonly names: readonly string[];
  /** Folders whose names can't be a project's. */
  readonly others: readonly string[];
}

/**
 * The projects in a directory. Files, and folders whose names begin with a dot, are nothing to it.
 *
 * @throws FoldbackError FILE_UNREADABLE where it can't be read; CONFIG_INVALID where there is none, or too many.
 */
export async function projectsIn(directory: string): Promise<ProjectFolders> {
  const folders = await foldersIn(directory);
  const names = folders.filter((name) => projectNamePattern.test(name)).sort();
  if (names.length === 0 || names.length > projectsMax) {
    throw new FoldbackError(
      "CONFIG_INVALID",
      `${directory} has ${names.length} projects; allowed: 1 to ${projectsMax}, each a folder with a name of a-z, 0-9, _ and -; ` +
        `\`foldback key --projects ${directory} --project NAME\` makes one`,
      { details: { directory } },
    );
  }
  return { names, others: folders.filter((name) => !names.includes(name)) };
}

async function foldersIn(directory: string): Promise<string[]> {
  try {
    const names = (await readdir(directory)).filter((name) => !name.startsWith("."));
    // A link to a folder on another disk is one, too.
    const are = await Promise.all(
      names.map(async (name) => (await stat(join(directory, name))).isDirectory()),
    );
    return names.filter((_, i) => are[i]);
  } catch (cause) {
    throw new FoldbackError(
      "FILE_UNREADABLE",
      `the projects in ${directory} can't be read: ${(cause as Error).message}`,
      { cause, details: { file: directory } },
    );
  }
}

/** @throws FoldbackError CONFIG_INVALID for a name that is none: it would lead elsewhere, or stand wrong in metrics. */
function checkProjectName(name: string): void {
  if (projectNamePattern.test(name)) return;
  throw new FoldbackError(
    "CONFIG_INVALID",
    `the project is ${JSON.stringify(name.slice(0, 80))}; allowed: 1 to 63 of a-z, 0-9, _ and -, the first a letter or digit`,
    { details: { project: name } },
  );
}

/**
 * The config of a project: that of the file in its folder, with its data directory below that folder.
 *
 * @throws FoldbackError CONFIG_INVALID.
 */
export async function loadProject(directory: string, name: string): Promise<Config> {
  checkProjectName(name);
  const folder = join(directory, name);
  const path = configFileIn(folder);
  const config = resolveConfig(await readConfig(path));
  const dataDirectory = resolve(folder, config.dataDirectory);
  const inside = relative(folder, dataDirectory);
  if (isAbsolute(inside) || inside.split(sep).includes("..")) {
    throw new FoldbackError(
      "CONFIG_INVALID",
      `${path}: dataDirectory is ${JSON.stringify(config.dataDirectory)}; allowed: a directory in the project's folder`,
      { details: { setting: "dataDirectory", ...(path && { file: path }) } },
    );
  }
  return { ...config, dataDirectory };
}

/**
 * What a config file says of the process that serves the projects: `http` alone.
 *
 * @throws FoldbackError CONFIG_INVALID, FILE_UNREADABLE.
 */
export async function loadProcessConfig(
  file: string | undefined,
  http: NonNullable<UserConfig["http"]>,
): Promise<Config> {
  const path = file ?? configFileIn(".");
  const config = await readConfig(path);
  const [other] = Object.keys(config).filter((name) => name !== "http");
  if (other !== undefined) {
    throw new FoldbackError(
      "CONFIG_INVALID",
      `${path} has ${other}, which is a project's; with --projects, the config of the process has http alone`,
      { details: { setting: other } },
    );
  }
  return resolveConfig({ http: { ...config.http, ...http } });
}

export type AccessKey = Config["http"]["keys"][number];

/**
 * Puts a key into the config file of a project; makes the folder and the file where there are none.
 *
 * @returns the file's path.
 * @throws FoldbackError CONFIG_INVALID for a name that is none, a config that is wrong or has a key of that name, or
 *   one that is a program, which only its author can change.
 */
export async function addKeyTo(
  directory: string,
  project: string,
  key: AccessKey,
): Promise<string> {
  checkProjectName(project);
  const folder = join(directory, project);
  const path = configFileIn(folder) ?? join(folder, "foldback.config.json");
  if (!path.endsWith(".json")) {
    throw new FoldbackError(
      "CONFIG_INVALID",
      `${path} is a program: put a key of \`foldback key --name ${key.name}\` into its http.keys yourself`,
      { details: { file: path } },
    );
  }
  const config = await readConfig(configFileIn(folder));
  const keys = config.http?.keys ?? [];
  if (keys.some(({ name }) => name === key.name)) {
    throw new FoldbackError(
      "CONFIG_INVALID",
      `${path} has a key ${JSON.stringify(key.name)}; give another name, or take that one out first`,
      { details: { file: path, key: key.name } },
    );
  }
  const changed = { ...config, http: { ...config.http, keys: [...keys, key] } };
  resolveConfig(changed);
  await mkdir(folder, { recursive: true });
  // Whole, or as it was: a service that starts meanwhile reads one or the other.
  await writeFile(`${path}.new`, `${JSON.stringify(changed, undefined, 2)}\n`);
  await rename(`${path}.new`, path);
  return path;
}
