import { assert, type Stages, TopList } from "../core/index.ts";
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
import { type Explanation, explain, type MissingItem } from "./explanation.ts";
import { type ExplorationOptions, Explorer, isChance } from "./exploration.ts";
import { type Reranked, rerank, type Scored } from "./rerank.ts";
import type { ResponseScorer } from "./responseScorer.ts";
import { Eligibility, factorOf, type Rules } from "./rules.ts";

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
  readonly rules?: Rules;
  /** Whether each item says why it is there. */
  readonly explain?: boolean;
  /** How many candidates each source may give; default: as the options have it. */
  readonly budgets?: CandidateBudgets;
  /** The list is varied, by chance that the seed decides, and each item says with what probability it came. */
  readonly exploration?: ExplorationOptions & { readonly seed: number };
  /** Items of which is told why they are not in the list. */
  readonly missing?: readonly string[];
  /** Told of `candidates`, `ranking`, `reranking` and `responses`. */
  readonly stages?: Stages | undefined;
}

export interface RecommendedList {
  /** Best first. */
  readonly items: RecommendedItem[];
  /** Of the `missing` that are not in it, in their order. */
  readonly missing: readonly MissingItem[];
}

/** What features may be made of, besides the account and the time. */
export type RequestMoment = Pick<
  FeatureMoment,
  "session" | "device" | "platform" | "country" | "context"
>;

export interface RecommendedItem {
  readonly item: string;
  /** The catalogue's title, where it has one. */
  readonly title?: string;
  /** Probability, by the model, that this is what the account takes next. Without the model: a sum of signals. */
  readonly score: number;
  /** Probability, by the model of responses, that it is acted on if it is shown at this place. */
  readonly responseProbability?: number;
  /** Of a list that is varied: the probability with which it came to its place, given those before it. */
  readonly propensity?: number;
  /** Of such a list: what would have come to its place without chance, given those before it, where that is another. */
  readonly insteadOf?: string;
  /** Which candidate sources found it; none of one that is pinned alone. */
  readonly sources: readonly CandidateSource[];
  /** Where it was asked for. */
  readonly why?: Explanation;
}

const noRules: Rules = {};

interface RankedCandidate extends Scored {
  /** Its number among the candidates. */
  readonly candidate: number;
  readonly boost: number;
  /** By boosted score, from 1. */
  readonly rank: number;
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
  readonly #budgets: CandidateBudgets;
  readonly #ablate: readonly Ablation[];
  readonly #response: ResponseScorer | undefined;
  readonly #top = new TopList(candidatesMax);
  #context: RankingContext | undefined;

  constructor(state: StreamState, model: RankingModel, options: RecommenderOptions = {}) {
    const { budgets = defaultBudgets, ablate = [] } = options;
    this.#budgets = budgets;
    this.#ablate = ablate;
    this.#state = state;
    this.#model = model;
    this.#signals = new Signals(
      state,
      ablate.filter((part) => part === "trend" || part === "cooccurrence"),
    );
    this.#candidates = new Candidates(state, model, this.#signals);
    this.#response = options.response;
    this.usesModel = !ablate.includes("model");
  }

  /** The best `count` items for the account, best first; fewer where there are not so many. */
  recommend(request: RecommendRequest): RecommendedItem[] {
    return this.list(request).items;
  }

  /** The same, with why asked items are not in it. O(candidates), and O(count · candidates) with diversity. */
  list(request: RecommendRequest): RecommendedList {
    const { items, histories } = this.#state;
    const { account, now, count, moment = {}, rules = noRules, missing = [], stages } = request;
    stages?.begin("candidates");
    const signals = this.#signals.begin(account, now);
    const context = this.#contextOf(account, signals);
    this.#context = context;
    const candidates = this.#candidates;
    const eligibility = new Eligibility(this.#state, rules, { account, now });
    const { allows } = eligibility;
    const pinned = (rules.pinned ?? []).map((name) => items.indexOf(name));
    const { had } = histories.of(account);
    candidates.gather({
      account,
      context,
      related: this.#signals.relate(),
      had,
      countMin: count,
      budgets: this.#budgetsOf(request),
      ...(allows && { allows }),
      extra: pinned,
    });
    const found = candidates.items.subarray(0, candidates.count);
    stages?.begin("ranking");
    // Copied: what explains them asks the model again.
    const scores = (this.usesModel ? this.#rank(context, found) : this.#blend(found)).slice();
    const ranked = this.#ranked(request, found, scores, pinned);
    stages?.begin("reranking");
    const { chosen, propensities, greedy, unchosen } = this.#choose(ranked, request);
    const best = chosen.map((place) => ranked[place]);
    stages?.begin("responses");
    const responses = this.#response?.probabilities(
      { ...moment, account, time: now },
      best.map(({ item }) => item),
    );
    const parts = { state: this.#state, model: this.#model, signals: this.#signals, candidates };
    const whys = request.explain === true ? explain(parts, context, best) : undefined;
    const listed = best.map((one, place): RecommendedItem => {
      const title = items.titleOf(one.item);
      return {
        item: items.nameOf(one.item),
        ...(title === "" ? {} : { title }),
        score: this.#scoreOf(scores[one.candidate]),
        ...(responses === undefined ? {} : { responseProbability: responses[place] }),
        ...(explores(request) && { propensity: propensities[place] }),
        ...(greedy[place] !== chosen[place] && {
          insteadOf: items.nameOf(ranked[greedy[place]].item),
        }),
        sources: candidateSources.filter(
          (_, source) => candidates.placeOf(one.candidate, source) >= 0,
        ),
        ...(whys === undefined ? {} : { why: whys[place] }),
      };
    });
    return {
      items: listed,
      missing: missing
        .filter((name) => !listed.some(({ item }) => item === name))
        .map((name): MissingItem => {
          const item = items.indexOf(name);
          const place = ranked.findIndex((one) => one.item === item);
          const rank = ranked[place]?.rank;
          return {
            item: name,
            why: this.#whyMissing(item, eligibility, had, unchosen.get(place)),
            ...(rank === undefined ? {} : { rank }),
          };
        }),
    };
  }

  /** Candidates by boosted score, the highest first; those that are pinned before all, in their order. */
  #ranked(
    request: RecommendRequest,
    found: Int32Array,
    scores: Float32Array,
    pinned: readonly number[],
  ): RankedCandidate[] {
    const { rules = noRules, missing = [], count } = request;
    const factor = factorOf(this.#state, rules.boost, request);
    const needsAll = rules !== noRules || missing.length > 0 || explores(request);
    this.#top.begin(needsAll ? found.length : count);
    for (let candidate = 0; candidate < found.length; candidate++) {
      const boost = factor(found[candidate]);
      // The order of logits is that of probabilities, and finer.
      const score =
        rules.boost === undefined ? scores[candidate] : this.#scoreOf(scores[candidate]) * boost;
      this.#top.add(candidate, score);
    }
    const ranked = Array.from(this.#top.take(), (candidate, place): RankedCandidate => {
      const item = found[candidate];
      const boost = factor(item);
      const score = this.#scoreOf(scores[candidate]) * boost;
      return { item, candidate, boost, score, rank: place + 1 };
    });
    const first = pinned
      .map((item) => ranked.find((one) => one.item === item))
      .filter((one) => one !== undefined);
    return [...new Set([...first, ...ranked])];
  }

  #choose(ranked: readonly RankedCandidate[], request: RecommendRequest): Reranked {
    const { rules = noRules, count, exploration } = request;
    const explorer = exploration && explores(request) ? new Explorer(exploration) : undefined;
    explorer?.seed(exploration?.seed ?? 0);
    const {
      artistMax = Number.POSITIVE_INFINITY,
      categoryMax = Number.POSITIVE_INFINITY,
      diversity = 0,
      pinned = [],
    } = rules;
    const { properties, items } = this.#state;
    const artists = properties.column("artist");
    const pinnedCount = ranked.findIndex(({ item }) => !pinned.includes(items.nameOf(item)));
    return rerank(ranked, {
      count,
      pinnedCount: pinnedCount < 0 ? ranked.length : pinnedCount,
      artistMax,
      categoryMax,
      diversity,
      artistOf: (item) => String(artists?.[item] ?? ""),
      categoriesOf: (item) => items.categoriesOf(item),
      ...(explorer && {
        exploration: { explorer, shownCountOf: (item: number) => items.shownCountOf(item) },
      }),
    });
  }

  #budgetsOf({ budgets = this.#budgets }: RecommendRequest): CandidateBudgets {
    const left = (source: CandidateSource, part: Ablation): number =>
      this.#ablate.includes(part) ? 0 : budgets[source];
    return {
      vectors: left("vectors", "model"),
      cooccurrence: left("cooccurrence", "cooccurrence"),
      trend: left("trend", "trend"),
      new: left("new", "new"),
      accounts: budgets.accounts,
    };
  }

  #whyMissing(
    item: number,
    eligibility: Eligibility,
    had: readonly number[],
    unchosen: MissingItem["why"] | undefined,
  ): MissingItem["why"] {
    if (item < 0) return "unknown";
    if (had.includes(item)) return "had";
    const against = eligibility.against(item);
    if (against !== undefined) return against;
    if (!this.#state.items.isSeen(item)) return "notSeen";
    return unchosen ?? "notFound";
  }

  #scoreOf(logit: number): number {
    return this.usesModel ? sigmoid(logit) : logit;
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
    this.#state.items.writeIds(ids, found);
    for (let i = 0; i < found.length; i++) this.#signals.write(found[i], signals, i * signalCount);
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

function explores({ exploration }: RecommendRequest): boolean {
  return exploration !== undefined && isChance(exploration);
}
