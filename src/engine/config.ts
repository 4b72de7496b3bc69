import { Value } from "typebox/value";
import { FoldbackError } from "../core/index.ts";
import { engineEventTypes, knownEventTypes } from "../event/index.ts";
import { defaultFeedbackRules } from "../features/index.ts";
import { allowedAt, type Config, configSchema, settingAt } from "./configSchema.ts";

type Partially<T> = {
  readonly [K in keyof T]?: T[K] extends readonly unknown[]
    ? T[K]
    : T[K] extends object
      ? Partially<T[K]>
      : T[K];
};

/** What a config file may give: any part of `Config`; the rest has defaults. */
export type UserConfig = Partially<Omit<Config, "feedback">> & Partial<Pick<Config, "feedback">>;

/**
 * Names a config's type in a config file; checks and fills in nothing.
 *
 * @example export default defineConfig({ http: { port: 8080 }, feedback: { like: { weight: 2, had: true } } });
 */
export function defineConfig(config: UserConfig): UserConfig {
  return config;
}

/**
 * Fills in the defaults and checks every setting.
 *
 * @throws FoldbackError CONFIG_INVALID naming the first wrong setting, what came and what is allowed.
 */
export function resolveConfig(user: UserConfig = {}): Config {
  const config: unknown = Value.Default(configSchema, cloned(user));
  if (!Value.Check(configSchema, config)) throw firstProblem(config);
  for (const type of config.eventTypes) {
    if ((engineEventTypes as readonly string[]).includes(type)) {
      throw invalid(
        "eventTypes",
        type,
        `names that are not the engine's own (${engineEventTypes.join(", ")})`,
      );
    }
  }
  // A rule of no type would never hold: it is a slip of the pen.
  const types: readonly string[] = [...knownEventTypes, ...config.eventTypes];
  for (const type of Object.keys(config.feedback)) {
    if (types.includes(type)) continue;
    throw invalid(
      `feedback.${type}`,
      config.feedback[type],
      `rules for ${types.join(", ")}; declare others in eventTypes`,
    );
  }
  return { ...config, feedback: { ...defaultFeedbackRules, ...config.feedback } };
}

function cloned(user: UserConfig): UserConfig {
  try {
    return structuredClone(user);
  } catch (cause) {
    throw new FoldbackError(
      "CONFIG_INVALID",
      `the config holds what is no plain value: ${(cause as Error).message}; allowed: texts, numbers, true, false, lists and objects`,
      { cause },
    );
  }
}

function firstProblem(config: unknown): FoldbackError {
  // An unknown setting is reported twice, first as a false schema: the second report has its name.
  const problem = Value.Errors(configSchema, config).find(({ keyword }) => keyword !== "boolean");
  const path = (problem?.instancePath ?? "")
    .split("/")
    .filter((part) => part !== "")
    .map(unescaped);
  if (problem?.keyword === "additionalProperties" || problem?.keyword === "required") {
    // The parent is reported, and the names in it.
    const [name] = Object.values(problem.params as Record<string, readonly string[]>)[0];
    path.push(name);
    if (problem.keyword === "additionalProperties") {
      const parent = path.slice(0, -1);
      const { properties = {} } = settingAt(parent) ?? {};
      const place = parent.length === 0 ? "there are" : `${parent.join(".")} has`;
      return new FoldbackError(
        "CONFIG_INVALID",
        `there is no setting ${path.join(".")}; ${place} ${Object.keys(properties).join(", ")}`,
        { details: { setting: path.join("."), allowed: Object.keys(properties) } },
      );
    }
  }
  const came = path.reduce<unknown>(
    (value, key) => (value as Record<string, unknown>)?.[key],
    config,
  );
  return invalid(path.join("."), came, allowedAt(settingAt(path) ?? {}));
}

/** JSON pointers write / as ~1 and ~ as ~0. */
function unescaped(part: string): string {
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
}

function invalid(setting: string, came: unknown, allowed: string): FoldbackError {
  const name = setting === "" ? "the config" : setting;
  // NaN and Infinity are numbers, and no JSON.
  const shown = typeof came === "number" ? String(came) : (JSON.stringify(came) ?? "nothing");
  return new FoldbackError(
    "CONFIG_INVALID",
    `${name} is ${shown.slice(0, 80)}; allowed: ${allowed}`,
    { details: { setting, allowed } },
  );
}
