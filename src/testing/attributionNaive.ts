/** The window grid in its plainest form: each cell looks at every touch of every conversion. What the fast one is compared with. */
import {
  type Conversion,
  cellsOf,
  type GridCell,
  type GridSettings,
  type History,
  inOrder,
  isWithin,
  notSet,
  periodAt,
  periodName,
  periods,
  type Tier,
  type Touch,
  tiers,
  type Windows,
} from "../attribution/index.ts";
import { compareUtf8 } from "../core/index.ts";

interface Placed {
  readonly conversion: Conversion;
  readonly history: History;
}

/** What became of a conversion. */
export interface Earned {
  readonly conversion: Conversion;
  readonly key: string;
  readonly touch: Touch | undefined;
  readonly isRepeat: boolean;
  readonly isSameSession: boolean;
}

/** All conversions in one cell, in their order. */
export function earnedIn(
  histories: readonly History[],
  windows: Windows,
  count: GridSettings["count"],
): Earned[] {
  const all: Placed[] = histories.flatMap((history) =>
    history.conversions.map((conversion) => ({ conversion, history })),
  );
  all.sort(
    (one, other) =>
      inOrder(one.conversion, other.conversion) ||
      compareUtf8(one.conversion.event, other.conversion.event),
  );
  const earned = new Map<Touch, Set<string>>();
  return all.map(({ conversion, history }) => {
    const touch = tiers
      .map((tier) => latest(history, conversion, tier, windows))
      .find((found) => found !== undefined);
    const events = touch && (earned.get(touch) ?? new Set());
    const isRepeat = count === "once" && events?.has(conversion.event) === true;
    if (touch !== undefined && events !== undefined)
      earned.set(touch, events.add(conversion.event));
    const clicks = history.touches.filter(
      ({ kind, time }) => kind === "click" && time <= conversion.time,
    );
    const session = clicks.at(-1)?.session;
    const isSameSession = session !== undefined && session === conversion.session;
    return { conversion, key: history.key, touch, isRepeat, isSameSession };
  });
}

function latest(
  { touches }: History,
  { time }: Conversion,
  tier: Tier,
  windows: Windows,
): Touch | undefined {
  return touches.findLast(
    (touch) =>
      touch.kind === tier && touch.time <= time && isWithin(time - touch.time, windows[tier]),
  );
}

/** Counts of each line, by `cell event by`. */
export function compareNaively(
  histories: readonly History[],
  settings: GridSettings,
): Map<string, Record<string, number>> {
  const lines = new Map<string, Record<string, number>>();
  for (const windows of cellsOf(settings)) {
    for (const one of earnedIn(histories, windows, settings.count)) {
      const { conversion, touch, isRepeat, isSameSession } = one;
      if (!isTold(one, settings)) continue;
      const by = nameOf(one, settings);
      for (const event of [conversion.event, "*"]) {
        const cell = tiers.map((tier) => windows[tier].name).join("/");
        const name = `${cell} ${event} ${JSON.stringify(by)}`;
        const line = lines.get(name) ?? {
          conversions: 0,
          byClick: 0,
          byEngagedView: 0,
          byView: 0,
          unattributed: 0,
          repeats: 0,
          missed: 0,
          value: 0,
          unattributedValue: 0,
          repeatsValue: 0,
        };
        lines.set(name, line);
        const value = conversion.value / 100;
        if (touch === undefined) {
          line["unattributed"]++;
          line["unattributedValue"] += value;
        } else if (isRepeat) {
          line["repeats"]++;
          line["repeatsValue"] += value;
        } else {
          line["conversions"]++;
          line["value"] += value;
          if (touch.kind === "click") line["byClick"]++;
          else line[touch.kind === "view" ? "byView" : "byEngagedView"]++;
          if (!isSameSession) line["missed"]++;
        }
      }
    }
  }
  return lines;
}

function isTold({ conversion, touch }: Earned, { basis, filter }: GridSettings): boolean {
  const { only, from = "", to = "9" } = filter;
  const { time } = basis === "conversion" || touch === undefined ? conversion : touch;
  const day = new Date(time).toISOString().slice(0, 10);
  if (day < from || day > to) return false;
  return [...only].every(
    ([key, names]) => touch === undefined || names.has(touch.names[key] ?? notSet),
  );
}

/** As `by` of a cell. */
function nameOf(
  { conversion, key: owner, touch }: Earned,
  { by, basis }: GridSettings,
): GridCell["by"] {
  const names = by.map((key) => {
    if (key === "account") return owner;
    const period = periods.find((one) => one === key);
    if (period !== undefined) {
      const { time } = basis === "conversion" || touch === undefined ? conversion : touch;
      return periodName(periodAt(time, period), period);
    }
    return touch === undefined ? null : (touch.names[key as keyof Touch["names"]] ?? notSet);
  });
  if (by.length <= 1) return names[0] ?? null;
  if (names.every((name) => name === null)) return null;
  return Object.fromEntries(by.map((key, at) => [key, names[at]]));
}
