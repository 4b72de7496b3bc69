/** The window grid: what each choice of windows would count. */
import { assert, FoldbackError } from "../../core/index.ts";
import { FixedSums, partsOf } from "../fixedSums.ts";
import type { Money } from "../money.ts";
import type { ResolvedConversions, TouchCosts } from "../resolved.ts";
import { tiers } from "../rules.ts";
import { Earned } from "./earned.ts";
import { cellsOf, countCells, type GridSettings, type Windows } from "./gridSettings.ts";
import { type Groups, groupsOf } from "./groups.ts";

/** Undefined of an event: all of them. Amounts are in units of the currency. */
export interface GridCell {
  readonly click: string;
  readonly engaged: string;
  readonly view: string;
  /** A name of events; `*`: all. */
  readonly event: string;
  /** Null without keys, and of what nobody earned; the name of the key; of several keys the name of each. */
  readonly by: GroupName;
  /** What touches earned: by click, by engaged view and by view. */
  readonly conversions: number;
  readonly byClick: number;
  readonly byEngagedView: number;
  readonly byView: number;
  readonly value: number;
  /** Of all touches of the row, whether or not they earned anything. */
  readonly cost: number;
  /** Cost of a conversion; null where there is none. */
  readonly cpa: number | null;
  /** Value by cost; null where nothing was spent. */
  readonly roas: number | null;
  /** Conversions by those of the current setting, less 1; null where there it has none. */
  readonly changeVsCurrent: number | null;
  readonly unattributed: number;
  readonly unattributedValue: number;
  /** Under `once`, what a touch earned beyond the first. */
  readonly repeats: number;
  readonly repeatsValue: number;
  /** The share of the conversions that a last click in the same session does not count; null where there are none. */
  readonly missedBySameSession: number | null;
}

export type GroupName = string | null | Readonly<Record<string, string | null>>;

/** What analytics of the last click in the session of the conversion would count. */
export interface SameSessionRow {
  readonly event: string;
  readonly by: GroupName;
  readonly conversions: number;
  readonly value: number;
}

export interface Comparison {
  readonly cells: readonly GridCell[];
  readonly sameSession: readonly SameSessionRow[];
}

const allEvents = "*";

/** A gigabyte of them. */
const rowsMax = 2_000_000;

/**
 * Counts all cells.
 *
 * In each, conversions, repeats and unattributed ones add up to all conversions, and their values to all value, exactly; where nothing is filtered.
 * @throws FoldbackError REQUEST_INVALID where there are more than two million rows.
 * O(cells · conversions), and O(touches · events) memory under `once`.
 *
 * @example
 * const { cells } = compare(resolved, costs, gridSettings({ click: ["7d", "28d"] }), money);
 */
export function compare(
  resolved: ResolvedConversions,
  costs: TouchCosts,
  settings: GridSettings,
  { minorUnits }: Pick<Money, "minorUnits">,
): Comparison {
  const groups = groupsOf(resolved, costs, settings);
  const lines = new Lines(resolved, groups, settings);
  const current = lines.count(settings.current);
  const cells: GridCell[] = [];
  const rowCount = lines.lineCount * countCells(settings);
  if (rowCount > rowsMax) {
    throw new FoldbackError(
      "REQUEST_INVALID",
      `the grid has ${rowCount} rows (${lines.lineCount} of events and groups in each cell); allowed: ${rowsMax}; ask for fewer ` +
        "windows, events or keys",
    );
  }
  for (const windows of cellsOf(settings)) {
    cells.push(...lines.tell(windows, lines.count(windows), current, minorUnits));
  }
  return { cells, sameSession: lines.tellSameSession(minorUnits) };
}

/** Sums by line: a line is an event and a group. All events follow the last. */
interface CellSums {
  readonly click: Float64Array;
  readonly engaged: Float64Array;
  readonly view: Float64Array;
  readonly nobody: Float64Array;
  readonly repeats: Float64Array;
  readonly sameSession: Float64Array;
  readonly values: FixedSums;
  readonly nobodyValues: FixedSums;
  readonly repeatsValues: FixedSums;
}

class Lines {
  readonly #resolved: ResolvedConversions;
  readonly #groups: Groups;
  readonly #settings: GridSettings;
  readonly #eventNames: readonly string[];
  /** Of each event of the conversions its place among the names that are told. */
  readonly #eventPlaces: Int32Array;
  /** Of each conversion the first line of its event. */
  readonly #firsts: Int32Array;
  readonly #parts: ReturnType<typeof partsOf>;
  readonly #earned: Earned;

  constructor(resolved: ResolvedConversions, groups: Groups, settings: GridSettings) {
    this.#resolved = resolved;
    this.#groups = groups;
    this.#settings = settings;
    this.#eventNames = settings.events ?? resolved.eventNames;
    this.#eventPlaces = Int32Array.from(resolved.eventNames, (name) => {
      const place = this.#eventNames.indexOf(name);
      assert(place >= 0, "conversions are of the events that were asked for");
      return place;
    });
    const { events } = resolved;
    this.#firsts = Int32Array.from(events, (event) => this.#eventPlaces[event] * this.#groupCount);
    this.#parts = partsOf(resolved.values);
    this.#earned = new Earned(resolved);
  }

  get #groupCount(): number {
    return this.#groups.names.length;
  }

  get lineCount(): number {
    return (this.#eventNames.length + 1) * this.#groupCount;
  }

  #sums(): CellSums {
    const counts = (): Float64Array => new Float64Array(this.lineCount);
    const values = (): FixedSums => new FixedSums(this.lineCount);
    return {
      click: counts(),
      engaged: counts(),
      view: counts(),
      nobody: counts(),
      repeats: counts(),
      sameSession: counts(),
      values: values(),
      nobodyValues: values(),
      repeatsValues: values(),
    };
  }

  count(windows: Windows): CellSums {
    const sums = this.#sums();
    const { count, sameSession } = this.#resolved;
    const { ofTier, ofNobody } = this.#groups;
    const { wholes, units } = this.#parts;
    const firsts = this.#firsts;
    const earned = this.#earned;
    const isOnce = this.#settings.count === "once";
    const counts = tiers.map((tier) => sums[tier]);
    const groups = tiers.map((tier) => ofTier[tier]);
    earned.begin(windows);
    for (let row = 0; row < count; row++) {
      const tier = earned.tierOf(row);
      if (tier < 0) {
        if (ofNobody[row] < 0) continue; // it is not told of
        const line = firsts[row] + ofNobody[row];
        sums.nobody[line]++;
        sums.nobodyValues.addParts(line, wholes[row], units[row]);
        continue;
      }
      const isRepeat = isOnce && earned.isRepeat(row, tier);
      const group = groups[tier][row];
      if (group < 0) continue;
      const line = firsts[row] + group;
      if (isRepeat) {
        sums.repeats[line]++;
        sums.repeatsValues.addParts(line, wholes[row], units[row]);
        continue;
      }
      counts[tier][line]++;
      sums.sameSession[line] += sameSession[row];
      sums.values.addParts(line, wholes[row], units[row]);
    }
    this.#addAllEvents(sums);
    return sums;
  }

  /** The lines of all events are sums of those of each. */
  #addAllEvents(sums: CellSums): void {
    const groupCount = this.#groupCount;
    const last = this.#eventNames.length * groupCount;
    const counts = [
      sums.click,
      sums.engaged,
      sums.view,
      sums.nobody,
      sums.repeats,
      sums.sameSession,
    ];
    for (let line = 0; line < last; line++) {
      const all = last + (line % groupCount);
      for (const one of counts) one[all] += one[line];
    }
    for (const one of [sums.values, sums.nobodyValues, sums.repeatsValues]) {
      one.addRange(last, groupCount, this.#eventNames.length);
    }
  }

  *tell(
    windows: Windows,
    sums: CellSums,
    current: CellSums,
    minorUnits: number,
  ): Generator<GridCell> {
    for (const { line, event, group, by } of this.#lines()) {
      const [byClick, byEngagedView, byView] = tiers.map((tier) => sums[tier][line]);
      const conversions = byClick + byEngagedView + byView;
      const before = current.click[line] + current.engaged[line] + current.view[line];
      const value = sums.values.at(line) / minorUnits;
      const cost = this.#groups.costs[group] / minorUnits;
      yield {
        click: windows.click.name,
        engaged: windows.engaged.name,
        view: windows.view.name,
        event,
        by,
        conversions,
        byClick,
        byEngagedView,
        byView,
        value,
        cost,
        cpa: conversions === 0 ? null : cost / conversions,
        roas: cost === 0 ? null : value / cost,
        changeVsCurrent: before === 0 ? null : (conversions - before) / before,
        unattributed: sums.nobody[line],
        unattributedValue: sums.nobodyValues.at(line) / minorUnits,
        repeats: sums.repeats[line],
        repeatsValue: sums.repeatsValues.at(line) / minorUnits,
        missedBySameSession:
          conversions === 0 ? null : (conversions - sums.sameSession[line]) / conversions,
      };
    }
  }

  /** By the last click's group, each conversion. */
  tellSameSession(minorUnits: number): SameSessionRow[] {
    const { count, sameSession } = this.#resolved;
    const { wholes, units } = this.#parts;
    const groups = this.#groups.ofTier.click;
    const sums = this.#sums();
    for (let row = 0; row < count; row++) {
      if (sameSession[row] === 0 || groups[row] < 0) continue;
      const line = this.#firsts[row] + groups[row];
      sums.click[line]++;
      sums.values.addParts(line, wholes[row], units[row]);
    }
    this.#addAllEvents(sums);
    return [...this.#lines()].map(({ line, event, by }) => ({
      event,
      by,
      conversions: sums.click[line],
      value: sums.values.at(line) / minorUnits,
    }));
  }

  *#lines(): Generator<{ line: number; event: string; group: number; by: GroupName }> {
    let line = 0;
    for (const event of [...this.#eventNames, allEvents]) {
      for (const [group, names] of this.#groups.names.entries()) {
        yield { line: line++, event, group, by: this.#nameOf(names) };
      }
    }
  }

  #nameOf(names: readonly (string | null)[]): GroupName {
    const { by } = this.#settings;
    if (by.length <= 1) return names[0] ?? null;
    if (names.every((name) => name === null)) return null;
    return Object.fromEntries(by.map((key, at) => [key, names[at]]));
  }
}
