import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { FoldbackError } from "../core/index.ts";
import { type Config, resolveConfig, type UserConfig } from "../engine/index.ts";

/** Looked for where no --config is given; the first that is there counts. */
const defaultNames = ["foldback.config.js", "foldback.config.mjs", "foldback.config.json"];

export interface ConfigFlags {
  readonly config?: string;
  readonly data?: string;
}

/**
 * The config of the file, with flags over it, and defaults under it.
 *
 * @throws FoldbackError CONFIG_INVALID naming the file; FILE_UNREADABLE for a file that is not there.
 */
export async function loadConfig(flags: ConfigFlags, overrides: UserConfig = {}): Promise<Config> {
  const fromFile = await readConfig(flags.config ?? configFileIn("."));
  return resolveConfig({
    ...fromFile,
    ...(flags.data === undefined ? {} : { dataDirectory: flags.data }),
    http: { ...fromFile.http, ...overrides.http },
  });
}

/** The path of the config file in a directory; undefined where there is none. */
export function configFileIn(directory: string): string | undefined {
  return defaultNames.map((name) => join(directory, name)).find((path) => existsSync(path));
}

/**
 * What a config file says; nothing where there is none. Checked for itself, so that what is wrong in it is told as
 * its own.
 *
 * @throws FoldbackError CONFIG_INVALID naming the file; FILE_UNREADABLE for a file that is not there.
 */
export async function readConfig(path: string | undefined): Promise<UserConfig> {
  if (path === undefined) return {};
  const config = await readFrom(path);
  try {
    resolveConfig(config as UserConfig); // it tells what is none
  } catch (cause) {
    if (!(cause instanceof FoldbackError)) throw cause;
    throw new FoldbackError(cause.code, `${path}: ${cause.message}`, {
      cause,
      details: { ...cause.details, file: path },
    });
  }
  return config as UserConfig;
}

async function readFrom(path: string): Promise<unknown> {
  if (!existsSync(path)) {
    throw new FoldbackError(
      "FILE_UNREADABLE",
      `the config file ${path} does not exist; give the path of a .js, .mjs or .json file`,
      { details: { file: path } },
    );
  }
  let found: { readonly default?: unknown };
  try {
    if (path.endsWith(".json")) return JSON.parse(await readFile(path, "utf8"));
    found = (await import(pathToFileURL(resolve(path)).href)) as typeof found;
  } catch (cause) {
    // Whatever the file's own code throws: it is the file that is wrong.
    throw new FoldbackError("CONFIG_INVALID", `${path} can't be read: ${String(cause)}`, {
      cause,
      details: { file: path },
    });
  }
  if (found.default !== undefined) return found.default;
  throw new FoldbackError(
    "CONFIG_INVALID",
    `${path} has no default export; write: export default { … }`,
    { details: { file: path } },
  );
}
