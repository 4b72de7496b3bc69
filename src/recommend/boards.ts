import { TopList } from "../core/index.ts";
import type { StreamState } from "../features/index.ts";
import { Eligibility, type Rules } from "./rules.ts";

/** Lists that are the same for everybody. */
export const boards = ["trending", "popular", "latest"] as const;
export type Board = (typeof boards)[number];

export interface BoardItem {
  readonly item: string;
  /** The catalogue's title, where it has one. */
  readonly title?: string;
  /**
   * Trending and popular: its share of all that is wanted, of the last hours and ever. Latest: when it was seen
   * first, epoch milliseconds. Similar: cosine, and half of it for what comes next.
   */
  readonly score: number;
}

export interface BoardRequest {
  readonly count: number;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly rules?: Pick<Rules, "filter" | "categories" | "exclude">;
}

const everyItem = (): boolean => true;
/** Half-lives of `trendHalfLivesMs`: 12 hours; for ever. */
const halfLives = { trending: 1, popular: 5 } as const;
/** Less than 2^-60 of the stream is none of it. */
const shareFloor = -60;
/** How much "wanted next, within the hour" counts beside "wanted by the same accounts". */
const nextWeight = 0.5;

/** Boards and neighbours over one `StreamState`, exact: every item is looked at. Holds scratch space; one at a time. */
export class Boards {
  readonly #state: StreamState;
  readonly #shares: Float32Array;
  #sums = new Float32Array(0);

  constructor(state: StreamState) {
    this.#state = state;
    this.#shares = new Float32Array(state.trends.halfLivesMs.length);
  }

  /** The first `count` of a board. O(items). */
  board(board: Board, request: BoardRequest): BoardItem[] {
    const { items } = this.#state;
    const { count, now, rules = {} } = request;
    const { allows = everyItem } = new Eligibility(this.#state, rules, { now });
    const scoreOf = this.#scoring(board);
    const top = new TopList(count);
    top.begin(count);
    for (const item of items.seen) {
      const score = scoreOf(item);
      if (score > 0 && allows(item)) top.add(item, score);
    }
    return Array.from(top.take(), (item) => this.#described(item, scoreOf(item)));
  }

  /** Items that the same accounts want, or want next. Empty for one that nobody has mentioned. O(neighbours). */
  similar(name: string, { count, now, rules = {} }: BoardRequest): BoardItem[] {
    const { items, together, next } = this.#state;
    const item = items.indexOf(name);
    if (item < 0) return [];
    const { allows = everyItem } = new Eligibility(this.#state, rules, { now });
    if (this.#sums.length < items.count) this.#sums = new Float32Array(items.count * 2);
    const met: number[] = [];
    together.addCosines(item, 1, this.#sums, met);
    next.addCosines(item, nextWeight, this.#sums, met);
    const top = new TopList(count);
    top.begin(count);
    for (const other of met) {
      if (other !== item && allows(other)) top.add(other, this.#sums[other]);
    }
    const best = Array.from(top.take(), (other) => this.#described(other, this.#sums[other]));
    for (const other of met) this.#sums[other] = 0;
    return best;
  }

  #scoring(board: Board): (item: number) => number {
    const { items, trends } = this.#state;
    if (board === "latest") return (item) => items.firstTimeOf(item);
    const halfLife = halfLives[board];
    return (item) => {
      trends.writeShares(item, shareFloor, this.#shares, 0);
      const share = this.#shares[halfLife];
      return share > shareFloor ? 2 ** share : 0;
    };
  }

  #described(item: number, score: number): BoardItem {
    const { items } = this.#state;
    const title = items.titleOf(item);
    return { item: items.nameOf(item), ...(title === "" ? {} : { title }), score };
  }
}
