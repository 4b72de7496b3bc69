import { touchKindOf } from "../attribution/index.ts";
import { FoldbackError, problemOf, type SchemaProblem, Value } from "../core/index.ts";
import { engineEventTypes, knownEventTypes } from "../event/index.ts";
import { defaultFeedbackRules } from "../features/index.ts";
import { type Config, configSchema } from "./configSchema.ts";
import { liveExperimentsOf } from "./experiments/liveExperiment.ts";

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
  const problem = problemOf(configSchema, config);
  if (problem !== undefined) throw refusalOf(problem);
  return withDefaultRules(config as Config); // as the schema has it
}

function withDefaultRules(config: Config): Config {
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
  const { log, exploration } = config.serving;
  const { policy, epsilon, newItems } = exploration;
  if (!log && (policy !== "none" || epsilon > 0 || newItems.share > 0)) {
    throw invalid(
      "serving.exploration",
      exploration,
      "none of it, or serving.log: what is drawn by chance is of use only where the log has its odds",
    );
  }
  if (!log && Object.keys(config.experiments).length > 0) {
    throw invalid(
      "serving.log",
      log,
      "true where there are experiments: what was served is what they are measured by",
    );
  }
  liveExperimentsOf(config); // throws what is wrong with them
  for (const type of Object.keys(config.retention.days)) {
    if (type === "*" || [...types, ...engineEventTypes].includes(type)) continue;
    throw invalid(
      `retention.days.${type}`,
      config.retention.days[type],
      `days for *, ${types.join(", ")}; declare others in eventTypes`,
    );
  }
  if (config.attribution.key === "person" && !config.people.enabled) {
    throw invalid("attribution.key", "person", "account, or people.enabled: it says who is whom");
  }
  for (const type of config.attribution.conversions) {
    if (types.includes(type) && touchKindOf(type) === undefined) continue;
    throw invalid(
      "attribution.conversions",
      type,
      `types that are no touches, of ${types.join(", ")}; declare others in eventTypes`,
    );
  }
  const { sessionsMin, sessionsMax } = config.people;
  if (sessionsMin > sessionsMax) {
    throw invalid("people.sessionsMin", sessionsMin, `up to people.sessionsMax, ${sessionsMax}`);
  }
  for (const [name, { type }] of Object.entries(config.segment.events)) {
    if (types.includes(type)) continue;
    throw invalid(
      `segment.events.${name}.type`,
      type,
      `one of ${types.join(", ")}; declare others in eventTypes`,
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

function refusalOf({ path, came, allowed, known }: SchemaProblem): FoldbackError {
  const name = path.join(".");
  if (known === undefined) return invalid(name, came, allowed);
  const place = path.length === 1 ? "there are" : `${path.slice(0, -1).join(".")} has`;
  return new FoldbackError("CONFIG_INVALID", `there is no setting ${name}; ${place} ${allowed}`, {
    details: { setting: name, allowed: known },
  });
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
