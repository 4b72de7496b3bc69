import { type Signals, type StreamState, signalCount, signalNames } from "../features/index.ts";
import type { RankingContext, RankingModel } from "../model/index.ts";
import { type CandidateSource, type Candidates, candidateSources } from "./candidates.ts";
import type { Unchosen } from "./rerank.ts";
import type { Ineligible } from "./rules.ts";

/** Why an item is in the list, and at its place. */
export interface Explanation {
  /** Where each source that found it had it, from 1. */
  readonly foundAt: Partial<Record<CandidateSource, number>>;
  /** Its place by score alone, from 1; pinned items come first. */
  readonly rank: number;
  /** By what its score was multiplied. */
  readonly boost: number;
  /** What its logit is made of, the largest first: the sum of all is the logit that `score` comes from. */
  readonly parts: readonly ScorePart[];
}

export interface ScorePart {
  /** `popularity`, `account`, `recent`, or the name of a measured signal. */
  readonly part: string;
  /** Of `recent`: the item that the account wanted. */
  readonly item?: string;
  readonly value: number;
}

/** An item that was asked for and is not in the list. */
export interface MissingItem {
  readonly item: string;
  /**
   * `unknown`: nobody has ever mentioned it; `notSeen`: only the catalogue has; `had`: the account had it;
   * `notFound`: no candidate source has it among its best; the others as rules and re-ranking have them.
   */
  readonly why: "unknown" | "notSeen" | "had" | "notFound" | Ineligible | Unchosen;
  /** Its place by boosted score, where it was a candidate. */
  readonly rank?: number;
}

interface Parts {
  readonly state: StreamState;
  readonly model: RankingModel;
  /** Begun for the account. */
  readonly signals: Signals;
  readonly candidates: Candidates;
}

interface Ranked {
  readonly item: number;
  readonly candidate: number;
  readonly boost: number;
  readonly rank: number;
}

/** Parts of less say nothing. */
const smallest = 1e-4;

/** Of each item of a list. */
export function explain(
  { state, model, signals, candidates }: Parts,
  context: RankingContext,
  list: readonly Ranked[],
): Explanation[] {
  const values = new Float32Array(signalCount);
  return list.map(({ item, candidate, boost, rank }) => {
    signals.write(item, values, 0);
    const {
      weight,
      account,
      recent,
      signals: measured,
    } = model.partsOf(context, state.items.idOf(item), values);
    const parts: ScorePart[] = [
      { part: "popularity", value: weight },
      { part: "account", value: account },
      ...recent.map((value, i) => ({
        part: "recent",
        item: state.items.nameOf(state.items.indexOfId(context.recent[i])),
        value,
      })),
      ...measured.map((value, i) => ({ part: signalNames[i], value })),
    ];
    return {
      foundAt: Object.fromEntries(
        candidateSources
          .map((source, i) => [source, candidates.placeOf(candidate, i) + 1] as const)
          .filter(([, foundAt]) => foundAt > 0),
      ),
      rank,
      boost,
      parts: parts
        .filter(({ value }) => Math.abs(value) >= smallest)
        .sort((a, b) => Math.abs(b.value) - Math.abs(a.value)),
    };
  });
}
