/**
 * Does learning from each event give better lists than the recommenders of implicit and LightFM, refitted every day?
 *
 * Two streams, each asked as `foldback evaluate` asks: before each event the account's top 10 of all items that
 * somebody had before, without those it had; new accounts and new items count. MovieTweetings 100K, and a simulated
 * service whose tastes drift (SIMULATION.md). What is asked for is what the evaluation itself asks for, and the peers
 * get these events from it, so the set is one and the same.
 *
 * Peers are fitted anew at each midnight (UTC) that an event follows, on the positive feedback of the last N days or
 * of all days; what an account has had is taken out up to the event, not up to midnight. An account that the fit does
 * not know gets the most popular items of the same days, as a service would do; these alone, for everybody, are the
 * first peer. The first day has no fit, and counts. Of implicit: ALS, with the account's vector of the last fit and
 * with one that is computed anew from what it has taken until now (`recalculate_user`); BPR; item-to-item neighbours
 * (cosine, TF-IDF, BM25) of what it has taken until now. LightFM: WARP, by its kept-up fork lightfm-next, compiled
 * here as its wheels don't load with today's libm.
 *
 * Tuning: twelve settings for each peer, three of the model (but for the popular items) times four of the days
 * (1, 3, 10, all), chosen by hit@10 over the first fifth of the events that are asked for; then the whole stream with
 * the best. foldback has its defaults. Figures are given over the whole stream, and over the four fifths after what was
 * tuned on. They don't depend on the machine's load.
 *
 * That the Python asks and counts alike is checked each time: popularity counted event by event is there, too, and has
 * to give the hit@10 that the evaluation gives for it.
 *
 * Of the simulated service there is also the list of one who knows all: who it is, what that person likes at the moment, what all want, and
 * what the service puts before people. It ranks by the product of the probabilities that an item is served and that it is played.
 *
 * Python's packages are installed by the bench (bench/peers/dailyRefit.txt; LightFM needs a C compiler). Where they
 * can't be had, it gives our figures alone; so it does at smoke size. A quarter of an hour of a processor.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert, systemClock } from "#foldback/core";
import { createLearner, resolveConfig } from "#foldback/engine";
import { type EvaluationReport, ProgressiveEvaluation } from "#foldback/evaluate";
import { type Event, eventKey, openEventFile } from "#foldback/event";
import { feedbackOf } from "#foldback/features";
import { type RecommendedItem, Recommender } from "#foldback/recommend";
import { simulate } from "#foldback/simulate";
import { noComparison } from "./lib/native.ts";
import { type Peers, preparePeers } from "./lib/peers.ts";
import { bar, count, figure, print, ratingsFile, withDirectory } from "./lib/report.ts";

const tunedShare = 0.2;
const columnCount = 5;
const listLength = 10;
const simulation = { accounts: 200, days: 60, items: 2000, seed: 11, drift: 1 };

interface Quality {
  readonly hit: number;
  readonly ndcg: number;
}

/** What dailyRefit.py prints. */
interface PeerResults {
  /** hit@10 of popularity that is counted event by event. */
  readonly popularityAtOnce: number;
  readonly results: readonly {
    readonly name: string;
    /** Its name and what was chosen. */
    readonly setting: string;
    readonly whole: Quality;
    /** After the events that were tuned on. */
    readonly rest: Quality;
    /** Of the lists, those for accounts that the fit did not know. */
    readonly fallbackShare: number;
    readonly seconds: number;
  }[];
}

export async function run({ smoke }: { smoke: boolean }): Promise<void> {
  const peers = smoke
    ? undefined
    : preparePeers("dailyRefit", {
        // Without -ffast-math, whose functions today's libm does not have.
        compiled: { name: "lightfm-next", environment: { LIGHTFM_NO_CFLAGS: "1" } },
      });
  if (peers?.missing !== undefined) figure("peers", noComparison(peers.missing));
  const available = peers?.missing === undefined ? peers : undefined;
  await contest("MovieTweetings 100K", ratings(), smoke ? 3000 : undefined, available, smoke);
  const truth = new Truth();
  const stream = simulated(truth);
  await contest("simulated", stream, smoke ? 3000 : undefined, available, smoke, truth);
}

async function* ratings(): AsyncGenerator<Event> {
  const file = await openEventFile(ratingsFile, { clock: systemClock, order: "time" });
  for await (const { events } of file.batches()) yield* events;
}

async function* simulated(truth: Truth): AsyncGenerator<Event> {
  for (const { event, truth: of } of truth.simulation) {
    truth.person = of.person;
    yield event;
  }
}

/** A simulated service, and what is true of the event that it last told. */
class Truth {
  readonly simulation = simulate(simulation);
  person: number | undefined;

  /** Where the item would stand in the best list for whom it was; -1 where not among the first ten. */
  placeOf(event: Event, had: ReadonlySet<string>): number {
    assert(this.person !== undefined && event.account !== undefined, "somebody did it");
    const served = this.simulation.servingProbabilities();
    const played = this.simulation.playProbabilities(event.account, this.person);
    const own = itemNumber(event.item ?? "");
    if (own >= served.length) return -1; // it came after the hour's list was made
    const score = served[own] * played[own];
    let place = 0;
    for (let item = 0; item < served.length && place < listLength; item++) {
      if (served[item] * played[item] > score && !had.has(`i${item + 1}`)) place++;
    }
    return place < listLength ? place : -1;
  }
}

function itemNumber(name: string): number {
  return Number(name.slice(1)) - 1;
}

async function contest(
  title: string,
  events: AsyncIterable<Event>,
  countMax: number | undefined,
  peers: Peers | undefined,
  smoke: boolean,
  truth?: Truth,
): Promise<void> {
  print(`\n-- ${title}`);
  await withDirectory(async (directory) => {
    const { rows, places, bestPlaces, report } = await evaluate(events, countMax, truth);
    figure(
      "events",
      `${count(report.events)} about items, ${count(report.evaluated)} asked for, ` +
        `${count(report.unseen)} of them of new items`,
    );
    const rest = qualityOf(places.slice(Math.floor(tunedShare * places.length)));
    const ours = { whole: qualityOf(places), rest };
    assert(ours.whole.hit === report.metrics["hit@10"], "places give the evaluation's own hit@10");
    const { recency } = report.baselines;
    print(`${"".padEnd(28)}  hit@10  ndcg@10    after tuning: hit@10  ndcg@10`);
    printRow("foldback", ours);
    if (truth !== undefined) {
      const best = qualityOf(bestPlaces);
      print(`${"the truth itself".padEnd(28)}${[best.hit, best.ndcg].map(cell).join(" ")}`);
      const rival = report.baselines.recency["hit@10"] ?? 0;
      figure(
        "times the best baseline",
        `${(best.hit / rival).toFixed(2)}; foldback ${(ours.whole.hit / rival).toFixed(2)}`,
      );
    }
    const cells = [recency["hit@10"], recency["ndcg@10"]].map((value) => cell(value ?? 0));
    print(`recency of each event, ${recency.halfLifeHours} h`.padEnd(28) + cells.join(" "));
    if (peers === undefined) return;

    const path = join(directory, "stream");
    writeFileSync(path, Float64Array.from(rows));
    const { popularityAtOnce, results } = JSON.parse(peers.run("dailyRefit", path)) as PeerResults;
    const expected = report.baselines.popularity["hit@10"] ?? 0;
    assert(Math.abs(popularityAtOnce - expected) < 1e-12, "the peers are asked as the engine is");
    for (const { name, setting, whole, rest, fallbackShare, seconds } of results) {
      printRow(name, { whole, rest });
      const popular = `${(100 * fallbackShare).toFixed(1)} % of the lists are the popular items`;
      print(`    ${setting}; ${popular}; ${seconds.toFixed(0)} s of a processor`);
    }
    for (const part of ["whole", "rest"] as const) {
      for (const measure of ["hit", "ndcg"] as const) {
        const best = results.reduce((a, b) => (b[part][measure] > a[part][measure] ? b : a));
        const [own, other] = [ours[part][measure], best[part][measure]];
        const where = part === "whole" ? "" : " after tuning";
        bar(
          `${measure}@10${where} above the best daily refit (${best.name}): ` +
            `${own.toFixed(4)} against ${other.toFixed(4)}`,
          own > other,
          smoke,
        );
      }
    }
  });
}

interface Evaluated {
  readonly report: EvaluationReport;
  /** Of what was asked for, −1 where it was not in the list. */
  readonly places: readonly number[];
  /** The same in the best lists that there could be, where these are known. */
  readonly bestPlaces: readonly number[];
  /** (events, 5), as dailyRefit.py takes them. */
  readonly rows: readonly number[];
}

/** The evaluation as it is, with an eye on what it asks for. */
async function evaluate(
  events: AsyncIterable<Event>,
  countMax = Number.POSITIVE_INFINITY,
  truth?: Truth,
): Promise<Evaluated> {
  const config = resolveConfig({});
  const { state, model, trainer } = createLearner(config);
  const recommender = new Recommender(state, model);
  let asked: readonly RecommendedItem[] | undefined;
  const recommend = recommender.recommend.bind(recommender);
  recommender.recommend = (request) => {
    const list = recommend(request);
    asked = list;
    return list;
  };
  const evaluation = new ProgressiveEvaluation({
    engine: { trainer, recommender },
    rules: config.feedback,
    ablations: {},
  });
  const accounts = new Numbers();
  const items = new Numbers();
  const places: number[] = [];
  const bestPlaces: number[] = [];
  const hadBy = new Map<string, Set<string>>();
  const rows: number[] = [];
  let offset = 0;
  let logTime = 0;
  for await (const event of events) {
    if (evaluation.events >= countMax) break;
    logTime = Math.max(logTime, event.time);
    asked = undefined;
    evaluation.step({ partition: 0, offset: offset++, logTime, event });
    if (asked !== undefined) places.push(placeIn(asked, event.item));
    const key = eventKey(event);
    const hadItems = hadBy.get(key) ?? new Set();
    if (asked !== undefined && truth !== undefined) bestPlaces.push(truth.placeOf(event, hadItems));
    const { weight, had } = feedbackOf(event, config.feedback);
    if (event.item === undefined || (weight === 0 && !had)) continue;
    if (had) hadBy.set(key, hadItems.add(event.item));
    const flags = (asked === undefined ? 0 : 1) + (had ? 2 : 0);
    rows.push(event.time, accounts.of(key), items.of(event.item), weight, flags);
  }
  const report = evaluation.report();
  assert(rows.length === columnCount * report.events, "each event about an item has a row");
  assert(places.length === report.evaluated, "each event that is asked for has a place");
  return { report, places, bestPlaces, rows };
}

function placeIn(list: readonly RecommendedItem[], item: string | undefined): number {
  return list.findIndex((recommended) => recommended.item === item);
}

/** Names by their number in the order in which they come. */
class Numbers {
  readonly #numbers = new Map<string, number>();

  of(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.#numbers.size);
    return this.#numbers.size - 1;
  }
}

function qualityOf(places: readonly number[]): Quality {
  const listed = places.filter((place) => place >= 0);
  const gain = listed.reduce((sum, place) => sum + 1 / Math.log2(place + 2), 0);
  return { hit: listed.length / places.length, ndcg: gain / places.length };
}

function printRow(
  name: string,
  { whole, rest }: { readonly whole: Quality; readonly rest: Quality },
): void {
  const cells = [whole.hit, whole.ndcg].map(cell).join(" ");
  const after = [rest.hit, rest.ndcg].map(cell).join(" ");
  print(`${name.padEnd(28)}${cells}              ${after}`);
}

function cell(value: number): string {
  return value.toFixed(4).padStart(8);
}
