import { assert, TopList } from "../core/index.ts";
import {
  accountIdOf,
  type FeatureMoment,
  type SignalContext,
  Signals,
  type StreamState,
  signalCount,
  unlearnedScore,
} from "../features/index.ts";
import {
  candidatesMax,
  type RankingContext,
  type RankingModel,
  recentMax,
  sigmoid,
} from "../model/index.ts";
import {
  type CandidateBudgets,
  type CandidateSource,
  Candidates,
  candidateSources,
  defaultBudgets,
} from "./candidates.ts";
import type { ResponseScorer } from "./responseScorer.ts";

/** A part of the engine that can be left out, to see what it adds. */
export const ablations = ["model", "cooccurrence", "trend", "new"] as const;
export type Ablation = (typeof ablations)[number];

export interface RecommenderOptions {
  readonly budgets?: CandidateBudgets;
  /** Leaves parts out: their candidates, their signals; without `model`, places are merged instead. */
  readonly ablate?: readonly Ablation[];
  /** Foretells of each item of the list whether it is acted on; without it, nothing is said of that. */
  readonly response?: ResponseScorer;
}

export interface RecommendRequest {
  /** An account or anonymous session; one that never did anything is welcome. */
  readonly account: string;
  /** How many items at most. */
  readonly count: number;
  /** The time of the request, epoch milliseconds. */
  readonly now: number;
  /** What else is known of the moment, as events would have it. */
  readonly moment?: RequestMoment;
}

/** What features may be made of, besides the account and the time. */
export type RequestMoment = Pick<FeatureMoment, "device" | "platform" | "country" | "context">;

export interface RecommendedItem {
  readonly item: string;
  /** The catalogue's title, where it has one. */
  readonly title?: string;
  /** Probability, by the model, that this is what the account takes next. Without the model: a sum of signals. */
  readonly score: number;
  /** Probability, by the model of responses, that it is acted on if it is shown at this place. */
  readonly responseProbability?: number;
  /** Which candidate sources found it. */
  readonly sources: readonly CandidateSource[];
}

/**
 * Answers what to show next: candidates, ranked by the model; never what the account already had.
 *
 * Reads a `StreamState` of its own thread, and a model that may be learning in another one.
 */
export class Recommender {
  readonly #state: StreamState;
  readonly #model: RankingModel;
  readonly #signals: Signals;
  readonly #candidates: Candidates;
  /** Whether the model ranks; without it there are no probabilities. */
  readonly usesModel: boolean;
  readonly #response: ResponseScorer | undefined;
  readonly #top = new TopList(candidatesMax);
  #context: RankingContext | undefined;

  constructor(state: StreamState, model: RankingModel, options: RecommenderOptions = {}) {
    const { budgets = defaultBudgets, ablate = [] } = options;
    this.#state = state;
    this.#model = model;
    this.#signals = new Signals(
      state,
      ablate.filter((part) => part === "trend" || part === "cooccurrence"),
    );
    const left = (source: CandidateSource, part: Ablation): number =>
      ablate.includes(part) ? 0 : budgets[source];
    this.#candidates = new Candidates(state, model, this.#signals, {
      vectors: left("vectors", "model"),
      cooccurrence: left("cooccurrence", "cooccurrence"),
      trend: left("trend", "trend"),
      new: left("new", "new"),
    });
    this.#response = options.response;
    this.usesModel = !ablate.includes("model");
  }

  /** The best `count` items for the account, best first; fewer where there are not so many. */
  recommend(request: RecommendRequest): RecommendedItem[] {
    const { items, histories } = this.#state;
    const { account, now, count, moment = {} } = request;
    const signals = this.#signals.begin(account, now);
    const context = this.#contextOf(account, signals);
    this.#context = context;
    const candidates = this.#candidates;
    candidates.gather({
      context,
      related: this.#signals.relate(),
      had: histories.of(account).had,
      countMin: count,
    });
    const found = candidates.items.subarray(0, candidates.count);
    const scores = this.usesModel ? this.#rank(context, found) : this.#blend(found);
    this.#top.begin(count);
    for (let candidate = 0; candidate < found.length; candidate++)
      this.#top.add(candidate, scores[candidate]);
    const best = Array.from(this.#top.take());
    const responses = this.#response?.probabilities(
      { ...moment, account, time: now },
      best.map((candidate) => found[candidate]),
    );
    return best.map((candidate, place) => {
      const item = found[candidate];
      const title = items.titleOf(item);
      return {
        item: items.nameOf(item),
        ...(title === "" ? {} : { title }),
        score: this.usesModel ? sigmoid(scores[candidate]) : scores[candidate],
        ...(responses === undefined ? {} : { responseProbability: responses[place] }),
        sources: candidateSources.filter((_, source) => candidates.placeOf(candidate, source) >= 0),
      };
    });
  }

  /** The model's logits of given items for the request that `recommend` answered last, in their order. */
  logitsOf(found: Int32Array): Float32Array {
    assert(this.#context !== undefined, "recommend is asked before");
    return this.#rank(this.#context, found);
  }

  #contextOf(account: string, { buckets }: SignalContext): RankingContext {
    const { items, histories } = this.#state;
    const recent = histories.of(account).wanted.slice(-recentMax);
    return {
      account: accountIdOf(account),
      recent: recent.map((item) => items.idOf(item)),
      buckets,
    };
  }

  /** Overwritten by the next call. */
  #rank(context: RankingContext, found: Int32Array): Float32Array {
    const { signals, items: ids } = this.#model;
    for (let i = 0; i < found.length; i++) {
      this.#signals.write(found[i], signals, i * signalCount);
      ids[i] = this.#state.items.idOf(found[i]);
    }
    return this.#model.score(context, found.length);
  }

  /** Scores without the model. */
  #blend(found: Int32Array): Float32Array {
    const signals = new Float32Array(signalCount);
    return Float32Array.from(found, (item) => {
      this.#signals.write(item, signals, 0);
      return unlearnedScore(signals, 0);
    });
  }
}
