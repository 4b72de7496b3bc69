/** What is asked of live attribution, as it is written: the words of the command's flags. */
import {
  type AttributionWindow,
  allCreditModels,
  type CreditModel,
  creditModels,
  type GridKey,
  type GridRequest,
  gridKeys,
  gridSettings,
  type JourneyKind,
  type JourneyRequest,
  type LiveCompareRequest,
  type LiveCreditRequest,
  type MarkovOrder,
  type MoneySettings,
  type PositionWeights,
  type TouchDimension,
  type TouchKind,
  touchDimensions,
  touchKinds,
  windowOf,
} from "../attribution/index.ts";
import { dayMs, FoldbackError } from "../core/index.ts";
import type { Config } from "./configSchema.ts";

type Settings = Config["attribution"];

interface MoneyCall {
  /** Event types, with commas between them, of `attribution.conversions`; default all of those. */
  readonly events?: string;
  /** ISO 4217. */
  readonly currency?: string;
  /** `EUR=1,USD=0.92`. */
  readonly rates?: string;
}

/** Lists have commas between their parts. */
export interface CompareCall extends MoneyCall {
  readonly click?: string;
  readonly engaged?: string;
  readonly view?: string;
  readonly current?: string;
  readonly count?: "every" | "once";
  readonly basis?: "touch" | "conversion";
  readonly by?: string;
  /** `campaign=summer,campaign=winter`. */
  readonly only?: string;
  /** Days, as `2026-06-01`, both included. */
  readonly from?: string;
  readonly to?: string;
}

export interface JourneyCall {
  readonly events?: string;
  readonly lookback?: string;
  readonly touches?: string;
  readonly journey?: JourneyKind;
}

export interface PathsCall extends JourneyCall, MoneyCall {
  readonly by?: string;
  readonly top?: number;
}

export interface CreditCall extends Omit<PathsCall, "top"> {
  readonly "half-life"?: string;
  readonly model?: string;
  readonly order?: MarkovOrder;
  readonly position?: string;
  readonly direct?: string;
}

/** Each looks at every conversion, and the thread does nothing else meanwhile; ten times the default grid is plenty to look at. */
const cellsMax = 400;

const defaultLookback = "30d";
const defaultHalfLife = "7d";

/** @throws FoldbackError REQUEST_INVALID. */
export function compareRequestOf(call: CompareCall, settings: Settings): LiveCompareRequest {
  const { click, engaged, view, current, count, basis, by, only, from, to } = call;
  const asked: GridRequest = {
    ...(click !== undefined && { click: listOf("click", click) }),
    ...(engaged !== undefined && { engaged: listOf("engaged", engaged) }),
    ...(view !== undefined && { view: listOf("view", view) }),
    ...(current !== undefined && { current }),
    ...(count !== undefined && { count }),
    ...(basis !== undefined && { basis }),
    ...(by !== undefined && { by: listOf<GridKey>("by", by, gridKeys) }),
    ...(only !== undefined && { only: listOf("only", only) }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
  const grid = gridSettings(asked);
  const windows = [...grid.click, ...grid.engaged, ...grid.view, ...Object.values(grid.current)];
  for (const window of windows) checkReach("window", window, settings);
  const cells = grid.click.length * grid.engaged.length * grid.view.length;
  if (cells > cellsMax) {
    throw invalid(
      "click",
      `${cells} cells`,
      `up to ${cellsMax} of a live grid; ask for fewer windows`,
    );
  }
  return { settings: { ...grid, events: eventsOf(call, settings) }, money: moneySettingsOf(call) };
}

/** @throws FoldbackError REQUEST_INVALID. */
export function journeyRequestOf(call: JourneyCall, settings: Settings): JourneyRequest {
  const { lookback = defaultLookback, touches, journey = "full" } = call;
  const window = durationOf("lookback", lookback);
  checkReach("lookback", window, settings);
  return {
    events: eventsOf(call, settings),
    lookbackMs: window.ms,
    journey,
    ...(touches !== undefined && {
      touches: new Set(listOf<TouchKind>("touches", touches, touchKinds)),
    }),
  };
}

/** @throws FoldbackError REQUEST_INVALID. */
export function creditRequestOf(call: CreditCall, settings: Settings): LiveCreditRequest {
  const { by = "channel", model, order, position, direct } = call;
  const halfLife = durationOf("half-life", call["half-life"] ?? defaultHalfLife);
  const [dimension] = listOf<TouchDimension>("by", by, touchDimensions);
  if (dimension !== by)
    throw invalid("by", JSON.stringify(by), `one of ${touchDimensions.join(", ")}`);
  return {
    journeys: journeyRequestOf(call, settings),
    money: moneySettingsOf(call),
    sums: { halfLifeMs: halfLife.ms, by: dimension },
    credit: {
      models:
        model === undefined ? creditModels : listOf<CreditModel>("model", model, allCreditModels),
      ...(order !== undefined && { order }),
      ...(position !== undefined && { position: positionOf(position) }),
      ...(direct !== undefined && { direct }),
    },
  };
}

function eventsOf({ events }: MoneyCall, { conversions }: Settings): readonly string[] {
  if (events === undefined) return conversions;
  return listOf("events", events, conversions, "others are named in attribution.conversions");
}

function moneySettingsOf({ currency, rates }: MoneyCall): MoneySettings {
  if (rates === undefined) return currency === undefined ? {} : { currency };
  const pairs = listOf("rates", rates).map((pair): [string, number] => {
    const [, code, worth] = /^([A-Z]{3})\s*=\s*(\d+(?:\.\d+)?)$/.exec(pair) ?? [];
    if (Number(worth) > 0) return [code, Number(worth)];
    throw invalid("rates", JSON.stringify(pair), "pairs as EUR=1,USD=0.92, above 0");
  });
  return { ...(currency !== undefined && { currency }), rates: new Map(pairs) };
}

function positionOf(written: string): PositionWeights {
  const parts = written.split("/").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  const [first, middle, last] = parts;
  const areWeights = parts.every((part) => part >= 0 && Number.isFinite(part));
  if (parts.length === 3 && areWeights && first + middle + last > 0) return { first, middle, last };
  throw invalid(
    "position",
    JSON.stringify(written),
    "three weights that are not all 0, as 40/20/40",
  );
}

/** Longer than 0. */
function durationOf(parameter: string, written: string): AttributionWindow {
  const window = windowOf(written, parameter);
  if (window.ms > 0) return window;
  throw invalid(parameter, JSON.stringify(written), "a number above 0 and its unit, such as 30d");
}

function checkReach(
  parameter: string,
  { name, ms }: AttributionWindow,
  { lookbackDays }: Settings,
): void {
  if (ms <= lookbackDays * dayMs) return;
  throw invalid(
    parameter,
    name,
    `up to attribution.lookbackDays, ${lookbackDays}d: older touches are not kept`,
  );
}

/** Its different parts. */
function listOf<T extends string = string>(
  parameter: string,
  written: string,
  allowed?: readonly T[],
  hint?: string,
): T[] {
  const parts = [...new Set(written.split(",").map((part) => part.trim()))];
  const wrong = parts.find(
    (part) => part === "" || !(allowed ?? [part]).some((one) => one === part),
  );
  if (wrong === undefined) return parts as T[]; // each is one of them
  const known =
    allowed === undefined
      ? "parts that are not empty, with commas between them"
      : allowed.join(", ");
  throw invalid(
    parameter,
    JSON.stringify(wrong).slice(0, 80),
    hint === undefined ? known : `${known}; ${hint}`,
  );
}

function invalid(parameter: string, came: string, allowed: string): FoldbackError {
  return new FoldbackError("REQUEST_INVALID", `${parameter} is ${came}; allowed: ${allowed}`, {
    details: { parameter },
  });
}
