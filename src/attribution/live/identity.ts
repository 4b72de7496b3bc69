import type { TouchKind } from "../rules.ts";
import { tiers, touchKinds } from "../rules.ts";
import { conversionOrder, type KeptConversion, type KeptTouch, touchOrder } from "./keptEvents.ts";
import { firstNot, inserted, remove } from "./sorted.ts";

/**
 * What is credited together: of an account with all that stands under its name, or of a session that never logged in.
 *
 * Of each conversion the latest touch of each tier is known at any time. What comes or goes moves only those that it must: of the
 * conversions after a touch these are the ones up to the next touch of its tier.
 */
export class Identity {
  readonly key: string;
  readonly isSession: boolean;
  conversions: KeptConversion[] = [];
  readonly #touches: Record<TouchKind, KeptTouch[]> = {
    click: [],
    engaged: [],
    view: [],
    visit: [],
  };

  constructor(key: string, isSession: boolean) {
    this.key = key;
    this.isSession = isSession;
  }

  get isEmpty(): boolean {
    return (
      this.conversions.length === 0 && touchKinds.every((kind) => this.#touches[kind].length === 0)
    );
  }

  /** Of its latest touch, or conversion of these events; −∞ of none. */
  lastTime(events: ReadonlySet<string>): number {
    const conversion = this.conversions.findLast(({ event }) => events.has(event));
    const lasts = [conversion, ...touchKinds.map((kind) => this.#touches[kind].at(-1))];
    return lasts.reduce((latest, one) => Math.max(latest, one?.time ?? latest), -Infinity);
  }

  /** Of one kind, in order. */
  touchesOf(kind: TouchKind): readonly KeptTouch[] {
    return this.#touches[kind];
  }

  /** In order. O(n log n). */
  touches(): KeptTouch[] {
    return touchKinds.flatMap((kind) => this.#touches[kind]).sort(touchOrder);
  }

  addTouch(touch: KeptTouch): void {
    const { kind, time } = touch;
    this.#touches[kind] = inserted(this.#touches[kind], touch, touchOrder);
    if (kind === "visit") return;
    for (let at = this.#firstFrom(time); at < this.conversions.length; at++) {
      const conversion = this.conversions[at];
      const latest = conversion[kind];
      if (latest !== undefined && touchOrder(latest, touch) > 0) return; // as have all that follow
      conversion[kind] = touch;
    }
  }

  removeTouch(touch: KeptTouch): void {
    const { kind, time } = touch;
    const list = this.#touches[kind];
    const was = remove(list, touch, touchOrder);
    const before = was === 0 ? undefined : list[was - 1];
    if (kind === "visit") return;
    for (let at = this.#firstFrom(time); at < this.conversions.length; at++) {
      const conversion = this.conversions[at];
      if (conversion[kind] !== touch) return; // nor has one that follows
      conversion[kind] = before;
    }
  }

  addConversion(conversion: KeptConversion): void {
    this.conversions = inserted(this.conversions, conversion, conversionOrder);
    for (const tier of tiers) {
      const list = this.#touches[tier];
      const after = firstNot(list, ({ time }) => time <= conversion.time);
      conversion[tier] = after === 0 ? undefined : list[after - 1];
    }
  }

  removeConversion(conversion: KeptConversion): void {
    remove(this.conversions, conversion, conversionOrder);
  }

  #firstFrom(time: number): number {
    return firstNot(this.conversions, (conversion) => conversion.time < time);
  }
}
