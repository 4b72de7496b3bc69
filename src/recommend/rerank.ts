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
}

/** Why a scored item is not among the chosen: beyond the list's end, or one too many of its kind. */
export type Unchosen = "beyond" | "artistMax" | "categoryMax";

export interface Reranked {
  /** Places among the scored, in the order of the list. */
  readonly chosen: readonly number[];
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
 * O(count · scored).
 *
 * Source: Carbonell and Goldstein, "The use of MMR, diversity-based reranking for reordering documents and
 * producing summaries", SIGIR 1998; their λ is 1 − d.
 */
export function rerank(scored: readonly Scored[], options: RerankOptions): Reranked {
  const { count, pinnedCount, diversity } = options;
  const caps = new Caps(options);
  const highest = Math.max(...scored.slice(pinnedCount).map(({ score }) => score), 1e-300);
  const likest = new Float64Array(scored.length);
  const unchosen = new Map<number, Unchosen>();
  const chosen: number[] = [];
  const left = new Set(scored.keys());
  const choose = (place: number): void => {
    chosen.push(place);
    left.delete(place);
    caps.count(scored[place].item);
    if (diversity === 0) return;
    for (const other of left) {
      const alike = likeness(scored[other].item, scored[place].item, options);
      likest[other] = Math.max(likest[other], alike);
    }
  };
  for (let place = 0; place < Math.min(pinnedCount, count); place++) choose(place);
  while (chosen.length < count) {
    let best = -1;
    let bestRelevance = Number.NEGATIVE_INFINITY;
    for (const place of left) {
      const { item, score } = scored[place];
      const over = caps.over(item);
      if (over !== undefined) {
        left.delete(place); // a cap that is reached stays so
        unchosen.set(place, over);
        continue;
      }
      const relevance = (1 - diversity) * (score / highest) - diversity * likest[place];
      if (relevance > bestRelevance) [best, bestRelevance] = [place, relevance];
      if (diversity === 0) break; // they are in the order of their scores
    }
    if (best < 0) break;
    choose(best);
  }
  for (const place of left) unchosen.set(place, caps.over(scored[place].item) ?? "beyond");
  return { chosen, unchosen };
}

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
