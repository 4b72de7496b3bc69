/** Which row of a report a conversion belongs to, by the touch that earned it. */
import { compareUtf8 } from "../../core/index.ts";
import { FixedSums } from "../fixedSums.ts";
import { type Period, periodAt, periodName } from "../periods.ts";
import type { ResolvedConversions, TouchCosts } from "../resolved.ts";
import { notSet, type Tier, tiers } from "../rules.ts";
import { type GridKey, type GridSettings, keysOf } from "./gridSettings.ts";

export interface Groups {
  /** Of each group its names, by key; null: nobody earned it. In the order in which they are told. */
  readonly names: readonly (readonly (string | null)[])[];
  /** Of each tier the group of each conversion, if its touch earns it; −1 where it has no touch, or is not told of. */
  readonly ofTier: Readonly<Record<Tier, Int32Array>>;
  /** Of each conversion, if nobody earns it; −1 where it is not told of. */
  readonly ofNobody: Int32Array;
  /** Of each group what its touches cost, in minor units; 0 where nothing is known. */
  readonly costs: Float64Array;
}

/**
 * O(conversions · keys), and the sorting of the groups.
 *
 * @param costs by `keysOf` the settings.
 */
export function groupsOf(
  resolved: ResolvedConversions,
  costs: TouchCosts,
  settings: Pick<GridSettings, "by" | "basis" | "filter">,
): Groups {
  const { by, basis } = settings;
  const keys = keysOf(settings);
  const numbering = new Numbering(keys.length);
  const parts = keys.map((key) => partOf(key, resolved, basis));
  const codes = new Int32Array(keys.length);
  const ofTier = Object.fromEntries(
    tiers.map((tier) => [tier, new Int32Array(resolved.count).fill(-1)]),
  ) as Record<Tier, Int32Array>;
  const ofNobody = new Int32Array(resolved.count);
  const nameOf = (): (string | null)[] =>
    parts.map((part, key) => (codes[key] < 0 ? null : part.name(codes[key])));
  for (let row = 0; row < resolved.count; row++) {
    for (const tier of tiers) {
      const touch = resolved.touchOf[tier][row];
      if (touch < 0) continue;
      for (let key = 0; key < parts.length; key++) codes[key] = parts[key].ofTouch(row, touch);
      ofTier[tier][row] = numbering.take(codes, nameOf);
    }
    for (let key = 0; key < parts.length; key++) codes[key] = parts[key].ofNobody(row);
    ofNobody[row] = numbering.take(codes, nameOf);
  }
  const costGroups = Int32Array.from(costs.groups, (names) => numbering.named(names));
  const told = new Numbering(by.length);
  // Those that are told, by the keys of rows alone: these come first.
  const places = Int32Array.from(numbering.names, (names) =>
    isTold(names, keys, settings) ? told.named(names.slice(0, by.length)) : -1,
  );
  for (const groups of [...tiers.map((tier) => ofTier[tier]), ofNobody, costGroups]) {
    renumber(groups, places);
  }
  // What nobody earned has its row, also where it is empty.
  if (parts.slice(0, by.length).every(({ isOfTouch }) => isOfTouch)) told.named(by.map(() => null));
  return sorted(told.names, { ofTier, ofNobody, costGroups, costs });
}

function isTold(
  names: readonly (string | null)[],
  keys: readonly GridKey[],
  { filter: { only, from, to } }: Pick<GridSettings, "filter">,
): boolean {
  return keys.every((key, at) => {
    const name = names[at];
    if (name === null) return true;
    // Days are written so that they sort as texts.
    if (key === "day" && ((from !== undefined && name < from) || (to !== undefined && name > to))) {
      return false;
    }
    return key === "account" || isPeriod(key) || (only.get(key)?.has(name) ?? true);
  });
}

function isPeriod(key: GridKey): key is Period {
  return key === "day" || key === "week" || key === "month";
}

/** Each number by what stands in its place; below 0 it stays. */
function renumber(groups: Int32Array, places: Int32Array): void {
  for (let row = 0; row < groups.length; row++) {
    if (groups[row] >= 0) groups[row] = places[groups[row]];
  }
}

/** One of the keys: the codes of its names. */
interface Part {
  readonly ofTouch: (row: number, touch: number) => number;
  /** −1: null. */
  readonly ofNobody: (row: number) => number;
  readonly name: (code: number) => string;
  /** Whether it is of the touch alone, so that nobody's has none. */
  readonly isOfTouch: boolean;
}

function partOf(key: GridKey, resolved: ResolvedConversions, basis: GridSettings["basis"]): Part {
  if (key === "account") {
    const { accounts, accountNames = [] } = resolved;
    const of = (row: number): number => accounts?.[row] ?? 0;
    return { ofTouch: of, ofNobody: of, name: (code) => accountNames[code], isOfTouch: false };
  }
  if (isPeriod(key)) {
    const ofConversion = (row: number): number => periodAt(resolved.times[row], key);
    const { times } = resolved.touches;
    return {
      ofTouch: basis === "conversion" ? ofConversion : (_, touch) => periodAt(times[touch], key),
      ofNobody: ofConversion,
      name: (code) => periodName(code, key),
      isOfTouch: false,
    };
  }
  const codes = resolved.touches.codes[key];
  const names = resolved.touches.names[key] ?? [];
  const unset = names.length;
  return {
    ofTouch: (_, touch) => {
      const code = codes?.[touch] ?? -1;
      return code < 0 ? unset : code;
    },
    ofNobody: () => -1,
    name: (code) => (code === unset ? notSet : names[code]),
    isOfTouch: true,
  };
}

/** Numbers groups as they come: quickly by their codes, and once for each by their names, as two codes may have one name. */
class Numbering {
  readonly names: (readonly (string | null)[])[] = [];
  readonly #byName = new Map<string, number>();
  readonly #byCodes = new Map<number | string, number>();
  readonly #keyCount: number;

  constructor(keyCount: number) {
    this.#keyCount = keyCount;
  }

  take(codes: Int32Array, nameOf: () => readonly (string | null)[]): number {
    // Two codes fit into the 53 bits of a number; more are rare.
    let key: number | string = 0;
    if (this.#keyCount === 1) key = codes[0];
    else if (this.#keyCount === 2) key = (codes[0] + 1) * 2 ** 22 + codes[1] + 1;
    if (this.#keyCount > 2 || codes[1] >= 2 ** 22 - 1) key = codes.join(" ");
    const found = this.#byCodes.get(key);
    if (found !== undefined) return found;
    const number = this.named(nameOf());
    this.#byCodes.set(key, number);
    return number;
  }

  named(names: readonly (string | null)[]): number {
    const name = JSON.stringify(names);
    let number = this.#byName.get(name);
    if (number === undefined) {
      number = this.names.push([...names]) - 1;
      this.#byName.set(name, number);
    }
    return number;
  }
}

/** By names, as UTF-8 bytes, key by key; null last. */
function sorted(
  names: readonly (readonly (string | null)[])[],
  found: {
    readonly ofTier: Record<Tier, Int32Array>;
    readonly ofNobody: Int32Array;
    readonly costGroups: Int32Array;
    readonly costs: TouchCosts;
  },
): Groups {
  const order = names.map((_, at) => at);
  order.sort((one, other) => compareNames(names[one], names[other]));
  const places = new Int32Array(names.length);
  for (const [place, at] of order.entries()) places[at] = place;
  for (const groups of [...tiers.map((tier) => found.ofTier[tier]), found.ofNobody]) {
    renumber(groups, places);
  }
  const sums = new FixedSums(names.length);
  for (const [at, group] of found.costGroups.entries()) {
    if (group >= 0) sums.addFrom(places[group], found.costs.sums, at);
  }
  const costs = Float64Array.from(names, (_, at) => sums.at(at));
  return {
    names: order.map((at) => names[at]),
    ofTier: found.ofTier,
    ofNobody: found.ofNobody,
    costs,
  };
}

function compareNames(one: readonly (string | null)[], other: readonly (string | null)[]): number {
  for (const [key, name] of one.entries()) {
    const against = other[key];
    if (name === against) continue;
    if (name === null) return 1;
    return against === null ? -1 : compareUtf8(name, against);
  }
  return 0;
}
