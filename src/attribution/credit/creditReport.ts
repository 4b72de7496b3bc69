import { FixedSums } from "../fixedSums.ts";
import type { Credit } from "./credit.ts";
import { fractribution } from "./fractribution.ts";
import {
  type HeuristicOptions,
  type Heuristics,
  heuristics,
  type PlaceCredit,
  simplifiedShapleyByPlace,
} from "./heuristics.ts";
import { JourneySums } from "./journeySums.ts";
import { markovCredit } from "./markov/markov.ts";
import { chooseOrder, type OrderScore } from "./markov/order.ts";
import type { PathCounts, PathTable } from "./pathCounts.ts";
import { shapleyCredit } from "./shapley.ts";

/** Those that are given where none is asked for. */
export const creditModels = [
  "last-click",
  "last-touch",
  "first-touch",
  "last-non-direct",
  "linear",
  "time-decay",
  "position",
  "markov",
  "shapley",
  "simplified-shapley",
] as const;

/** The ordered ones say what each place of the path earned; `dda` is what Google's fractribution computes. */
export const allCreditModels = [
  ...creditModels,
  "shapley-ordered",
  "simplified-shapley-ordered",
  "dda",
] as const;

export type CreditModel = (typeof allCreditModels)[number];

export const markovOrders = ["1", "2", "3", "4", "auto"] as const;

export type MarkovOrder = (typeof markovOrders)[number];

export interface CreditOptions extends HeuristicOptions {
  /** Default: `creditModels`. */
  readonly models?: readonly CreditModel[];
  /** Default: 1. */
  readonly order?: MarkovOrder;
  /** Minor units of money to one unit of the report. Default: 1, as amounts came. */
  readonly minorUnits?: number;
}

export interface CreditRow {
  /** Null: journeys that have no click, under last click. */
  readonly channel: string | null;
  readonly conversions: number;
  readonly value: number;
  /** Of `markov`: what share of the conversions, and of their value, would be lost without the channel. */
  readonly removalEffect?: number;
  readonly valueRemovalEffect?: number;
  /** Of `shapley` where it is not exact: above 20 channels. */
  readonly standardError?: number;
  readonly valueStandardError?: number;
  /** Of the ordered models: of the touch in its path, from 1. */
  readonly position?: number;
}

export interface CreditReport {
  /** Null: what the data don't have, as ages of touches for `time-decay`. */
  readonly models: Readonly<Partial<Record<CreditModel, readonly CreditRow[] | null>>>;
  readonly totals: {
    readonly conversions: number;
    readonly value: number;
    /** Conversions that no touch came before. */
    readonly unattributed: number;
    readonly unattributedValue: number;
    readonly nulls: number;
  };
  /** Where `markov` is among the models. */
  readonly markov?: MarkovFacts;
}

export interface MarkovFacts {
  readonly order: number;
  readonly states: number;
  /** P: conversions ÷ (conversions + nulls), of paths with touches. */
  readonly conversionProbability: number;
  readonly errorBound: number;
  /** Where the order was chosen: how each did. */
  readonly orders?: readonly OrderScore[];
}

/**
 * Credit of each model side by side. Rows are in the order of the channels' names as UTF-8 bytes, all channels in each model. Under each
 * model the rows and `totals.unattributed` add up to `totals.conversions`, and likewise of value.
 *
 * @param source paths; or journeys, which know last clicks and ages too. Of paths each touch is a click.
 */
export function creditReport(
  source: PathCounts | JourneySums,
  options: CreditOptions = {},
): CreditReport {
  const { models = creditModels, minorUnits = 1 } = options;
  const journeys = source instanceof JourneySums ? source : undefined;
  const table = source instanceof JourneySums ? source.paths.table() : source.table();
  const rows = rowsOf(table, minorUnits);
  const results: Partial<Record<CreditModel, readonly CreditRow[] | null>> = {};
  let simple: Heuristics | undefined;
  const simpleOnes = (): Heuristics => {
    simple ??= heuristics(table, options);
    return simple;
  };
  let markov: MarkovFacts | undefined;
  const compute: Readonly<Record<CreditModel, () => readonly CreditRow[] | null>> = {
    "last-click": () =>
      journeys === undefined
        ? rows(simpleOnes().lastTouch)
        : lastClickRows(journeys, table, minorUnits),
    "last-touch": () => rows(simpleOnes().lastTouch),
    "first-touch": () => rows(simpleOnes().firstTouch),
    "last-non-direct": () => rows(simpleOnes().lastNonDirect),
    linear: () => rows(simpleOnes().linear),
    "time-decay": () => (journeys === undefined ? null : rows(journeys.timeDecay(table.channels))),
    position: () => rows(simpleOnes().position),
    markov: () => {
      const found = markovRows(table, options.order ?? "1", rows);
      markov = found.facts;
      return found.rows;
    },
    shapley: () => {
      const credit = shapleyCredit(table);
      const errors = credit.standardErrors;
      if (errors === undefined) return rows(credit);
      return rows(credit, (at) => ({
        standardError: errors.conversions[at],
        valueStandardError: errors.values[at] / minorUnits,
      }));
    },
    "simplified-shapley": () => rows(simpleOnes().simplifiedShapley),
    "shapley-ordered": () => placeRows(table, minorUnits, shapleyByPlace(table)),
    "simplified-shapley-ordered": () =>
      placeRows(table, minorUnits, simplifiedShapleyByPlace(table)),
    dda: () => rows(fractribution(table)),
  };
  for (const model of models) results[model] = compute[model]();
  const totals = totalsOf(table, minorUnits);
  return { models: results, totals, ...(markov === undefined ? {} : { markov }) };
}

type Rows = (credit: Credit, more?: (at: number) => Partial<CreditRow>) => CreditRow[];

function rowsOf({ channels }: PathTable, minorUnits: number): Rows {
  return ({ conversions, values }, more = () => ({})) =>
    channels.map((channel, at) => ({
      channel,
      conversions: conversions[at],
      value: values[at] / minorUnits,
      ...more(at),
    }));
}

function lastClickRows(
  journeys: JourneySums,
  table: PathTable,
  minorUnits: number,
): readonly CreditRow[] {
  const rows = rowsOf(table, minorUnits)(journeys.lastClick(table.channels));
  const { conversions, value } = journeys.unclicked();
  if (conversions === 0 && value === 0) return rows;
  return [...rows, { channel: null, conversions, value: value / minorUnits }];
}

function markovRows(
  table: PathTable,
  asked: MarkovOrder,
  rows: Rows,
): { readonly rows: readonly CreditRow[]; readonly facts: MarkovFacts } {
  const choice = asked === "auto" ? chooseOrder(table) : undefined;
  const credit = markovCredit(table, choice?.order ?? Number(asked));
  return {
    rows: rows(credit, (at) => ({
      removalEffect: credit.removalEffects[at],
      valueRemovalEffect: credit.valueRemovalEffects[at],
    })),
    facts: {
      order: credit.order,
      states: credit.stateCount,
      conversionProbability: credit.conversionProbability,
      errorBound: credit.errorBound,
      ...(choice === undefined ? {} : { orders: choice.scores }),
    },
  };
}

/** A channel's Shapley value, divided over places as simplified Shapley divides its conversions; at 1 where that has none. */
function shapleyByPlace(table: PathTable): PlaceCredit[] {
  const credit = shapleyCredit(table);
  const simple = heuristics(table).simplifiedShapley.conversions;
  const shared: PlaceCredit[] = [];
  for (const { channel, place, conversions } of simplifiedShapleyByPlace(table)) {
    if (conversions === 0) continue;
    const share = conversions / simple[channel];
    shared.push({
      channel,
      place,
      conversions: share * credit.conversions[channel],
      value: share * credit.values[channel],
    });
  }
  for (const [channel, conversions] of credit.conversions.entries()) {
    if (simple[channel] !== 0) continue;
    shared.push({ channel, place: 1, conversions, value: credit.values[channel] });
  }
  return shared.sort((one, other) => one.channel - other.channel || one.place - other.place);
}

function placeRows(
  { channels }: PathTable,
  minorUnits: number,
  credits: readonly PlaceCredit[],
): CreditRow[] {
  return credits.map(({ channel, place, conversions, value }) => ({
    channel: channels[channel],
    position: place,
    conversions,
    value: value / minorUnits,
  }));
}

function totalsOf(
  { count, starts, conversions, values, nulls }: PathTable,
  minorUnits: number,
): CreditReport["totals"] {
  const sums = new FixedSums(5);
  for (let row = 0; row < count; row++) {
    sums.add(0, conversions[row]);
    sums.add(1, values[row]);
    if (starts[row] === starts[row + 1]) {
      sums.add(2, conversions[row]);
      sums.add(3, values[row]);
    } else {
      sums.add(4, nulls[row]);
    }
  }
  return {
    conversions: sums.at(0),
    value: sums.at(1) / minorUnits,
    unattributed: sums.at(2),
    unattributedValue: sums.at(3) / minorUnits,
    nulls: sums.at(4),
  };
}
