import type { CompareQuery, CreditQuery, PathsQuery, TimeToConversionQuery } from "foldback/client";

/** Of what a touch is, as the API calls it; with its name on the page. */
export const dimensions = {
  channel: "channel",
  campaign: "campaign",
  group: "ad group",
  creative: "creative",
} as const;

export type Dimension = keyof typeof dimensions;

/** Windows that the grid begins with; what is current stands in it, too. */
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
    by: Object.hasOwn(dimensions, by) ? (by as Dimension) : "channel",
  };
}

function within(windows: readonly string[], current: string): string {
  return (windows.includes(current) ? windows : [...windows, current]).join(",");
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
  const [click, engaged, view] = asked.current;
  return {
    click: within(clicks, click),
    engaged: within(engagedViews, engaged),
    view: within(views, view),
    current: asked.current.join("/"),
    ...filterOf(asked),
  };
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
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
}

function eventsOf({ event }: Asked): { events?: string } {
  return event === allEvents ? {} : { events: event };
}

export function creditQuery(asked: Asked): CreditQuery {
  return { ...eventsOf(asked), by: asked.by };
}

export function pathsQuery(asked: Asked): PathsQuery {
  return { ...eventsOf(asked), by: asked.by, top: 20 };
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
