import { assert, hourMs } from "../core/index.ts";
import type { Foldback } from "../engine/index.ts";
import type { Simulated, Simulation } from "../simulate/index.ts";
import { type Foretold, Predictions } from "./predictions.ts";
import { type GenreShare, itemOf, Songs } from "./songs.ts";

/** Places of a list whose worth is measured: as many as the simulated service shows. */
const listLength = 8;
/** Lists that a mean is of: the latest. */
const listsMax = 1000;
/** Lists of one step that are measured: each asks the truth of every song. */
const listsOfStep = 4;
/** Between two points of the curve, and points that are kept: two months. */
const pointEveryMs = 6 * hourMs;
const pointsMax = 240;
/** Impressions before the first point: the AUC of fewer jumps. */
const pointFrom = 2000;

/** The probability, in truth, that the listener plays a song of the list: a mean over places and lists. */
export interface ListWorth {
  readonly live: number;
  readonly frozen: number;
  /** Of the songs that are played most, of those that the listener has not had: what there is without learning who likes what. */
  readonly popular: number;
  /** Of the songs that the listener likes most, of those that they have not had. */
  readonly best: number;
  /** Of any song. */
  readonly any: number;
}

export interface WhatPoint extends Foretold {
  readonly time: number;
}

export interface WhatFigures {
  /** Foretold and settled. */
  readonly impressions: number;
  readonly auc: Foretold | null;
  readonly points: readonly WhatPoint[];
  readonly lists: number;
  readonly worth: ListWorth | null;
}

export interface ListenerFigures {
  readonly account: string;
  readonly people: number;
  readonly genres: readonly GenreShare[];
  /** The top of its list, with the true probability that they play it. */
  readonly list: readonly {
    readonly item: string;
    readonly title: string;
    readonly genre: string;
    readonly probability: number;
  }[];
}

/** What the account likes is told by so many songs. */
const likedMax = 50;
const listedMax = 5;

type Asked = Pick<Foldback, "responses" | "recommendList">;

/** What is shown next: by the engine that learns, by one that stopped when the stream began, and in truth. */
export class What {
  readonly #live: Asked;
  readonly #frozen: Asked;
  readonly #simulation: Simulation;
  readonly #songs = new Songs();
  readonly #predictions = new Predictions();
  readonly #points: WhatPoint[] = [];
  readonly #worths: ListWorth[] = [];
  #listCount = 0;
  #auc: Foretold | undefined;
  #aucAt = 0;
  /** By account, how many sessions each person had. */
  readonly #sessions = new Map<string, number[]>();

  constructor(parts: {
    readonly live: Asked;
    readonly frozen: Asked;
    readonly simulation: Simulation;
  }) {
    this.#live = parts.live;
    this.#frozen = parts.frozen;
    this.#simulation = parts.simulation;
  }

  /** What is about to be sent, in order of time: both engines are asked what they expect of it. */
  foretell(coming: readonly Simulated[]): void {
    const lists = new Map<string, Simulated[]>();
    for (const one of coming) {
      const { request, type } = one.event;
      if (type !== "impression" || request === undefined) continue;
      lists.set(request, [...(lists.get(request) ?? []), one]);
    }
    let left = listsOfStep;
    for (const list of lists.values()) {
      this.#foretell(list);
      if (left-- > 0) this.#measure(list);
    }
  }

  /** What has been sent. */
  note({ event, truth }: Simulated): void {
    const { account, position, request, type } = event;
    this.#songs.note(event);
    if (type === "play" && request !== undefined && position !== undefined)
      this.#predictions.play(request, position);
    if (type !== "access" || account === undefined || truth.person === undefined) return;
    const counts = this.#sessions.get(account) ?? [];
    counts[truth.person - 1] = (counts[truth.person - 1] ?? 0) + 1;
    this.#sessions.set(account, counts);
  }

  settle(now: number): void {
    const before = this.#predictions.count;
    this.#predictions.settle(now);
    if (this.#predictions.count < pointFrom || this.#predictions.count === before) return;
    if (now < this.#aucAt + hourMs) return;
    this.#aucAt = now;
    this.#auc = this.#predictions.auc();
    const isDue = now >= (this.#points.at(-1)?.time ?? 0) + pointEveryMs;
    if (this.#auc === undefined || !isDue) return;
    this.#points.push({ time: now, ...this.#auc });
    if (this.#points.length > pointsMax) this.#points.shift();
  }

  figures(): WhatFigures {
    const count = this.#worths.length;
    const meanOf = (name: keyof ListWorth): number =>
      this.#worths.reduce((sum, worth) => sum + worth[name], 0) / count;
    return {
      impressions: this.#predictions.count,
      auc: this.#auc ?? null,
      points: this.#points,
      lists: this.#listCount,
      worth:
        count === 0
          ? null
          : {
              live: meanOf("live"),
              frozen: meanOf("frozen"),
              popular: meanOf("popular"),
              best: meanOf("best"),
              any: meanOf("any"),
            },
    };
  }

  /** Undefined of an account that has done nothing yet. */
  listener(account: string): ListenerFigures | undefined {
    const sessions = this.#sessions.get(account);
    if (sessions === undefined) return undefined;
    const liking = this.#likingOf(account, sessions);
    const liked = this.#songs.best(liking, account, likedMax);
    const { items } = this.#live.recommendList({ account, count: likedMax });
    const listed = items.map(({ item }) => itemOf(item));
    return {
      account,
      people: sessions.filter((count) => count > 0).length,
      genres: this.#songs.genreShares(liked, listed),
      list: items.slice(0, listedMax).map(({ item, title = item }) => ({
        item,
        title,
        genre: this.#songs.genreOf(itemOf(item)),
        probability: liking[itemOf(item)],
      })),
    };
  }

  /** The account with the most sessions. */
  get busiest(): string | undefined {
    let best: string | undefined;
    let most = 0;
    for (const [account, sessions] of this.#sessions) {
      const count = sessions.reduce((sum, one) => sum + one, 0);
      if (count <= most) continue;
      best = account;
      most = count;
    }
    return best;
  }

  #foretell(list: readonly Simulated[]): void {
    const [{ event }] = list;
    const { account, request, session, time } = event;
    assert(account !== undefined && request !== undefined, "impressions name both");
    const items = list.map((one) => one.event.item ?? "");
    const call = { account, items, moment: session === undefined ? {} : { session } };
    const [live, frozen] = [this.#live.responses(call), this.#frozen.responses(call)];
    if (live === undefined || frozen === undefined) return;
    const popular = this.#simulation.servingProbabilities();
    for (const [position, { truth }] of list.entries()) {
      this.#predictions.show(request, position, time, {
        truth: truth.playProbability ?? 0,
        live: live[position],
        frozen: frozen[position],
        popular: popular[itemOf(items[position])] ?? 0,
      });
    }
  }

  #measure(list: readonly Simulated[]): void {
    const [{ event, truth }] = list;
    const { account, session } = event;
    assert(account !== undefined && truth.person !== undefined, "somebody is shown a list");
    const liking = this.#simulation.playProbabilities(account, truth.person);
    const call = { account, count: listLength, moment: session === undefined ? {} : { session } };
    const worthOf = (items: readonly number[]): number =>
      items.reduce((sum, item) => sum + liking[item], 0) / items.length;
    const listed = ({ items }: ReturnType<Asked["recommendList"]>): number[] =>
      items.map(({ item }) => itemOf(item));
    const [live, frozen] = [this.#live, this.#frozen].map((engine) =>
      listed(engine.recommendList(call)),
    );
    if (live.length === 0 || frozen.length === 0) return;
    this.#listCount++;
    this.#worths.push({
      live: worthOf(live),
      frozen: worthOf(frozen),
      popular: worthOf(
        this.#songs.best(this.#simulation.servingProbabilities(), account, listLength),
      ),
      best: worthOf(this.#songs.best(liking, account, listLength)),
      any: liking.reduce((sum, one) => sum + one, 0) / liking.length,
    });
    if (this.#worths.length > listsMax) this.#worths.shift();
  }

  /** Of its people together, each as often as they come: by item. */
  #likingOf(account: string, sessions: readonly number[]): Float64Array {
    const all = sessions.reduce((sum, count) => sum + (count ?? 0), 0);
    let liking = new Float64Array(0);
    for (const [at, count = 0] of sessions.entries()) {
      if (count === 0) continue;
      const own = this.#simulation.playProbabilities(account, at + 1);
      liking = own.map((probability, item) => (liking[item] ?? 0) + (probability * count) / all);
    }
    return liking;
  }
}
