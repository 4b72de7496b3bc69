import type { CompareQuery, CreditQuery, PathsQuery, TimeToConversionQuery } from "foldback/client";

/** Of what a touch is, as the API calls it; with its name on the page. */
export const dimensions = {
  channel: "channel",
  campaign: "campaign",
  group: "ad group",
  creative: "creative",
} as const;

export type Dimension = keyof typeof dimensions;

/** Windows of a grid where none are asked, as far as the service keeps touches for so long; what is current stands in it, too. */
const clicks = ["1d", "7d", "14d", "28d"];
const views = ["off", "1d", "7d"];
const engagedViews = ["off", "1d", "7d"];
const currentDefault = "7d/1d/1d";

/** All events that count as conversions. */
export const allEvents = "*";

/** The settings of the view, out of its URL. */
export interface Asked {
  readonly event: string;
  readonly campaign: string;
  readonly group: string;
  readonly from: string;
  readonly to: string;
  readonly count: "every" | "once";
  /** Windows of click, engaged view and view. */
  readonly current: readonly [click: string, engaged: string, view: string];
  /** Of the report, and what a unit of each is worth, where events have several. */
  readonly currency: string;
  readonly rates: string;
  /** What channels of models and paths are. */
  readonly by: Dimension;
}

export function askedOf(settings: URLSearchParams): Asked {
  const text = (name: string) => settings.get(name) ?? "";
  const written = (settings.get("current") ?? currentDefault).split("/");
  const [click, engaged, view] = written.length === 3 ? written : currentDefault.split("/");
  const by = text("by");
  return {
    event: settings.get("event") ?? allEvents,
    campaign: text("campaign"),
    group: text("group"),
    from: text("from"),
    to: text("to"),
    count: text("count") === "once" ? "once" : "every",
    current: [click, engaged, view],
    currency: text("currency"),
    rates: text("rates"),
    by: Object.hasOwn(dimensions, by) ? (by as Dimension) : "channel",
  };
}

/** Nothing where the default has it: that the service makes shorter where it keeps touches for less long. */
function within(windows: readonly string[], current: string): string | undefined {
  if (windows.includes(current)) return undefined;
  return [...windows, current].toSorted((a, b) => lengthOf(a) - lengthOf(b)).join(",");
}

const unitHours: Readonly<Record<string, number>> = { d: 24, h: 1, m: 1 / 60, s: 1 / 3600 };

/** In hours; 0 of `off`, and of what the service will refuse. */
function lengthOf(written: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([dhms])$/.exec(written) ?? [];
  return number === undefined ? 0 : Number(number) * unitHours[unit];
}

function moneyOf({ currency, rates }: Asked): { currency?: string; rates?: string } {
  return { ...(currency !== "" && { currency }), ...(rates !== "" && { rates }) };
}

function filterOf({ campaign, group, from, to, count }: Asked) {
  const only = [
    ...(campaign === "" ? [] : [`campaign=${campaign}`]),
    ...(group === "" ? [] : [`group=${group}`]),
  ];
  return {
    count,
    ...(only.length > 0 && { only: only.join(",") }),
    ...(from !== "" && { from }),
    ...(to !== "" && { to }),
  };
}

/** The whole grid, all events. */
export function gridQuery(asked: Asked): CompareQuery {
  const [click, engaged, view] = [clicks, engagedViews, views].map((windows, at) =>
    within(windows, asked.current[at]),
  );
  return {
    ...(click !== undefined && { click }),
    ...(engaged !== undefined && { engaged }),
    ...(view !== undefined && { view }),
    current: asked.current.join("/"),
    ...filterOf(asked),
    ...moneyOf(asked),
  };
}

/** Whether what is told of single ads is narrowed: journeys are not, as all of their touches matter. */
export function isNarrowed({ campaign, group, from, to }: Asked): boolean {
  return [campaign, group, from, to].some((setting) => setting !== "");
}

/** The current setting by campaign and group. */
export function campaignsQuery(asked: Asked): CompareQuery {
  const [click, engaged, view] = asked.current;
  const current = asked.current.join("/");
  const { count, from, to } = filterOf(asked);
  return {
    click,
    engaged,
    view,
    current,
    count,
    by: "campaign,group",
    ...moneyOf(asked),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
}

function eventsOf({ event }: Asked): { events?: string } {
  return event === allEvents ? {} : { events: event };
}

export function creditQuery(asked: Asked): CreditQuery {
  return { ...eventsOf(asked), ...moneyOf(asked), by: asked.by };
}

export function pathsQuery(asked: Asked): PathsQuery {
  return { ...eventsOf(asked), ...moneyOf(asked), by: asked.by, top: 20 };
}

export function timesQuery(asked: Asked): TimeToConversionQuery {
  return eventsOf(asked);
}

/** As people say it. */
export function windowName(written: string): string {
  const [, number, unit] = /^(\d+)([dhm])$/.exec(written) ?? [];
  if (number === undefined) return written;
  const name = { d: "day", h: "hour", m: "minute" }[unit] ?? unit;
  return `${number} ${name}${number === "1" ? "" : "s"}`;
}
