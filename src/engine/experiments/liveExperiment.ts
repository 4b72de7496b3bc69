import { canonicalJson, FoldbackError } from "../../core/index.ts";
import { type Event, parseRfc3339 } from "../../event/index.ts";
import type { Config } from "../configSchema.ts";
import { RuleBook } from "../rules.ts";
import {
  type ExperimentSettings,
  experimentsMax,
  type MetricName,
  namePattern,
  type VariantSettings,
} from "./settings.ts";

/** An experiment of the config, its defaults filled in. */
export interface LiveExperiment {
  readonly name: string;
  readonly salt: string;
  /** Epoch milliseconds; −∞ and ∞ where it has none. Lists are varied from `start` to before `end`. */
  readonly start: number;
  readonly end: number;
  readonly metric: MetricName;
  readonly tightestAt: number;
  readonly alpha: number;
  /** The first is the control. */
  readonly variants: readonly (VariantSettings & { readonly weight: number })[];
  /**
   * What decides who gets what and how it is counted, as JSON: where it changes, it is another experiment, and what
   * was measured is worth nothing for it.
   */
  readonly definition: string;
}

/** @throws FoldbackError CONFIG_INVALID naming the setting. */
export function liveExperimentsOf(config: Pick<Config, "experiments">): LiveExperiment[] {
  const experiments = Object.entries(config.experiments).map(([name, settings]) =>
    liveExperiment(name, settings),
  );
  if (experiments.length > experimentsMax) {
    const message = `there are ${experiments.length} experiments; allowed: ${experimentsMax}`;
    throw new FoldbackError("CONFIG_INVALID", message, { details: { setting: "experiments" } });
  }
  for (const [at, experiment] of experiments.entries()) {
    for (const other of experiments.slice(0, at)) checkApart(other, experiment);
  }
  return experiments;
}

/** That it is measured from here on, for the log, which alone says what is measured. */
export function experimentSetOf({ name, definition }: LiveExperiment, time: number): Event {
  return { type: "experiment_set", time, context: { experiment: name, definition } };
}

function liveExperiment(name: string, settings: ExperimentSettings): LiveExperiment {
  if (!new RegExp(namePattern).test(name))
    throw invalid(name, "a name", `names of the form ${namePattern}`);
  const { salt = name, metric = "acted", tightestAt = 5000, alpha = 0.05 } = settings;
  const { windowSeconds = 86_400, accountsMax = 1_000_000 } = settings;
  const variants = settings.variants.map((variant) => ({
    ...variant,
    weight: variant.weight ?? 1,
  }));
  const start = timeOf(name, "start", settings.start, Number.NEGATIVE_INFINITY);
  const end = timeOf(name, "end", settings.end, Number.POSITIVE_INFINITY);
  if (!(start < end)) throw invalid(`${name}.end`, settings.end, "a time after its start");
  const variantNames = variants.map((variant) => variant.name);
  if (new Set(variantNames).size < variants.length) {
    throw invalid(`${name}.variants`, variantNames, "variants of different names");
  }
  for (const { name: variant, rules } of variants) checkRules(`${name}.${variant}.rules`, rules);
  const definition = canonicalJson({ salt, windowSeconds, accountsMax, variants });
  return { name, salt, start, end, metric, tightestAt, alpha, variants, definition };
}

function timeOf(name: string, field: string, text: string | undefined, absent: number): number {
  if (text === undefined) return absent;
  const time = parseRfc3339(text);
  if (Number.isNaN(time)) throw invalid(`${name}.${field}`, text, "RFC 3339: 2026-01-31T12:00:00Z");
  return time;
}

/** So that a slip of the pen stops the start, and not every request. */
function checkRules(setting: string, rules: VariantSettings["rules"]): void {
  try {
    new RuleBook().rulesOf(rules ?? {}, true);
  } catch (cause) {
    if (!(cause instanceof FoldbackError)) throw cause;
    const message = `experiments.${setting}: ${cause.message}`;
    throw new FoldbackError("CONFIG_INVALID", message, { cause, details: { setting } });
  }
}

/** Two that vary the same thing at the same time would each measure the other as well. */
function checkApart(one: LiveExperiment, other: LiveExperiment): void {
  if (one.end <= other.start || other.end <= one.start) return;
  const taken = variedBy(one);
  const both = [...variedBy(other)].find((setting) => taken.has(setting));
  if (both === undefined) return;
  throw invalid(
    `${other.name}.variants`,
    both,
    `what ${one.name} does not vary at the same time; give one of them an end before the other's start`,
  );
}

function variedBy({ variants }: LiveExperiment): ReadonlySet<string> {
  return new Set(
    variants.flatMap(({ candidates = {}, exploration = {}, rules = {} }) => [
      ...pathsOf("candidates", candidates),
      ...pathsOf("exploration", exploration),
      ...pathsOf("rules", rules),
    ]),
  );
}

function pathsOf(prefix: string, value: object): string[] {
  return Object.entries(value).flatMap(([key, part]: [string, unknown]) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? pathsOf(`${prefix}.${key}`, part)
      : [`${prefix}.${key}`],
  );
}

function invalid(setting: string, came: unknown, allowed: string): FoldbackError {
  const shown = (JSON.stringify(came) ?? "nothing").slice(0, 80);
  return new FoldbackError(
    "CONFIG_INVALID",
    `experiments.${setting} is ${shown}; allowed: ${allowed}`,
    { details: { setting: `experiments.${setting}`, allowed } },
  );
}
