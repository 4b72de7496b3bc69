import { dayMs } from "../core/index.ts";
import { Arena } from "../embedding/index.ts";
import {
  defaultFeedbackRules,
  StreamState,
  type StreamStateOptions,
  signalCount,
} from "../features/index.ts";
import { RankingModel, type RankingModelOptions } from "../model/index.ts";
import { type JoinerOptions, Trainer, type TrainerOptions } from "../train/index.ts";

export interface SmallLearner {
  readonly state: StreamState;
  readonly model: RankingModel;
  readonly trainer: Trainer;
}

export interface SmallLearnerOptions {
  readonly state?: Partial<StreamStateOptions>;
  readonly model?: Partial<RankingModelOptions>;
  readonly training?: Partial<TrainerOptions>;
}

/** Windows of half an hour, and actions up to a day late. */
export const smallJoining: JoinerOptions = {
  windowMs: 30 * 60_000,
  lateMs: dayMs,
  negativeWeight: 1,
  negatives: "afterWindow",
  inMemoryMax: 10_000,
  waitingMax: 10_000,
  outcomesMax: 10_000,
};

/** A trainer with its state and model, in an arena of its own: small, fast, one partition by default. */
export function smallLearner(options: SmallLearnerOptions = {}): SmallLearner {
  const arena = Arena.create({ sizeBytesMax: 64 * 1_048_576 });
  const partitionCount = options.state?.partitionCount ?? 1;
  const shared = { partitionCount, rules: defaultFeedbackRules };
  const state = new StreamState({
    ...shared,
    itemsMax: 1000,
    accountsMax: 1000,
    itemsPerAccountMax: 1000,
    ...options.state,
  });
  const model = RankingModel.create(arena, {
    dim: 8,
    signalCount,
    learningRate: 0.1,
    l2: 0,
    signalLearningRate: 0.2,
    linear: { alpha: 0.05, beta: 0, l1: 0, l2: 0 },
    admitAfter: 1,
    ttlSeconds: 0,
    seed: 1n,
    ...options.model,
  });
  const trainer = new Trainer(state, model, {
    ...shared,
    negativesPerPositive: 5,
    uniformShare: 0.3,
    expireEverySeconds: 3600,
    joining: smallJoining,
    health: { driftRise: 0.1, overfittingGap: 0.4, calibrationRatio: 1.25 },
    ...options.training,
  });
  return { state, model, trainer };
}
