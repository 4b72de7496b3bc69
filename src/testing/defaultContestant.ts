import { createLearner, resolveConfig } from "../engine/index.ts";
import type { Contestant } from "../evaluate/index.ts";
import type { FeedbackRules } from "../features/index.ts";
import { type Ablation, Recommender } from "../recommend/index.ts";

export interface DefaultContestant extends Contestant {
  readonly rules: FeedbackRules;
}

/** The engine as it is without a config, in one thread, perhaps without some part. */
export function defaultContestant(ablate: readonly Ablation[] = []): DefaultContestant {
  const config = resolveConfig();
  const without = ablate.filter((part) => part === "trend" || part === "cooccurrence");
  const { state, model, trainer } = createLearner(config, without);
  return {
    trainer,
    recommender: new Recommender(state, model, { ablate }),
    rules: config.feedback,
  };
}
