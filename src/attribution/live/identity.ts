/** Touches and conversions as they are kept, whom they name, and who is credited together. */
import { compareUtf8, type Ordered } from "../../core/index.ts";
import { type TouchDimension, touchDimensions } from "../history.ts";
import { inOrder, type Timed, type TouchKind, tiers, touchKinds } from "../rules.ts";
import type { CurrencyTally } from "./currencyTally.ts";
import type { Logins } from "./logins.ts";
import type { SessionPersons } from "./sessionPersons.ts";
import { firstNot, inserted, remove } from "./sorted.ts";

/** Whom an event names: its account, else its anonymous session; with what is kept of it. */
export interface Owner extends Ordered {
  /** Its name. */
  readonly key: string;
  readonly isSession: boolean;
  /** In order. */
  touches: KeptTouch[];
  /** In order; those that are duplicates as well, as long as one that comes late may make them the first. */
  conversions: KeptConversion[];
  /** Of a session. */
  readonly logins: Logins | undefined;
  /** Of an account, where persons are credited and any is known. */
  persons: SessionPersons | undefined;
}

/** What touches and conversions have alike. */
export interface Kept extends Timed {
  /** Whether the id is the sender's; else it is made of the number, and nothing is a duplicate of it. */
  readonly hasId: boolean;
  readonly source: string;
  /** Of the event in the stream: it tells apart what is alike. */
  readonly number: number;
  readonly session?: string;
  /** ISO 4217, of its amount; empty where the event said none. */
  readonly currency: string;
  readonly owner: Owner;
  /** Whose it is now: links and logins that come move it. Undefined where it does not count. */
  home: Identity | undefined;
}

export interface KeptTouch extends Kept {
  readonly kind: TouchKind;
  readonly names: Readonly<Partial<Record<TouchDimension, string>>>;
  /** In units of the currency, as the event said; NaN where it said none. */
  readonly cost: number;
}

export interface KeptConversion extends Kept {
  readonly event: string;
  /** In units of the currency, as the event said. */
  readonly value: number;
  /** Whether it is no duplicate of another one. */
  isFirst: boolean;
  /** Of each tier, the latest touch of its home at or before it. */
  click: KeptTouch | undefined;
  engaged: KeptTouch | undefined;
  view: KeptTouch | undefined;
}

/** Total: of two touches neither is the same. */
export function touchOrder(one: KeptTouch, other: KeptTouch): number {
  return (
    inOrder(one, other) ||
    touchKinds.indexOf(one.kind) - touchKinds.indexOf(other.kind) ||
    compareUtf8(one.source, other.source) ||
    one.number - other.number
  );
}

/** Total. */
export function conversionOrder(one: KeptConversion, other: KeptConversion): number {
  return (
    inOrder(one, other) ||
    compareUtf8(one.event, other.event) ||
    compareUtf8(one.source, other.source) ||
    one.number - other.number
  );
}

/**
 * Which of two duplicates is kept: the earlier; at the same time by the name of the account, then by all that they say, so that it is the
 * same one in any order of coming. Total.
 */
export function touchDuplicateOrder(one: KeptTouch, other: KeptTouch): number {
  return (
    duplicateOrder(one, other) ||
    inOrderOfTexts(namesOf(one), namesOf(other)) ||
    compareUtf8(one.currency, other.currency) ||
    costOf(one) - costOf(other) ||
    one.number - other.number
  );
}

/** The same of conversions: by currency and value, where touches have names and cost. */
export function conversionDuplicateOrder(one: KeptConversion, other: KeptConversion): number {
  return (
    duplicateOrder(one, other) ||
    compareUtf8(one.currency, other.currency) ||
    one.value - other.value ||
    one.number - other.number
  );
}

function duplicateOrder(one: Kept, other: Kept): number {
  return (
    one.time - other.time ||
    compareUtf8(one.owner.key, other.owner.key) ||
    Number(one.owner.isSession) - Number(other.owner.isSession) ||
    compareUtf8(one.session ?? "", other.session ?? "")
  );
}

function namesOf({ names }: KeptTouch): string[] {
  return touchDimensions.map((dimension) => names[dimension] ?? "");
}

function inOrderOfTexts(one: readonly string[], other: readonly string[]): number {
  const at = one.findIndex((text, i) => text !== other[i]);
  return at < 0 ? 0 : compareUtf8(one[at], other[at]);
}

function costOf({ cost }: KeptTouch): number {
  return Number.isNaN(cost) ? -1 : cost;
}

export const unresolved = {
  isFirst: false,
  click: undefined,
  engaged: undefined,
  view: undefined,
} as const;

/** The id of an event that has none. */
export function lineId(number: number): string {
  return `line:${number}`;
}

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
  readonly #currencies: CurrencyTally;
  readonly #touches: Record<TouchKind, KeptTouch[]> = {
    click: [],
    engaged: [],
    view: [],
    visit: [],
  };

  /** @param currencies of all identities: what is counted here is counted there. */
  constructor(key: string, isSession: boolean, currencies: CurrencyTally) {
    this.key = key;
    this.isSession = isSession;
    this.#currencies = currencies;
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

  /** In order. O(n). */
  touches(): readonly KeptTouch[] {
    const lists = touchKinds.map((kind) => this.#touches[kind]).filter(({ length }) => length > 0);
    if (lists.length <= 1) return lists[0] ?? [];
    const places = lists.map(() => 0);
    return Array.from({ length: lists.reduce((sum, { length }) => sum + length, 0) }, () => {
      let next = -1;
      for (let at = 0; at < lists.length; at++) {
        if (places[at] === lists[at].length) continue;
        if (next < 0 || touchOrder(lists[at][places[at]], lists[next][places[next]]) < 0) next = at;
      }
      return lists[next][places[next]++];
    });
  }

  addTouch(touch: KeptTouch): void {
    const { kind, time } = touch;
    this.#currencies.countTouch(touch, 1);
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
    this.#currencies.countTouch(touch, -1);
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
    this.#currencies.countConversion(conversion, 1);
    this.conversions = inserted(this.conversions, conversion, conversionOrder);
    for (const tier of tiers) {
      const list = this.#touches[tier];
      const after = firstNot(list, ({ time }) => time <= conversion.time);
      conversion[tier] = after === 0 ? undefined : list[after - 1];
    }
  }

  removeConversion(conversion: KeptConversion): void {
    this.#currencies.countConversion(conversion, -1);
    remove(this.conversions, conversion, conversionOrder);
  }

  #firstFrom(time: number): number {
    return firstNot(this.conversions, (conversion) => conversion.time < time);
  }
}
