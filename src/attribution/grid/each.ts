import { assert } from "../../core/index.ts";
import type { ResolvedConversions } from "../resolved.ts";
import { type Tier, tiers } from "../rules.ts";
import { Earned } from "./earned.ts";
import { cellsOf, type GridSettings } from "./gridSettings.ts";

/** What became of a conversion in a cell. */
export interface EachConversion {
  /** The event's own id, else `line:N`. */
  readonly conversion: string;
  readonly event: string;
  readonly click: string;
  readonly engaged: string;
  readonly view: string;
  /** Null: nobody earned it. */
  readonly tier: Tier | null;
  readonly touch: string | null;
  /** Under `once`, where the touch earned one before. */
  readonly repeat?: true;
}

/** Each conversion in each cell: cells in the order of the grid, in each the conversions in theirs. */
export function* each(
  resolved: ResolvedConversions,
  settings: GridSettings,
): Generator<EachConversion> {
  const { ids, events, eventNames, touchOf, touches } = resolved;
  assert(ids !== undefined && touches.ids !== undefined, "ids were asked for");
  const earned = new Earned(resolved);
  for (const windows of cellsOf(settings)) {
    earned.begin(windows);
    const [click, engaged, view] = tiers.map((tier) => windows[tier].name);
    for (let row = 0; row < resolved.count; row++) {
      const place = earned.tierOf(row);
      const tier = place < 0 ? null : tiers[place];
      const isRepeat = settings.count === "once" && place >= 0 && earned.isRepeat(row, place);
      yield {
        conversion: ids[row],
        event: eventNames[events[row]],
        click,
        engaged,
        view,
        tier,
        touch: tier === null ? null : touches.ids[touchOf[tier][row]],
        ...(isRepeat ? { repeat: true } : {}),
      };
    }
  }
}
