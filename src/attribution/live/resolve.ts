/** What reports are made of, from the state of a stream at one moment: equal to what files give, to the bit. */
import { compareUtf8 } from "../../core/index.ts";
import type { Conversion, History, Touch, TouchDimension } from "../history.ts";
import type { ResolvedConversions, ResolvedTouches } from "../resolved.ts";
import { tiers } from "../rules.ts";
import type { ResolveOptions } from "../tables/resolve.ts";
import {
  conversionOrder,
  type Identity,
  type KeptConversion,
  type KeptTouch,
  touchOrder,
} from "./identity.ts";

/** An amount in minor units of the report's currency, from units of the event's; `""`: it said none. */
export type ToMinor = (amount: number, currency: string) => number;

export interface LiveResolveOptions extends ResolveOptions {
  /** Names of the events to take; default all. */
  readonly events?: ReadonlySet<string>;
  readonly toMinor: ToMinor;
}

/** O(n log n) in the conversions. */
export function resolvedConversions(
  identities: Iterable<Identity>,
  { dimensions, hasAccounts, hasIds, events, toMinor }: LiveResolveOptions,
): ResolvedConversions {
  const conversions: KeptConversion[] = [];
  for (const identity of identities) {
    for (const conversion of identity.conversions) {
      if (events?.has(conversion.event) ?? true) conversions.push(conversion);
    }
  }
  conversions.sort(conversionOrder);
  const count = conversions.length;
  const touches = touchesOf(conversions);
  const rowOf = new Map(touches.map((touch, row) => [touch, row]));
  const [events_, eventNames] = coded(conversions.map(({ event }) => event));
  const touchOf = {
    click: new Int32Array(count),
    engaged: new Int32Array(count),
    view: new Int32Array(count),
  };
  const sameSession = new Uint8Array(count);
  for (const [row, conversion] of conversions.entries()) {
    for (const tier of tiers) {
      const touch = conversion[tier];
      touchOf[tier][row] = touch === undefined ? -1 : (rowOf.get(touch) ?? -1);
    }
    const { click, session } = conversion;
    sameSession[row] = Number(session !== undefined && click?.session === session);
  }
  const [accountCodes, accountNames] = coded(
    hasAccounts ? conversions.map(({ home }) => home?.key) : [],
  );
  return {
    count,
    ...(hasIds && { ids: conversions.map(({ id }) => id) }),
    times: Float64Array.from(conversions, ({ time }) => time),
    events: Uint16Array.from(events_),
    values: Float64Array.from(conversions, ({ value, currency }) => toMinor(value, currency)),
    touchOf,
    sameSession,
    ...(hasAccounts && { accounts: accountCodes, accountNames }),
    eventNames,
    touches: resolvedTouches(touches, dimensions, hasIds),
  };
}

/** Those that conversions name, in order. */
function touchesOf(conversions: readonly KeptConversion[]): KeptTouch[] {
  const named = new Set<KeptTouch>();
  for (const conversion of conversions) {
    for (const tier of tiers) {
      const touch = conversion[tier];
      if (touch !== undefined) named.add(touch);
    }
  }
  return [...named].sort(touchOrder);
}

function resolvedTouches(
  touches: readonly KeptTouch[],
  dimensions: readonly TouchDimension[],
  hasIds: boolean,
): ResolvedTouches {
  const codes: Partial<Record<TouchDimension, Int32Array>> = {};
  const names: Partial<Record<TouchDimension, readonly string[]>> = {};
  for (const dimension of dimensions) {
    [codes[dimension], names[dimension]] = coded(touches.map((touch) => touch.names[dimension]));
  }
  return {
    count: touches.length,
    ...(hasIds && { ids: touches.map(({ id }) => id) }),
    times: Float64Array.from(touches, ({ time }) => time),
    codes,
    names,
  };
}

/** Numbers of names, which are in the order of their UTF-8 bytes; −1 of what has none. */
function coded(texts: readonly (string | undefined)[]): [Int32Array, readonly string[]] {
  const given = new Set(texts);
  given.delete(undefined);
  const names = ([...given] as string[]).sort(compareUtf8);
  const numbers = new Map(names.map((name, number) => [name, number]));
  return [
    Int32Array.from(texts, (text) => (text === undefined ? -1 : (numbers.get(text) ?? -1))),
    names,
  ];
}

/** By name; at the same name that of the account first. */
export function* historiesOf(identities: Iterable<Identity>, toMinor: ToMinor): Generator<History> {
  const all = [...identities].sort(
    (one, other) =>
      compareUtf8(one.key, other.key) || Number(one.isSession) - Number(other.isSession),
  );
  for (const identity of all) {
    yield {
      key: identity.key,
      touches: identity.touches().map((touch) => touchOf(touch, toMinor)),
      conversions: identity.conversions.map((conversion) => conversionOf(conversion, toMinor)),
    };
  }
}

function touchOf(touch: KeptTouch, toMinor: ToMinor): Touch {
  const { time, id, kind, names, cost, currency, session } = touch;
  return {
    time,
    id,
    kind,
    names,
    cost: Number.isNaN(cost) ? 0 : toMinor(cost, currency),
    ...(session !== undefined && { session }),
  };
}

export function conversionOf(conversion: KeptConversion, toMinor: ToMinor): Conversion {
  const { time, id, event, value, currency, owner, session } = conversion;
  return {
    time,
    id,
    event,
    value: toMinor(value, currency),
    account: owner.key,
    ...(session !== undefined && { session }),
  };
}
