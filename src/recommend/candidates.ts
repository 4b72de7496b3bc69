import { TopList, withRoom } from "../core/index.ts";
import { AccountNeighbours, type Signals, type StreamState } from "../features/index.ts";
import { candidatesMax, type RankingContext, type RankingModel } from "../model/index.ts";

/** Where a candidate comes from. */
export const candidateSources = ["vectors", "cooccurrence", "trend", "new", "accounts"] as const;
export type CandidateSource = (typeof candidateSources)[number];

/** How many candidates each source may give; a request costs in proportion to their sum. */
export type CandidateBudgets = Readonly<Record<CandidateSource, number>>;

/** Together well below `candidatesMax`, which a group of the model may have. */
export const defaultBudgets: CandidateBudgets = {
  vectors: 60,
  cooccurrence: 120,
  trend: 90,
  new: 30,
  accounts: 0,
};

/** So many accounts are asked what they wanted, and for so many of their last items. */
const neighboursMax = 20;
const theirsMax = 20;

/** A list that rules have left too short is asked for again, so many times as long. */
const retrieveGrowth = 4;
const everyItem = (): boolean => true;

export interface CandidateRequest {
  readonly account: string;
  readonly context: RankingContext;
  /** Items that co-occur with the account's last ones. */
  readonly related: readonly number[];
  /** Items it had, which are no candidates. */
  readonly had: readonly number[];
  /** Whether an item may be a candidate at all; default every one. */
  readonly allows?: (item: number) => boolean;
  /** Items that are candidates whether a source finds them or not, as far as they may be. */
  readonly extra?: readonly number[];
  /** A source whose budget is smaller may give so many all the same: a long list needs enough. Default 0. */
  readonly countMin?: number;
  readonly budgets: CandidateBudgets;
}

/**
 * Gathers what might be recommended: from each source its best, without what the account had, merged.
 *
 * - `vectors`: exact dot products of the account's vector with every live item's;
 * - `cooccurrence`: items wanted by the same accounts as its last ones, or next after them;
 * - `trend`: what is wanted now, at each half-life in turn;
 * - `new`: what was seen first most recently;
 * - `accounts`: what the accounts wanted lately that wanted the same as this one.
 *
 * Holds the candidates of one request at a time, in arrays that are used again.
 */
export class Candidates {
  /** Item numbers of the candidates; the first `count` are valid. */
  readonly items = new Int32Array(candidatesMax);
  count = 0;
  readonly #state: StreamState;
  readonly #model: RankingModel;
  readonly #signals: Signals;
  readonly #neighbours: AccountNeighbours;
  /** By item: cosines of the accounts that wanted it, summed; 0 between requests. */
  #sums = new Float32Array(0);
  #budgets = defaultBudgets;
  /** The place that each source gave each candidate, from 0; -1 where it did not find it. */
  readonly #places = new Int16Array(candidatesMax * candidateSources.length);
  /** By item: `#request` × 2 if it is not to be taken, + 1 if it is a candidate; older numbers say nothing. */
  #marks = new Float64Array(0);
  #indexes = new Int32Array(0);
  #request = 0;
  #countMin = 0;
  #allows: (item: number) => boolean = everyItem;
  readonly #top = new TopList(candidatesMax);

  constructor(state: StreamState, model: RankingModel, signals: Signals) {
    this.#state = state;
    this.#neighbours = new AccountNeighbours(state);
    this.#model = model;
    this.#signals = signals;
  }

  /** Forgets the candidates before. O(candidates + items the account had + the model's scan). */
  gather(request: CandidateRequest): void {
    const {
      account,
      context,
      related,
      had,
      countMin = 0,
      allows = everyItem,
      extra = [],
    } = request;
    const { items, trends } = this.#state;
    this.#begin(had);
    this.#budgets = request.budgets;
    this.#countMin = countMin;
    this.#allows = allows;
    for (const item of extra) if (item >= 0) this.#add(item);
    if (this.#budgetOf("vectors") > 0) this.#retrieve(context, had.length);
    if (this.#budgetOf("cooccurrence") > 0) {
      const strongest = this.#strongest(related);
      this.#takeAll(1, strongest.length, (i) => strongest[i]);
    }
    const boards = trends.halfLivesMs.map((_, i) => trends.leaders(i));
    const longest = Math.max(...boards.map((board) => board.length));
    // The first of each board, then the second of each …
    this.#takeAll(2, longest * boards.length, (i) => {
      const board = boards[i % boards.length];
      const place = Math.floor(i / boards.length);
      return place < board.length ? board[place] : -1;
    });
    const { seen } = items;
    this.#takeAll(3, seen.length, (i) => seen[seen.length - 1 - i]);
    if (this.#budgetOf("accounts") > 0) {
      const theirs = this.#wantedByNeighboursOf(account);
      this.#takeAll(4, theirs.length, (i) => theirs[i]);
    }
  }

  /** The place that a source gave the candidate, from 0; -1 if it did not find it. */
  placeOf(candidate: number, source: number): number {
    return this.#places[candidate * candidateSources.length + source];
  }

  #budgetOf(source: CandidateSource): number {
    const budget = this.#budgets[source];
    return budget === 0 ? 0 : Math.max(budget, this.#countMin);
  }

  #begin(had: readonly number[]): void {
    this.count = 0;
    this.#request++;
    const { count } = this.#state.items;
    this.#marks = withRoom(this.#marks, count);
    this.#indexes = withRoom(this.#indexes, count);
    for (const item of had) this.#marks[item] = this.#request * 2;
  }

  /** As many more are asked for as the account had, and again more where rules leave too few. */
  #retrieve(context: RankingContext, hadCount: number): void {
    const { items } = this.#state;
    const budget = this.#budgetOf("vectors");
    let taken = 0;
    let from = 0;
    for (let count = budget + hadCount; taken < budget; count *= retrieveGrowth) {
      const ids = this.#model.retrieve(context, Math.min(count, items.count));
      const found = new Int32Array(ids.length);
      items.indexesOfIds(ids, found);
      taken = this.#takeAll(0, ids.length, (i) => found[i], { from, taken });
      if (this.#allows === everyItem || ids.length < count) return;
      from = ids.length; // a longer list begins with the shorter one
    }
  }

  /** @returns how many the source has given. */
  #takeAll(
    source: number,
    listLength: number,
    itemAt: (i: number) => number,
    { from, taken: before } = { from: 0, taken: 0 },
  ): number {
    const budget = this.#budgetOf(candidateSources[source]);
    let taken = before;
    for (let i = from; i < listLength && taken < budget; i++) {
      const item = itemAt(i);
      if (item >= 0 && this.#take(source, taken, item)) taken++;
    }
    return taken;
  }

  /** Whether it is a candidate now. */
  #add(item: number): boolean {
    const mark = this.#marks[item];
    if (mark === this.#request * 2) return false; // had, or not allowed
    if (mark === this.#request * 2 + 1) return true;
    if (this.count === candidatesMax || !this.#state.items.isSeen(item)) return false;
    const isAllowed = this.#allows(item);
    this.#marks[item] = this.#request * 2 + (isAllowed ? 1 : 0);
    if (!isAllowed) return false;
    const sources = candidateSources.length;
    this.#indexes[item] = this.count;
    this.#places.fill(-1, this.count * sources, (this.count + 1) * sources);
    this.items[this.count++] = item;
    return true;
  }

  #take(source: number, place: number, item: number): boolean {
    if (!this.#add(item)) return false;
    const sources = candidateSources.length;
    const at = this.#indexes[item] * sources + source;
    if (this.#places[at] >= 0) return false;
    this.#places[at] = place;
    return true;
  }

  /** What the most alike accounts wanted and this one did not have, by the sum of their cosines. */
  #wantedByNeighboursOf(account: string): Int32Array {
    this.#sums = withRoom(this.#sums, this.#state.items.count);
    const met: number[] = [];
    for (const { cosine, history } of this.#neighbours.of(account, neighboursMax)) {
      for (const item of history.wanted.slice(-theirsMax)) {
        if (this.#marks[item] === this.#request * 2 || !this.#allows(item)) continue;
        if (this.#sums[item] === 0) met.push(item);
        this.#sums[item] += cosine;
      }
    }
    this.#top.begin(this.#budgetOf("accounts"));
    for (const item of met) {
      this.#top.add(item, this.#sums[item]);
      this.#sums[item] = 0;
    }
    return this.#top.take();
  }

  /** The most strongly related that the account did not have. */
  #strongest(related: readonly number[]): Int32Array {
    this.#top.begin(this.#budgetOf("cooccurrence"));
    for (const item of related) {
      if (this.#marks[item] !== this.#request * 2 && this.#allows(item))
        this.#top.add(item, this.#signals.relationTo(item));
    }
    return this.#top.take();
  }
}
