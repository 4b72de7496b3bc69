import { dayMs, hourMs, Random } from "../core/index.ts";
import { type Event, eventKey, type LogRecord } from "../event/index.ts";
import { type Feedback, type FeedbackRules, feedbackOf } from "../features/index.ts";
import { sigmoid } from "../model/index.ts";
import type { Ablation, Recommender } from "../recommend/index.ts";
import type { Trainer } from "../train/index.ts";
import { type Baseline, ItemCosine, Popularity, RecentPopularity } from "./baselines.ts";
import { listLength, type Metrics, Scoreboard } from "./scoreboard.ts";

/** An engine in one thread: what learns, and what answers from the same state. */
export interface Contestant {
  readonly trainer: Trainer;
  readonly recommender: Recommender;
}

export interface EvaluationReport {
  /** Events about an item, repeats included; catalogue records are not counted. */
  readonly events: number;
  /** Events whose account was asked for its list before. */
  readonly evaluated: number;
  /** Events about an item that the account already had: learned from, not asked for. */
  readonly repeats: number;
  /** Events that are no positive feedback: learned from, not asked for. */
  readonly negatives: number;
  /** Evaluated events whose item nobody had had before: no list could hold it. */
  readonly unseen: number;
  readonly metrics: Metrics;
  readonly baselines: {
    readonly popularity: Metrics;
    readonly recency: Metrics & { readonly halfLifeHours: number };
    readonly itemCosine: Metrics;
  };
  /** For each part left out: the metrics without it, and the hit@10 that it adds. */
  readonly ablation?: Readonly<Partial<Record<Ablation, Metrics & { readonly adds: number }>>>;
}

export interface ProgressiveOptions {
  readonly engine: Contestant;
  readonly rules: FeedbackRules;
  readonly ablations: Readonly<Partial<Record<Ablation, Contestant>>>;
}

/** A factor of 3 apart, over the range where the best for a service should lie; the report gives the best. */
const halfLivesMs = [8 * hourMs, dayMs, 3 * dayMs, 9 * dayMs, 27 * dayMs];
/** Items of an account's past that the cosine baseline looks at. */
const cosineReach = 200;

/**
 * Progressive validation: before each event the account's list is asked for, then the event is revealed
 * and learned from. So every number is about events that nobody had seen, and every event counts, those
 * of new accounts and new items too.
 *
 * Lists: the top 10 among all items that somebody had before in the stream, without those the account
 * had. AUC and log loss: the event's item against one item drawn uniformly from the others it could have
 * been; where the item is new there is none to compare. Log loss is of the drawn pair: the engine's
 * probability over all n items is corrected to it, logit + ln(n − 1), since each of the others is drawn
 * one time in n − 1; 0.693 is guessing.
 *
 * Source: Blum, Kalai and Langford, "Beating the hold-out", COLT 1999 (progressive validation).
 */
export class ProgressiveEvaluation {
  readonly #options: ProgressiveOptions;
  readonly #board = new Scoreboard();
  readonly #ablationBoards = new Map<Ablation, Scoreboard>();
  readonly #popularity = new Rival(new Popularity());
  readonly #recencies = halfLivesMs.map((halfLife) => new Rival(new RecentPopularity(halfLife)));
  readonly #cosine = new Rival(new ItemCosine(cosineReach));
  readonly #stream = new Stream();
  readonly #random = new Random(0);
  #events = 0;
  #evaluated = 0;
  #repeats = 0;
  #negatives = 0;
  #unseen = 0;

  constructor(options: ProgressiveOptions) {
    this.#options = options;
    for (const part of Object.keys(options.ablations) as Ablation[]) {
      this.#ablationBoards.set(part, new Scoreboard());
    }
  }

  /** Asks, reveals, learns: one record of the stream, in its order. */
  step(record: LogRecord): void {
    const { event } = record;
    const feedback = feedbackOf(event, this.#options.rules);
    if (event.item !== undefined && (feedback.weight !== 0 || feedback.had))
      this.#meet(event, event.item, feedback, record.offset);
    for (const { trainer } of this.#contestants()) trainer.apply(record);
  }

  get events(): number {
    return this.#events;
  }

  /** hit@10 so far, cheaply: for showing while it runs. */
  hitRates(): { engine: number; popularity: number; recency: number; itemCosine: number } {
    return {
      engine: this.#board.hitRate,
      popularity: this.#popularity.board.hitRate,
      recency: Math.max(...this.#recencies.map((rival) => rival.board.hitRate)),
      itemCosine: this.#cosine.board.hitRate,
    };
  }

  report(): EvaluationReport {
    const metrics = this.#board.metrics();
    const best = this.#recencies.reduce((a, b) => (b.board.hitRate > a.board.hitRate ? b : a));
    const ablation = Object.fromEntries(
      [...this.#ablationBoards].map(([part, board]) => [
        part,
        { ...board.metrics(), adds: this.#board.hitRate - board.hitRate },
      ]),
    );
    return {
      events: this.#events,
      evaluated: this.#evaluated,
      repeats: this.#repeats,
      negatives: this.#negatives,
      unseen: this.#unseen,
      metrics,
      baselines: {
        popularity: this.#popularity.board.metrics(),
        recency: { ...best.board.metrics(), halfLifeHours: best.baseline.halfLifeMs / hourMs },
        itemCosine: this.#cosine.board.metrics(),
      },
      ...(this.#ablationBoards.size === 0 ? {} : { ablation }),
    };
  }

  #meet(event: Event, name: string, { weight, had }: Feedback, offset: number): void {
    const stream = this.#stream;
    const account = eventKey(event);
    const past = stream.pastOf(account);
    const known = stream.indexOf(name);
    this.#events++;
    if (known >= 0 && past.set.has(known)) this.#repeats++;
    else if (weight <= 0) this.#negatives++;
    else this.#ask(event, account, past, known, offset);
    const item = stream.reveal(past, name);
    if (item < 0) return;
    if (weight > 0)
      for (const { baseline } of this.#rivals()) baseline.learn(past, item, event.time);
    if (had) stream.add(past, item); // else it may be recommended again, and is asked for again
  }

  #ask(event: Event, account: string, past: AccountPast, item: number, offset: number): void {
    this.#evaluated++;
    if (item < 0) this.#unseen++;
    const other = item < 0 ? -1 : this.#drawOther(past, item, offset);
    const { engine, ablations } = this.#options;
    this.#askContestant(engine, this.#board, event, account, past, item, other);
    for (const [part, board] of this.#ablationBoards) {
      const contestant = ablations[part];
      if (contestant !== undefined) {
        this.#askContestant(contestant, board, event, account, past, item, other);
      }
    }
    for (const rival of this.#rivals())
      rival.ask(past, this.#stream.count, item, other, event.time);
  }

  #askContestant(
    { trainer, recommender }: Contestant,
    board: Scoreboard,
    event: Event,
    account: string,
    past: AccountPast,
    item: number,
    other: number,
  ): void {
    const list = recommender.recommend({ account, count: listLength, now: event.time });
    board.addPlace(list.findIndex((recommended) => recommended.item === event.item));
    if (item < 0 || other < 0) return;
    const { items } = trainer.state;
    const pair = Int32Array.of(item, other).map((index) =>
      items.indexOf(this.#stream.nameOf(index)),
    );
    if (pair.some((index) => index < 0)) return; // past the engine's limit of items: it knows no score
    if (!recommender.usesModel) return; // its scores are no probabilities
    const correction = Math.log(this.#stream.count - past.set.size - 1);
    const [positive, negative] = recommender.logitsOf(pair);
    board.addPair(positive + correction, negative + correction);
    board.addPredictions(sigmoid(positive + correction), sigmoid(negative + correction));
  }

  /** Uniformly one of the items that it could have been, but for the one it was; -1 if there is no other. */
  #drawOther(past: AccountPast, item: number, offset: number): number {
    const { count } = this.#stream;
    if (count - past.set.size < 2) return -1;
    this.#random.seed(offset);
    for (;;) {
      const drawn = this.#random.below(count);
      if (drawn !== item && !past.set.has(drawn)) return drawn;
    }
  }

  *#contestants(): Iterable<Contestant> {
    yield this.#options.engine;
    yield* Object.values(this.#options.ablations);
  }

  *#rivals(): Iterable<Rival<Baseline>> {
    yield this.#popularity;
    yield* this.#recencies;
    yield this.#cosine;
  }
}

/** A baseline and how it does. */
class Rival<B extends Baseline> {
  readonly baseline: B;
  readonly board = new Scoreboard();

  constructor(baseline: B) {
    this.baseline = baseline;
  }

  ask(past: AccountPast, itemCount: number, item: number, other: number, time: number): void {
    const scores = this.baseline.score(past, itemCount);
    this.board.addPlace(item < 0 ? -1 : placeOf(item, scores, itemCount, past));
    if (item < 0 || other < 0) return;
    const shift = this.baseline.shiftAt(time);
    this.board.addPair(scores[item] + shift, scores[other] + shift);
  }
}

/**
 * How many of the items that the account did not have are better; of equal ones the earlier is. Exact
 * within the list; -1 beyond it, which is known long before every item was looked at.
 */
function placeOf(item: number, scores: Float64Array, itemCount: number, past: AccountPast): number {
  const score = scores[item];
  const enough = listLength + past.had.length; // so many better ones, and 10 of them are not had
  let better = 0;
  for (let other = 0; other < itemCount && better < enough; other++) {
    if (scores[other] > score || (scores[other] === score && other < item)) better++;
  }
  if (better >= enough) return -1;
  for (const other of past.had) {
    if (scores[other] > score || (scores[other] === score && other < item)) better--;
  }
  return better < listLength ? better : -1;
}

interface AccountPast {
  readonly had: number[];
  readonly set: Set<number>;
}

/** The stream as the baselines see it: items by number in order of appearance, and each account's past. */
class Stream {
  readonly #names: string[] = [];
  readonly #indexByName = new Map<string, number>();
  readonly #pasts = new Map<string, AccountPast>();

  get count(): number {
    return this.#names.length;
  }

  indexOf(name: string): number {
    return this.#indexByName.get(name) ?? -1;
  }

  nameOf(index: number): string {
    return this.#names[index];
  }

  pastOf(account: string): AccountPast {
    let past = this.#pasts.get(account);
    if (past === undefined) {
      past = { had: [], set: new Set() };
      this.#pasts.set(account, past);
    }
    return past;
  }

  /** The item's number, -1 if the account had it before. */
  reveal(past: AccountPast, name: string): number {
    let item = this.indexOf(name);
    if (item < 0) {
      item = this.#names.push(name) - 1;
      this.#indexByName.set(name, item);
    }
    return past.set.has(item) ? -1 : item;
  }

  add(past: AccountPast, item: number): void {
    past.had.push(item);
    past.set.add(item);
  }
}
