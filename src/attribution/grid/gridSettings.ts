/** What is asked of the window grid. */
import { FoldbackError } from "../../core/index.ts";
import { type TouchDimension, touchDimensions } from "../history.ts";
import { type Period, periods } from "../periods.ts";
import { type Tier, tiers } from "../rules.ts";
import { type AttributionWindow, windowOf } from "../windows.ts";

export const gridKeys = [...touchDimensions, "account", ...periods] as const;

export type GridKey = TouchDimension | "account" | Period;

/** Which rows are told; the others, and what they earned, are left out as if nobody had asked. It changes nothing of who earned what. */
export interface GridFilter {
  /** Of touches: by dimension the names that are told. What nobody earned has none, and stays. */
  readonly only: ReadonlyMap<TouchDimension, ReadonlySet<string>>;
  /** Days by `basis`, UTC, both included: `2026-06-01`. */
  readonly from?: string;
  readonly to?: string;
}

/** A window for each tier. */
export type Windows = Readonly<Record<Tier, AttributionWindow>>;

export interface GridSettings extends Readonly<Record<Tier, readonly AttributionWindow[]>> {
  /** What all cells are compared with; need not be one of them. */
  readonly current: Windows;
  /** `every`: each conversion counts. `once`: of a touch and a name of events the first. */
  readonly count: "every" | "once";
  /** Whose time decides the day, week or month of a row. */
  readonly basis: "touch" | "conversion";
  readonly by: readonly GridKey[];
  readonly filter: GridFilter;
  /** Names of events that have rows of their own, in this order, also where there are none. Default: those that there are. */
  readonly events?: readonly string[];
}

/** Windows as they are written, in the order in which they are wanted; what is left out is as TikTok has it. */
export interface GridRequest extends Partial<Readonly<Record<Tier, readonly string[]>>> {
  /** Of click, engaged view and view, such as `7d/1d/1d`. */
  readonly current?: string;
  readonly count?: GridSettings["count"];
  readonly basis?: GridSettings["basis"];
  readonly by?: readonly GridKey[];
  /** Rows that are told: a dimension of touches and a name, as `campaign=summer`. Several of a dimension: any of them. */
  readonly only?: readonly string[];
  /** Days that are told, as `2026-06-01`, both included. */
  readonly from?: string;
  readonly to?: string;
  readonly events?: readonly string[];
}

const defaults: Readonly<Record<Tier, readonly string[]>> = {
  click: ["1d", "7d", "14d", "28d"],
  engaged: ["off", "1d", "7d"],
  view: ["off", "1d", "7d"],
};

const defaultCurrent = "7d/1d/1d";

/** More than a page can show: a slip. */
const cellsMax = 10_000;

/** @throws FoldbackError REQUEST_INVALID for a window that is none, or too many cells. */
export function gridSettings(request: GridRequest = {}): GridSettings {
  const windows = (tier: Tier): AttributionWindow[] => {
    const written = request[tier] ?? defaults[tier];
    const found = written.map((one) => windowOf(one, tier));
    if (found.length === 0) throw invalid(`there is no ${tier} window; give at least one, or off`);
    return found;
  };
  const [click, engaged, view] = tiers.map(windows);
  const cells = countCells({ click, engaged, view });
  if (cells > cellsMax) {
    throw invalid(`the grid has ${cells} cells; allowed: ${cellsMax}; ask for fewer windows`);
  }
  const written = (request.current ?? defaultCurrent).split("/");
  if (written.length !== 3) {
    throw invalid(
      `the current setting is "${request.current}"; allowed: the windows of click, engaged view and view, such as ${defaultCurrent}`,
    );
  }
  const { count = "every", basis = "touch", by = [], events } = request;
  return {
    click,
    engaged,
    view,
    current: {
      click: windowOf(written[0], "current click"),
      engaged: windowOf(written[1], "current engaged-view"),
      view: windowOf(written[2], "current view"),
    },
    count,
    basis,
    by: [...new Set(by)],
    filter: filterOf(request),
    ...(events === undefined ? {} : { events: [...new Set(events)] }),
  };
}

function filterOf({ only = [], from, to }: GridRequest): GridFilter {
  const names = new Map<TouchDimension, Set<string>>();
  for (const one of only) {
    const at = one.indexOf("=");
    const key = touchDimensions.find((dimension) => dimension === one.slice(0, Math.max(at, 0)));
    if (key === undefined || at + 1 === one.length) {
      throw invalid(
        `only is ${JSON.stringify(one)}; allowed: a key and a name, such as campaign=summer, of ${touchDimensions.join(", ")}`,
      );
    }
    names.set(key, (names.get(key) ?? new Set()).add(one.slice(at + 1)));
  }
  for (const [name, day] of Object.entries({ from, to })) {
    if (day === undefined || isDay(day)) continue;
    throw invalid(`${name} is ${JSON.stringify(day)}; allowed: a day, such as 2026-06-01`);
  }
  if (from !== undefined && to !== undefined && from > to) {
    throw invalid(`from ${from} is after to ${to}; allowed: the same day or one before`);
  }
  return { only: names, ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}

function isDay(text: string): boolean {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  // 30 February is 2 March to some.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** What touches have to be told apart by: the keys of rows, then those that are filtered by. */
export function keysOf({ by, filter }: Pick<GridSettings, "by" | "filter">): GridKey[] {
  const hasDays = filter.from !== undefined || filter.to !== undefined;
  return [
    ...new Set<GridKey>([...by, ...filter.only.keys(), ...(hasDays ? ["day" as const] : [])]),
  ];
}

export function countCells({ click, engaged, view }: Pick<GridSettings, Tier>): number {
  return click.length * engaged.length * view.length;
}

/** All cells, in the order in which they are told. */
export function* cellsOf({ click, engaged, view }: GridSettings): Generator<Windows> {
  for (const one of click) {
    for (const other of engaged)
      for (const third of view) yield { click: one, engaged: other, view: third };
  }
}

function invalid(message: string): FoldbackError {
  return new FoldbackError("REQUEST_INVALID", message);
}
