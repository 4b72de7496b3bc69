import { withRoom } from "../../core/index.ts";
import { eventKey, type LogRecord, type ServedItem } from "../../event/index.ts";
import { type FeedbackRules, feedbackOf } from "../../features/index.ts";

export interface ServedRoundsOptions {
  readonly rules: FeedbackRules;
  /** For so long after a list what is done about its items counts, by log time. */
  readonly windowMs: number;
  /** Of each list so many places, from the first. */
  readonly placesMax: number;
  /** Lists beyond are left out. */
  readonly listsMax: number;
}

interface OpenList {
  readonly account: number;
  readonly at: number;
  readonly request: string;
  readonly list: readonly ServedItem[];
  readonly rewards: Uint8Array;
}

/**
 * What was served, and what was done about it: a round for each place of each list, in the order of the lists.
 *
 * A reward of 1: somebody acted on the item, wanting it, with the list's request, within the window. Lists whose window is
 * open at the end have no rounds: what comes of them is not known. Memory: 40 bytes a round.
 */
export class ServedRounds {
  readonly #options: ServedRoundsOptions;
  /** (rounds,) each; `count` are valid. */
  place = new Uint32Array(0);
  account = new Uint32Array(0);
  /** Numbers of items, in the order of their first mention: that of the round, and that without chance. */
  item = new Uint32Array(0);
  best = new Uint32Array(0);
  reward = new Uint32Array(0);
  /** With which the list came to be as it is up to this place, and without it: products of propensities. */
  propensity = new Float64Array(0);
  propensityBefore = new Float64Array(0);
  /** Up to which place, from 0, the list is what it would have been without chance; of the list. */
  greedyLength = new Uint32Array(0);
  count = 0;
  listCount = 0;
  /** Those in which anything came by chance. */
  variedCount = 0;
  beyondCount = 0;
  readonly #accounts = new Map<string, number>();
  readonly #items = new Map<string, number>();
  readonly #byRequest = new Map<string, OpenList>();
  /** In the order of their coming; those before `#openFrom` are over. */
  #open: OpenList[] = [];
  #openFrom = 0;

  constructor(options: ServedRoundsOptions) {
    this.#options = options;
  }

  get accountCount(): number {
    return this.#accounts.size;
  }

  get itemCount(): number {
    return this.#items.size;
  }

  /** Lists whose window is not over. */
  get openCount(): number {
    return this.#open.length - this.#openFrom;
  }

  take({ event, logTime }: LogRecord): void {
    this.#endWindows(logTime);
    const { request, list, item } = event;
    if (request === undefined) return;
    if (list !== undefined) {
      if (list.length > 0) this.#begin(request, eventKey(event), list, logTime);
      return;
    }
    if (item === undefined || feedbackOf(event, this.#options.rules).weight <= 0) return;
    const open = this.#byRequest.get(request);
    const place = open?.list.findIndex((served) => served.item === item) ?? -1;
    if (open !== undefined && place >= 0) open.rewards[place] = 1;
  }

  #begin(request: string, account: string, list: readonly ServedItem[], at: number): void {
    const { placesMax, listsMax } = this.#options;
    if (this.listCount + this.openCount >= listsMax) {
      this.beyondCount++;
      return;
    }
    const first = list.slice(0, placesMax);
    const rewards = new Uint8Array(first.length);
    const number = numberOf(this.#accounts, account);
    const open = { account: number, at, request, list: first, rewards };
    this.#byRequest.set(request, open);
    this.#open.push(open);
  }

  #endWindows(logTime: number): void {
    const { windowMs } = this.#options;
    for (; this.openCount > 0; this.#openFrom++) {
      const open = this.#open[this.#openFrom];
      if (open.at + windowMs > logTime) break;
      this.#byRequest.delete(open.request);
      this.#add(open);
    }
    if (this.#openFrom > 1024 && this.#openFrom * 2 > this.#open.length) {
      this.#open = this.#open.slice(this.#openFrom);
      this.#openFrom = 0;
    }
  }

  #add({ account, list, rewards }: OpenList): void {
    this.listCount++;
    if (list.some(({ propensity }) => propensity < 1)) this.variedCount++;
    this.#makeRoom(this.count + list.length);
    const other = list.findIndex(({ insteadOf }) => insteadOf !== undefined);
    const greedyLength = other < 0 ? list.length : other;
    let product = 1;
    for (const [place, { item, propensity, insteadOf }] of list.entries()) {
      const at = this.count++;
      this.place[at] = place;
      this.account[at] = account;
      this.item[at] = numberOf(this.#items, item);
      this.best[at] = insteadOf === undefined ? this.item[at] : numberOf(this.#items, insteadOf);
      this.reward[at] = rewards[place];
      this.propensityBefore[at] = product;
      product *= propensity;
      this.propensity[at] = product;
      this.greedyLength[at] = greedyLength;
    }
  }

  #makeRoom(length: number): void {
    this.place = withRoom(this.place, length);
    this.account = withRoom(this.account, length);
    this.item = withRoom(this.item, length);
    this.best = withRoom(this.best, length);
    this.reward = withRoom(this.reward, length);
    this.propensity = withRoom(this.propensity, length);
    this.propensityBefore = withRoom(this.propensityBefore, length);
    this.greedyLength = withRoom(this.greedyLength, length);
  }
}

function numberOf(numbers: Map<string, number>, name: string): number {
  const known = numbers.get(name);
  if (known !== undefined) return known;
  numbers.set(name, numbers.size);
  return numbers.size - 1;
}
