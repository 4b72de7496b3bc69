import { Arena } from "../embedding/index.ts";
import { type SignalPart, StreamState, signalCount } from "../features/index.ts";
import { RankingModel } from "../model/index.ts";
import type { KeyValues } from "../storage/index.ts";
import { type JoinerOptions, Trainer } from "../train/index.ts";
import type { Config } from "./configSchema.ts";

/** What learns: the state of the stream, the model in shared memory, and the trainer over both. */
export interface Learner {
  readonly arena: Arena;
  readonly state: StreamState;
  readonly model: RankingModel;
  readonly trainer: Trainer;
}

/** A state as the config describes it; the trainer has one, and serving one of its own. */
export function createState(config: Config): StreamState {
  return new StreamState({
    partitionCount: config.log.partitionCount,
    rules: config.feedback,
    ...config.limits,
  });
}

export interface LearnerOptions {
  /** Parts whose signals it does without: an ablation. */
  readonly without?: readonly SignalPart[];
  /** Where impressions go that memory has no room for; without it, they teach nothing. */
  readonly shownStore?: KeyValues;
}

export function createLearner(config: Config, options: LearnerOptions = {}): Learner {
  const arena = Arena.create({ sizeBytesMax: config.model.sizeBytesMax });
  const state = createState(config);
  const { model: settings, training } = config;
  const model = RankingModel.create(arena, {
    dim: settings.kind === "logistic" ? 0 : settings.dim,
    signalCount,
    learningRate: settings.learningRate,
    l2: settings.l2,
    signalLearningRate: settings.signalLearningRate,
    linear: settings.linear,
    admitAfter: settings.admitAfter,
    ttlSeconds: settings.ttlSeconds,
    seed: BigInt(settings.seed),
  });
  const trainer = new Trainer(state, model, {
    partitionCount: config.log.partitionCount,
    rules: config.feedback,
    negativesPerPositive: training.negativesPerPositive,
    uniformShare: training.uniformShare,
    expireEverySeconds: training.expireEverySeconds,
    joining: joiningOf(config),
    health: training.health,
    ...options,
  });
  return { arena, state, model, trainer };
}

function joiningOf({ training }: Config): JoinerOptions {
  const { windowSeconds, lateSeconds, ...rest } = training.impressions;
  return { ...rest, windowMs: windowSeconds * 1000, lateMs: lateSeconds * 1000 };
}
