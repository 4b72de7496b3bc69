import { dayMs } from "../core/index.ts";
import { Arena } from "../embedding/index.ts";
import {
  defaultFeedbackRules,
  type SlotRules,
  StreamState,
  type StreamStateOptions,
  signalCount,
} from "../features/index.ts";
import {
  FactorisationMachine,
  type OnlineModel,
  RankingModel,
  type RankingModelOptions,
} from "../model/index.ts";
import {
  type JoinerOptions,
  type ResponseOptions,
  Trainer,
  type TrainerOptions,
} from "../train/index.ts";

export interface SmallLearner {
  readonly state: StreamState;
  readonly model: RankingModel;
  /** Of what was shown: a factorisation machine of dim 4. */
  readonly response: OnlineModel;
  readonly trainer: Trainer;
}

export interface SmallLearnerOptions {
  readonly state?: Partial<StreamStateOptions>;
  readonly model?: Partial<RankingModelOptions>;
  readonly training?: Partial<Omit<TrainerOptions, "response">>;
  /** `"none"`: the trainer learns of nothing that was shown. */
  readonly response?: Partial<Omit<ResponseOptions, "model">> | "none";
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

/** Of each kind: ids, a bag, numbers, a cross. */
const smallSlots: SlotRules = {
  account: { of: ["account"] },
  item: { of: ["item"] },
  recent: { of: ["recent"], last: 5 },
  signals: { of: ["signals"] },
  accountPosition: { of: ["account", "position"] },
};

/** A trainer with its state and models, in an arena of its own: small, fast, one partition by default. */
export function smallLearner(options: SmallLearnerOptions = {}): SmallLearner {
  const arena = Arena.create({ sizeBytesMax: 64 * 1_048_576 });
  const partitionCount = options.state?.partitionCount ?? 1;
  const shared = { partitionCount, rules: defaultFeedbackRules };
  const state = new StreamState({
    ...shared,
    itemsMax: 1000,
    accountsMax: 1000,
    itemsPerAccountMax: 1000,
    accountPropertiesBytesMax: 1_000_000,
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
  const given = options.response === "none" ? undefined : options.response;
  const { slots = smallSlots, shownStore, ...rest } = given ?? {};
  const response = FactorisationMachine.create(arena, {
    slots: Object.fromEntries(Object.keys(slots).map((slot) => [slot, {}])),
    dim: 4,
    linear: { alpha: 0.2, beta: 1, l1: 0, l2: 0 },
    vectors: { learningRate: 0.02, l2: 0 },
    seed: 1n,
  });
  const trainer = new Trainer(state, model, {
    ...shared,
    negativesPerPositive: 5,
    uniformShare: 0.3,
    expireEverySeconds: 3600,
    health: { driftRise: 0.1, overfittingGap: 0.4, calibrationRatio: 1.25 },
    ...(options.response !== "none" && {
      response: {
        model: response,
        slots,
        labels: {},
        shown: "impression",
        negatives: { rate: 1, correction: "training" },
        joining: smallJoining,
        ...(shownStore && { shownStore }),
        ...rest,
      },
    }),
    ...options.training,
  });
  return { state, model, response, trainer };
}
