/** What is asked of the live view, and its answers. */
import { FoldbackError } from "../../core/index.ts";
import {
  type CreditOptions,
  type CreditReport,
  creditReport,
  JourneySums,
  type JourneySumsOptions,
  type PathReport,
  pathReport,
} from "../credit/index.ts";
import { fractionUnits } from "../fixedSums.ts";
import { type Comparison, compare } from "../grid/compare.ts";
import { type GridKey, type GridSettings, keysOf } from "../grid/gridSettings.ts";
import { groupsOf } from "../grid/groups.ts";
import { touchDimensions } from "../history.ts";
import {
  type Journey,
  type JourneyOptions,
  journeysOf,
  TimeToConversion,
  type TimeToConversionRow,
} from "../journeys/index.ts";
import { type Money, type MoneySettings, minorUnitsOf, moneyOf } from "../money.ts";
import { periodAt, periodName } from "../periods.ts";
import type { TouchCosts } from "../resolved.ts";
import { notSet, tiers } from "../rules.ts";
import { CostGroups } from "../tables/costs.ts";
import type { AttributionView } from "./attributionView.ts";
import type { Identity, KeptTouch } from "./identity.ts";
import { conversionOf, resolvedConversions, type ToMinor } from "./resolve.ts";

/** Rows of a comparison; beyond, it is asked for less: some 40 MB of JSON. */
const rowsMax = 100_000;

/** Models and overlaps cost more than in proportion to channels, and the thread does nothing else meanwhile: ten thousand creatives are for files. */
const channelsMax = 500;

/** As of which moment an answer is. */
interface AsOf {
  /** Of the newest record that is in it, epoch milliseconds; 0: none. */
  readonly logTime: number;
}

export interface LiveCompareRequest {
  /** With `events`. */
  readonly settings: GridSettings & { readonly events: readonly string[] };
  readonly money: MoneySettings;
}

export interface LiveComparison extends Comparison, AsOf {
  /** ISO 4217; null where no event names one. */
  readonly currency: string | null;
}

/** As `compare` of files. @throws FoldbackError REQUEST_INVALID where there is money in several currencies, and no rates. */
export function compareLive(
  view: AttributionView,
  { settings, money: asked }: LiveCompareRequest,
): LiveComparison {
  const identities = [...view.state.identities()];
  const by = keysOf(settings);
  const events = new Set(settings.events);
  const money = moneyOf(view.state.currencies(events), asked);
  const toMinor = toMinorBy(money);
  const resolved = resolvedConversions(identities, {
    dimensions: touchDimensions.filter((dimension) => by.includes(dimension)),
    hasAccounts: by.includes("account"),
    hasIds: false,
    events,
    toMinor,
  });
  const costs = touchCosts(identities, by, toMinor);
  checkRows(settings, groupsOf(resolved, costs, settings).names.length);
  const comparison = compare(resolved, costs, settings, money);
  return { ...comparison, currency: money.currency ?? null, logTime: view.logTime };
}

/** Before they are made: a slip may ask for gigabytes. */
function checkRows(
  { click, engaged, view, events }: LiveCompareRequest["settings"],
  groups: number,
): void {
  const cells = click.length * engaged.length * view.length;
  const rows = cells * (events.length + 1) * groups;
  if (rows <= rowsMax) return;
  throw new FoldbackError(
    "REQUEST_INVALID",
    `the comparison has ${rows} rows (${cells} cells, ${events.length + 1} events, ${groups} groups); allowed: ${rowsMax}. ` +
      "Ask for fewer windows or events, or group by less",
    { details: { rows, allowed: rowsMax } },
  );
}

export interface JourneyRequest extends Omit<JourneyOptions, "endOfData" | "events"> {
  readonly events: readonly string[];
}

export interface TimeToConversionAnswer extends AsOf {
  readonly rows: readonly TimeToConversionRow[];
}

export function timeToConversion(
  view: AttributionView,
  request: JourneyRequest,
): TimeToConversionAnswer {
  const times = new TimeToConversion();
  for (const journey of journeysLive(view, request, () => 0)) times.add(journey);
  return { rows: times.report(), logTime: view.logTime };
}

export interface LiveCreditRequest {
  readonly journeys: JourneyRequest;
  readonly money: MoneySettings;
  readonly sums: JourneySumsOptions;
  readonly credit: Omit<CreditOptions, "minorUnits">;
}

export interface LiveCredit extends CreditReport, AsOf {
  readonly currency: string | null;
}

/** As `creditReport` of files. @throws FoldbackError as `compareLive`. */
export function creditLive(view: AttributionView, request: LiveCreditRequest): LiveCredit {
  const { sums, money } = journeySums(view, request);
  const { currency = null, minorUnits } = money;
  const report = creditReport(sums, { ...request.credit, minorUnits });
  return { ...report, currency, logTime: view.logTime };
}

export interface LivePathsRequest extends Omit<LiveCreditRequest, "credit"> {
  /** Paths that are listed. */
  readonly top: number;
}

export interface LivePaths extends PathReport, AsOf {
  readonly currency: string | null;
}

/** As `pathReport` of files. @throws FoldbackError as `compareLive`. */
export function pathsLive(view: AttributionView, request: LivePathsRequest): LivePaths {
  const { sums, money } = journeySums(view, request);
  const { currency = null, minorUnits } = money;
  const report = pathReport(sums.paths.table(), { top: request.top, minorUnits });
  return { ...report, currency, logTime: view.logTime };
}

function journeySums(
  view: AttributionView,
  { journeys, money: asked, sums: options }: Omit<LiveCreditRequest, "credit">,
): { readonly sums: JourneySums; readonly money: Money } {
  const money = moneyOf(view.state.currencies(journeys.events), asked);
  const sums = new JourneySums(options);
  for (const journey of journeysLive(view, journeys, toMinorBy(money))) sums.add(journey);
  const channels = sums.paths.table().channels.length;
  if (channels <= channelsMax) return { sums, money };
  throw new FoldbackError(
    "REQUEST_INVALID",
    `journeys have ${channels} channels; allowed: ${channelsMax} of a live answer. Let by name fewer, such as channel or campaign; files have no limit`,
    { details: { parameter: "by", channels, allowed: channelsMax } },
  );
}

function* journeysLive(
  { state }: AttributionView,
  { events: names, ...request }: JourneyRequest,
  toMinor: ToMinor,
): Generator<Journey> {
  const identities = [...state.identities()];
  const events = new Set(names);
  const endOfData = identities.reduce(
    (end, identity) => Math.max(end, identity.lastTime(events)),
    Number.NEGATIVE_INFINITY,
  );
  const options: JourneyOptions = { ...request, events, endOfData };
  for (const identity of identities) {
    // Journeys ask no touch what it cost: they are taken as they are kept.
    const { key, conversions } = identity;
    const valued = conversions.map((conversion) => conversionOf(conversion, toMinor));
    yield* journeysOf({ key, touches: identity.touches(), conversions: valued }, options);
  }
}

function toMinorBy(money: Money): ToMinor {
  return (amount, currency) => minorUnitsOf(amount, currency === "" ? undefined : currency, money);
}

/** Of all clicks, engaged views and views. Sums in fixed point: the order of the identities makes no difference. */
function touchCosts(
  identities: readonly Identity[],
  by: readonly GridKey[],
  toMinor: ToMinor,
): TouchCosts {
  const groups = new CostGroups();
  // What has the same names has them in one object: most touches need no text to find their group.
  const isByNames = by.every((key) => touchDimensions.some((dimension) => dimension === key));
  const placeOfNames = new Map<KeptTouch["names"], number>();
  for (const identity of identities) {
    for (const tier of tiers) {
      for (const touch of identity.touchesOf(tier)) {
        if (Number.isNaN(touch.cost)) continue;
        let place = isByNames ? placeOfNames.get(touch.names) : undefined;
        if (place === undefined) {
          place = groups.placeOf(by.map((key) => nameOf(touch, key)));
          if (isByNames) placeOfNames.set(touch.names, place);
        }
        const cost = toMinor(touch.cost, touch.currency);
        const whole = Math.floor(cost);
        groups.addAt(place, whole, Math.round((cost - whole) * fractionUnits)); // as files add them up
      }
    }
  }
  return groups;
}

function nameOf(touch: KeptTouch, key: GridKey): string {
  if (key === "account") return touch.home?.key ?? notSet;
  if (key === "day" || key === "week" || key === "month") {
    return periodName(periodAt(touch.time, key), key);
  }
  return touch.names[key] ?? notSet;
}
