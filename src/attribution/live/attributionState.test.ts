/** The state of a stream, against the same events worked out at once by brute force. */
import { expect, test } from "vitest";
import { compareUtf8, Random } from "../../core/index.ts";
import type { Event } from "../../event/index.ts";
import { attributionStream } from "../../testing/attributionStream.ts";
import { naiveAttribution } from "../../testing/naiveAttribution.ts";
import type { History } from "../history.ts";
import type { ResolvedConversions } from "../resolved.ts";
import { tiers, touchKindOf } from "../rules.ts";
import { AttributionState } from "./attributionState.ts";
import { historiesOf, resolvedConversions } from "./resolve.ts";

const events = ["purchase", "subscribe"];
const dimensions = ["channel", "campaign"] as const;
const cents = (amount: number): number => amount * 100;

function newState(): AttributionState {
  return new AttributionState({
    conversions: events,
    accountsMax: 1000,
    sessionsMax: 1000,
    eventsMax: 1000,
  });
}

function resolvedOf(state: AttributionState): ResolvedConversions {
  return resolvedConversions(state.identities(), {
    dimensions,
    hasAccounts: true,
    hasIds: true,
    toMinor: cents,
  });
}

type Numbered = readonly [Event, number];

/** The same as rows of names, so that what differs can be read. */
function rowsOf(resolved: ResolvedConversions): unknown[] {
  const { touches, ids = [] } = resolved;
  return ids.map((id, row) => [
    id,
    resolved.times[row],
    resolved.eventNames[resolved.events[row]],
    resolved.values[row],
    resolved.accountNames?.[resolved.accounts?.[row] ?? -1],
    resolved.sameSession[row],
    ...tiers.map((tier) => {
      const at = resolved.touchOf[tier][row];
      if (at < 0) return null;
      const names = dimensions.map(
        (dimension) => touches.names[dimension]?.[touches.codes[dimension]?.[at] ?? -1],
      );
      return [touches.ids?.[at], touches.times[at], ...names];
    }),
  ]);
}

function naiveRows(stream: readonly Numbered[]): unknown[] {
  return naiveAttribution(stream, events).conversions.map((one) => [
    one.id,
    one.event.time,
    one.event.type,
    cents(one.event.value ?? 0),
    one.home.slice("account ".length), // as long as that of a session
    Number(one.sameSession),
    ...tiers.map((tier) => {
      const touch = one.touches[tier];
      if (touch === undefined) return null;
      const { ad } = touch.event;
      return [touch.id, touch.event.time, ad?.channel, ad?.campaign];
    }),
  ]);
}

function naiveHistories(stream: readonly Numbered[]): History[] {
  const { touches, conversions } = naiveAttribution(stream, events);
  const homes = new Set([...touches, ...conversions].map(({ home }) => home));
  const nameOf = (home: string): string => home.slice("account ".length); // as long as that of a session
  const byName = [...homes].sort(
    (one, other) => compareUtf8(nameOf(one), nameOf(other)) || compareUtf8(one, other),
  );
  return byName.map((home) => ({
    key: nameOf(home),
    touches: touches
      .filter((one) => one.home === home)
      .map(({ id, event: { time, type, ad = {}, session } }) => {
        const { cost = 0, ...names } = ad;
        const kind = touchKindOf(type) ?? "visit";
        return { time, id, kind, names, cost: cents(cost), ...(session && { session }) };
      }),
    conversions: conversions
      .filter((one) => one.home === home)
      .map(({ id, who, event: { time, type, value = 0, session } }) => ({
        ...{ time, id, event: type, value: cents(value), account: who },
        ...(session && { session }),
      })),
  }));
}

function numbered(stream: readonly Event[]): Numbered[] {
  return stream.map((event, at) => [event, at + 1]);
}

function shuffled(stream: readonly Numbered[], seed: number): Numbered[] {
  const random = new Random(seed);
  const left = [...stream];
  return stream.map(() => left.splice(random.below(left.length), 1)[0]);
}

function stateOf(stream: readonly Numbered[]): AttributionState {
  const state = newState();
  for (const [event, number] of stream) state.apply(event, number);
  return state;
}

test("200 random streams, in any order, say what the same events say at once, to the bit", () => {
  let conversions = 0;
  for (let seed = 1; seed <= 200; seed++) {
    const stream = numbered(attributionStream(seed));
    const state = stateOf(stream);
    const resolved = resolvedOf(state);
    expect(rowsOf(resolved), `stream ${seed}`).toEqual(naiveRows(stream));
    const histories = [...historiesOf(state.identities(), cents)];
    expect(histories, `stream ${seed}`).toEqual(naiveHistories(stream));
    const other = stateOf(shuffled(stream, seed));
    expect(resolvedOf(other), `stream ${seed}, in another order`).toEqual(resolved);
    expect([...historiesOf(other.identities(), cents)]).toEqual(histories);
    conversions += resolved.count;
  }
  expect(conversions).toBeGreaterThan(2000);
});

test("at any moment it is what the events so far say", () => {
  for (let seed = 301; seed <= 310; seed++) {
    const stream = shuffled(numbered(attributionStream(seed)), seed);
    const state = newState();
    for (const [at, [event, number]] of stream.entries()) {
      state.apply(event, number);
      const soFar = stream.slice(0, at + 1);
      expect(rowsOf(resolvedOf(state)), `stream ${seed}, event ${at}`).toEqual(naiveRows(soFar));
    }
  }
});
