import { variantOf } from "../../evaluate/index.ts";
import type { CandidateBudgets, ExplorationOptions } from "../../recommend/index.ts";
import type { Config } from "../configSchema.ts";
import type { RuleTexts } from "../rules.ts";
import { type LiveExperiment, liveExperimentsOf } from "./liveExperiment.ts";
import { experimentPrefix } from "./outcomes.ts";
import type { VariantSettings } from "./settings.ts";

/** What a request is served with. */
export interface Serving {
  /** By experiment that runs, the variant of the account. */
  readonly variants: Readonly<Record<string, string>>;
  readonly budgets: CandidateBudgets;
  readonly exploration: ExplorationOptions;
  readonly rules: RuleTexts | undefined;
}

/** Who is served what: the experiments that run, each on its own. */
export class Assignments {
  /** Those of the config, running or not. */
  readonly experiments: readonly LiveExperiment[];
  readonly #serving: Pick<Serving, "budgets" | "exploration">;

  constructor(config: Config) {
    this.experiments = liveExperimentsOf(config);
    const { candidates: budgets, exploration } = config.serving;
    this.#serving = { budgets, exploration };
  }

  /**
   * What the account's variants make of a request with these rules. Undefined while no experiment runs. O(experiments), 3 µs
   * each.
   *
   * @param now epoch milliseconds.
   */
  of(account: string, now: number, rules: RuleTexts | undefined): Serving | undefined {
    const running = this.experiments.filter(({ start, end }) => start <= now && now < end);
    if (running.length === 0) return undefined;
    const variants: Record<string, string> = {};
    let serving: Serving = { ...this.#serving, variants, rules };
    for (const { name, salt, variants: all } of running) {
      variants[name] = variantOf(account, { name: salt, variants: all });
      const variant = all.find((one) => one.name === variants[name]);
      if (variant !== undefined) serving = varied(serving, variant);
    }
    return serving;
  }
}

/** The variants as `served` events have them in their context. */
export function contextOf(variants: Serving["variants"]): Record<string, string> {
  const context: Record<string, string> = {};
  for (const [name, variant] of Object.entries(variants))
    context[experimentPrefix + name] = variant;
  return context;
}

function varied(serving: Serving, { candidates, exploration, rules }: VariantSettings): Serving {
  const { newItems } = serving.exploration;
  return {
    variants: serving.variants,
    budgets: { ...serving.budgets, ...candidates },
    exploration: {
      ...serving.exploration,
      ...exploration,
      newItems: { ...newItems, ...exploration?.newItems },
    },
    rules: rules === undefined ? serving.rules : withRules(serving.rules, rules),
  };
}

/** What the request says itself comes first; of filters both hold, boosts multiply. */
function withRules(own: RuleTexts = {}, rules: RuleTexts): RuleTexts {
  return {
    ...rules,
    ...own,
    ...(own.filter !== undefined &&
      rules.filter !== undefined && { filter: `(${own.filter}) and (${rules.filter})` }),
    ...(own.boost !== undefined &&
      rules.boost !== undefined && { boost: `(${own.boost}) * (${rules.boost})` }),
  };
}
