import { createLearner, resolveConfig } from "../engine/index.ts";
import type { Contestant } from "../evaluate/index.ts";
import type { FeedbackRules } from "../features/index.ts";
import { Recommender } from "../recommend/index.ts";

export interface DefaultContestants {
  readonly rules: FeedbackRules;
  /** The engine as it is without a config, in one thread. */
  readonly engine: Contestant;
  /** The same, but for its ranking. It learns with the engine: a record that comes twice counts once. */
  readonly withoutModel: Contestant;
}

export function defaultContestants(): DefaultContestants {
  const config = resolveConfig();
  const { state, model, trainer } = createLearner(config);
  return {
    rules: config.feedback,
    engine: { trainer, recommender: new Recommender(state, model) },
    withoutModel: { trainer, recommender: new Recommender(state, model, { ablate: ["model"] }) },
  };
}
