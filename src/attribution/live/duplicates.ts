/** Which of the events with the same id is kept. */
import { duplicateWindowMs } from "../rules.ts";
import { conversionDuplicateOrder, type KeptConversion, type KeptTouch } from "./identity.ts";
import { inserted, remove } from "./sorted.ts";

/** Touches by kind, source and id; one of each. */
export class TouchIds {
  readonly #byId = new Map<string, Map<string, KeptTouch>>();

  /** The one with its id that is there. */
  same(touch: KeptTouch): KeptTouch | undefined {
    return this.#byId.get(kindOf(touch))?.get(touch.id);
  }

  set(touch: KeptTouch): void {
    const kind = kindOf(touch);
    const ids = this.#byId.get(kind);
    if (ids === undefined) this.#byId.set(kind, new Map([[touch.id, touch]]));
    else ids.set(touch.id, touch);
  }

  delete(touch: KeptTouch): void {
    this.#byId.get(kindOf(touch))?.delete(touch.id);
  }
}

function kindOf({ kind, source }: KeptTouch): string {
  return `${kind} ${source}`;
}

/**
 * Conversions by event, source and id. Going by time, one is the first unless it is at most 48 h after a first one; so an earlier one that
 * comes late may change which of those after it are.
 */
export class ConversionIds {
  readonly #byId = new Map<string, Map<string, KeptConversion[]>>();

  /** @returns those whose `isFirst` has changed. */
  add(conversion: KeptConversion): KeptConversion[] {
    if (!conversion.hasId) return changed([conversion]);
    const key = keyOf(conversion);
    let ids = this.#byId.get(key);
    if (ids === undefined) {
      ids = new Map();
      this.#byId.set(key, ids);
    }
    const same = ids.get(conversion.id);
    if (same === undefined) ids.set(conversion.id, [conversion]);
    else ids.set(conversion.id, inserted(same, conversion, conversionDuplicateOrder));
    return changed(this.#same(conversion));
  }

  /** @returns the others whose `isFirst` has changed. */
  delete(conversion: KeptConversion): KeptConversion[] {
    this.forget(conversion);
    return changed(this.#same(conversion));
  }

  /** Deletes it where the others stay as they are without it. */
  forget(conversion: KeptConversion): void {
    if (!conversion.hasId) return;
    const same = this.#same(conversion);
    remove(same, conversion, conversionDuplicateOrder);
    if (same.length === 0) this.#byId.get(keyOf(conversion))?.delete(conversion.id);
  }

  /**
   * Whether it says nothing any more of what is first from a time on: of those before it, the last first one may.
   *
   * @param conversion one from before the time.
   */
  isSpent(conversion: KeptConversion, time: number): boolean {
    if (!conversion.hasId || conversion.time < time - duplicateWindowMs) return true;
    return conversion !== this.#same(conversion).findLast((one) => one.isFirst && one.time < time);
  }

  #same(conversion: KeptConversion): KeptConversion[] {
    if (!conversion.hasId) return [];
    return this.#byId.get(keyOf(conversion))?.get(conversion.id) ?? [];
  }
}

/** @param same in order. */
function changed(same: readonly KeptConversion[]): KeptConversion[] {
  let first = Number.NEGATIVE_INFINITY;
  return same.filter((one) => {
    const isFirst = one.time - first > duplicateWindowMs;
    if (isFirst) first = one.time;
    if (one.isFirst === isFirst) return false;
    one.isFirst = isFirst;
    return true;
  });
}

function keyOf({ event, source }: KeptConversion): string {
  return `${event} ${source}`; // event types have no spaces
}
