import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { FoldbackError } from "../core/index.ts";
import { type Config, resolveConfig, type UserConfig } from "../engine/index.ts";

/** Looked for in the working directory where no --config is given. */
const defaultNames = ["foldback.config.js", "foldback.config.mjs", "foldback.config.json"];

export interface ConfigFlags {
  readonly config?: string;
  readonly data?: string;
}

/**
 * The config of the file, with flags over it, and defaults under it.
 *
 * @throws FoldbackError CONFIG_INVALID; FILE_UNREADABLE for a file that is not there.
 */
export async function loadConfig(flags: ConfigFlags, overrides: UserConfig = {}): Promise<Config> {
  const path = flags.config ?? defaultNames.find((name) => existsSync(name));
  const fromFile = path === undefined ? {} : await readConfig(path);
  return resolveConfig({
    ...fromFile,
    ...overrides,
    ...(flags.data === undefined ? {} : { dataDirectory: flags.data }),
    http: { ...fromFile.http, ...overrides.http },
  });
}

async function readConfig(path: string): Promise<UserConfig> {
  if (!existsSync(path)) {
    throw new FoldbackError(
      "FILE_UNREADABLE",
      `the config file ${path} does not exist; give the path of a .js, .mjs or .json file`,
    );
  }
  try {
    if (path.endsWith(".json")) return JSON.parse(await readFile(path, "utf8")) as UserConfig;
    const module = (await import(pathToFileURL(resolve(path)).href)) as { default?: UserConfig };
    if (module.default !== undefined) return module.default; // checked by resolveConfig
  } catch (cause) {
    throw new FoldbackError(
      "CONFIG_INVALID",
      `${path} can't be read: ${(cause as Error).message}`,
      { cause },
    );
  }
  throw new FoldbackError(
    "CONFIG_INVALID",
    `${path} has no default export; write: export default defineConfig({ … })`,
  );
}
