import type { Contender, Explorer } from "./exploration.ts";

/** An item as the model has ranked it. */
export interface Scored {
  /** Its number. */
  readonly item: number;
  /** Boosted; the list of all is from the highest to the lowest. */
  readonly score: number;
}

export interface RerankOptions {
  readonly count: number;
  /** How many of the list's beginning are pinned: they stay first, in their order. */
  readonly pinnedCount: number;
  readonly artistMax: number;
  readonly categoryMax: number;
  /** 0 to 1. */
  readonly diversity: number;
  /** "" where it is not known: such items count for no artist. */
  readonly artistOf: (item: number) => string;
  readonly categoriesOf: (item: number) => readonly number[];
  /** Fills the places after those that are pinned; without it the best do. */
  readonly exploration?: {
    readonly explorer: Explorer;
    /** How often an item was shown. */
    readonly shownCountOf: (item: number) => number;
  };
}

/** Why a scored item is not among the chosen: beyond the list's end, or one too many of its kind. */
export type Unchosen = "beyond" | "artistMax" | "categoryMax";

export interface Reranked {
  /** Places among the scored, in the order of the list. */
  readonly chosen: readonly number[];
  /** The probability with which each was chosen, given those before; 1 without exploration. */
  readonly propensities: readonly number[];
  /** Whom each place would have gone to without exploration, given those before: itself, or another one. */
  readonly greedy: readonly number[];
  /** By place, of those that are not chosen. */
  readonly unchosen: ReadonlyMap<number, Unchosen>;
}

/**
 * Chooses a list from what was scored, one place after the other: of those that the caps allow, the one with the
 * highest *marginal relevance*,
 *
 * ```
 * (1 − d) · score / highest score − d · max over those chosen of likeness(item, chosen)
 * likeness = 1 for the same artist, else the share of categories in common (Jaccard)
 * ```
 *
 * where d is the diversity; ties go to the higher score. Caps are strict: a list may be shorter for them.
 * O(count · scored). Where it is explored, the merit of each is ln(score / highest) − d / (1 − d) · max likeness.
 *
 * Source: Carbonell and Goldstein, "The use of MMR, diversity-based reranking for reordering documents and
 * producing summaries", SIGIR 1998; their λ is 1 − d.
 */
export function rerank(scored: readonly Scored[], options: RerankOptions): Reranked {
  const { count, pinnedCount, diversity, exploration } = options;
  const caps = new Caps(options);
  const highest = Math.max(...scored.slice(pinnedCount).map(({ score }) => score), 1e-300);
  const likest = new Float64Array(scored.length);
  const unchosen = new Map<number, Unchosen>();
  const chosen: number[] = [];
  const propensities: number[] = [];
  const greedy: number[] = [];
  const left = new Set(scored.keys());
  const choose = (place: number, propensity = 1, best = place): void => {
    chosen.push(place);
    propensities.push(propensity);
    greedy.push(best);
    left.delete(place);
    caps.count(scored[place].item);
    if (diversity === 0) return;
    for (const other of left) {
      const alike = likeness(scored[other].item, scored[place].item, options);
      likest[other] = Math.max(likest[other], alike);
    }
  };
  /** Where it would be one too many of its kind: a cap that is reached stays so. */
  const leaves = (place: number): boolean => {
    const over = caps.over(scored[place].item);
    if (over === undefined) return false;
    left.delete(place);
    unchosen.set(place, over);
    return true;
  };
  /** The one of the highest relevance; -1 where the caps leave none. */
  const bestLeft = (): number => {
    let best = -1;
    let bestRelevance = Number.NEGATIVE_INFINITY;
    for (const place of left) {
      if (leaves(place)) continue;
      const relevance =
        (1 - diversity) * (scored[place].score / highest) - diversity * likest[place];
      if (relevance > bestRelevance) [best, bestRelevance] = [place, relevance];
      if (diversity === 0) break; // they are in the order of their scores
    }
    return best;
  };
  const explore = ({ explorer, shownCountOf }: NonNullable<typeof exploration>): boolean => {
    const places = [...left].filter((place) => !leaves(place));
    if (places.length === 0) return false;
    const toll = Math.min(diversity / (1 - diversity), tollMax);
    const contenders = places.map((place): Contender => {
      const { item, score } = scored[place];
      const merit = Math.log(Math.max(score / highest, meritFloor)) - toll * likest[place];
      return { merit, shownCount: shownCountOf(item) };
    });
    const { index, propensity } = explorer.choose(chosen.length, contenders);
    choose(places[index], propensity, bestLeft());
    return true;
  };
  for (let place = 0; place < Math.min(pinnedCount, count); place++) choose(place);
  while (chosen.length < count) {
    if (exploration !== undefined) {
      if (explore(exploration)) continue;
      break;
    }
    const best = bestLeft();
    if (best < 0) break;
    choose(best);
  }
  for (const place of left) unchosen.set(place, caps.over(scored[place].item) ?? "beyond");
  return { chosen, propensities, greedy, unchosen };
}

/** Of a diversity of 1, which is without end. */
const tollMax = 1e6;
/** As if every score were at least such a part of the highest. */
const meritFloor = 1e-12;

/** How many of each artist and category are in the list. */
class Caps {
  readonly #options: RerankOptions;
  readonly #artists = new Map<string, number>();
  readonly #categories = new Map<number, number>();

  constructor(options: RerankOptions) {
    this.#options = options;
  }

  count(item: number): void {
    const { artistOf, categoriesOf } = this.#options;
    const artist = artistOf(item);
    if (artist !== "") this.#artists.set(artist, (this.#artists.get(artist) ?? 0) + 1);
    for (const category of categoriesOf(item)) {
      this.#categories.set(category, (this.#categories.get(category) ?? 0) + 1);
    }
  }

  /** Which of them one more would be over. */
  over(item: number): "artistMax" | "categoryMax" | undefined {
    const { artistMax, categoryMax, artistOf, categoriesOf } = this.#options;
    if ((this.#artists.get(artistOf(item)) ?? 0) >= artistMax) return "artistMax";
    for (const category of categoriesOf(item)) {
      if ((this.#categories.get(category) ?? 0) >= categoryMax) return "categoryMax";
    }
    return undefined;
  }
}

function likeness(
  a: number,
  b: number,
  { artistOf, categoriesOf }: Pick<RerankOptions, "artistOf" | "categoriesOf">,
): number {
  const artist = artistOf(a);
  if (artist !== "" && artist === artistOf(b)) return 1;
  const [ofA, ofB] = [categoriesOf(a), categoriesOf(b)];
  let common = 0;
  for (const category of ofA) if (ofB.includes(category)) common++;
  return common === 0 ? 0 : common / (ofA.length + ofB.length - common);
}
