import { Arena } from "../embedding/index.ts";
import { type SignalPart, type SlotRules, StreamState, signalCount } from "../features/index.ts";
import {
  createOnlineModel,
  type OnlineModel,
  type OnlineModelSettings,
  RankingModel,
  type SharedOnlineModel,
} from "../model/index.ts";
import type { KeyValues } from "../storage/index.ts";
import {
  type JoinerOptions,
  type KeptNegativesOptions,
  keptNegativesProbability,
  probabilityOf,
  Trainer,
} from "../train/index.ts";
import type { Config } from "./configSchema.ts";
import { Outcomes } from "./experiments/outcomes.ts";
import { defaultSlots } from "./responseSettings.ts";

/** What learns: the state of the stream, the models in shared memory, and the trainer over all. */
export interface Learner {
  readonly arena: Arena;
  readonly state: StreamState;
  readonly model: RankingModel;
  readonly response: ResponseLearner | undefined;
  readonly trainer: Trainer;
  /** What came of experiments; whoever gives the trainer a record gives it to this as well. */
  readonly outcomes: Outcomes;
}

/** The model of responses, in an arena of its own. */
export interface ResponseLearner {
  readonly arena: Arena;
  readonly model: OnlineModel;
  readonly share: () => SharedOnlineModel;
}

/** A state as the config describes it; the trainer has one, and serving one of its own. */
export function createState(config: Config): StreamState {
  return new StreamState({
    partitionCount: config.log.partitionCount,
    rules: config.feedback,
    ...config.limits,
  });
}

export function createOutcomes({ log, feedback }: Config): Outcomes {
  return new Outcomes({ partitionCount: log.partitionCount, rules: feedback });
}

export interface LearnerOptions {
  /** Parts whose signals it does without: an ablation. */
  readonly without?: readonly SignalPart[];
  /** Where impressions go that memory has no room for; without it, they teach nothing. */
  readonly shownStore?: KeyValues;
}

export function createLearner(config: Config, options: LearnerOptions = {}): Learner {
  const { without = [], shownStore } = options;
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
  const response = createResponse(config);
  const trainer = new Trainer(state, model, {
    partitionCount: config.log.partitionCount,
    rules: config.feedback,
    negativesPerPositive: training.negativesPerPositive,
    uniformShare: training.uniformShare,
    expireEverySeconds: training.expireEverySeconds,
    health: training.health,
    without,
    ...(response && {
      response: {
        model: response.model,
        slots: responseSlots(config),
        labels: config.response.labels,
        negatives: keptNegativesOf(config),
        shown: training.impressions.shown,
        joining: joiningOf(config),
        ...(shownStore && { shownStore }),
      },
    }),
  });
  return { arena, state, model, response, trainer, outcomes: createOutcomes(config) };
}

/** The slots that are declared, or else the default ones. @throws FoldbackError CONFIG_INVALID. */
export function responseSlots({ response }: Config): SlotRules {
  return Object.keys(response.slots).length === 0 ? defaultSlots : response.slots;
}

/** Undefined where it is off. @throws FoldbackError CONFIG_INVALID; TABLE_FULL. */
export function createResponse(config: Config): ResponseLearner | undefined {
  const settings = onlineModelSettings(config);
  if (settings === undefined) return undefined;
  const arena = Arena.create({ sizeBytesMax: config.response.sizeBytesMax });
  return { arena, ...createOnlineModel(arena, settings) };
}

function onlineModelSettings(config: Config): OnlineModelSettings | undefined {
  const { kind, dim, linear, learningRate, l2, initialAccumulator, initialScale, seed } =
    config.response;
  const slots = Object.fromEntries(
    Object.keys(responseSlots(config)).map((slot) => {
      const { admitAfter = 1, ttlSeconds = 0 } = config.response.slots[slot] ?? {};
      return [slot, { admitAfter, ttlSeconds }];
    }),
  );
  const common = { slots, linear, seed: BigInt(seed) };
  const vectors = { learningRate, l2, initialAccumulator };
  switch (kind) {
    case "off":
      return undefined;
    case "logistic":
      return { kind, ...common };
    case "fm":
      return { kind, ...common, dim, vectors, initialScale };
    case "deepfm": {
      const { hiddenWidths, learningRate, dropout, l1, l2, halvedAfter } = config.response.deep;
      // Where Adagrad's sums start, as in the model's own default: gradients of a network are small.
      const optimiser = { kind: "adagrad", learningRate, initialAccumulator: 0.01 } as const;
      const schedule =
        halvedAfter === 0
          ? ({ kind: "constant" } as const)
          : ({ kind: "inverseSqrt", examples: halvedAfter } as const);
      const dense = { optimiser, schedule, dropout, l1, l2 };
      return { kind, ...common, dim, vectors, initialScale, hiddenWidths, dense };
    }
  }
}

/** The probability that a logit of the model of responses means, by how it learns. */
export function responseProbability(config: Config): (logit: number) => number {
  const kept = keptNegativesOf(config);
  const isAtOnce = config.training.impressions.negatives === "atOnce";
  // Fake negatives are read back by odds, in which a rate is a factor: corrected first.
  return (logit) =>
    isAtOnce
      ? probabilityOf(logitOf(keptNegativesProbability(logit, kept)))
      : keptNegativesProbability(logit, kept);
}

function logitOf(probability: number): number {
  return Math.log(probability / (1 - probability));
}

function keptNegativesOf({ training }: Config): KeptNegativesOptions {
  const { negativeRate: rate, negativeCorrection: correction } = training.impressions;
  return { rate, correction };
}

/** The settings of joining, in the joiner's units. */
export function joiningOf({ training }: Config): JoinerOptions {
  const { windowSeconds, lateSeconds, ...rest } = training.impressions;
  const { negativeRate: _rate, negativeCorrection: _where, shown: _shown, ...joining } = rest;
  return { ...joining, windowMs: windowSeconds * 1000, lateMs: lateSeconds * 1000 };
}
