/** The state of a stream, against the same events worked out at once by brute force. */
import { expect, test } from "vitest";
import { compareUtf8, Random } from "../../core/index.ts";
import type { Event } from "../../event/index.ts";
import { historiesOf as plainly } from "../../testing/attributionReference.ts";
import { attributionStream } from "../../testing/attributionStream.ts";

import type { History } from "../history.ts";
import type { ResolvedConversions } from "../resolved.ts";
import { type Tier, tiers } from "../rules.ts";
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

/** Conversions and their latest touches as rows of names, so that what differs can be read. */
function rowsOf({ touches, ids = [], ...resolved }: ResolvedConversions): string[] {
  return ids.map((id, row) =>
    JSON.stringify([
      resolved.accountNames?.[resolved.accounts?.[row] ?? -1],
      [id, resolved.times[row], resolved.eventNames[resolved.events[row]], resolved.values[row]],
      resolved.sameSession[row] === 1,
      ...tiers.map((tier) => {
        const at = resolved.touchOf[tier][row];
        if (at < 0) return null;
        const names = dimensions.map(
          (name) => touches.names[name]?.[touches.codes[name]?.[at] ?? -1],
        );
        return [touches.ids?.[at], touches.times[at], ...names];
      }),
    ]),
  );
}

/** The same by looking at every touch of each conversion. */
function plainRows(histories: readonly History[]): string[] {
  return histories.flatMap(({ key, touches, conversions }) =>
    conversions.map(({ id, time, event, value, session }) => {
      const latest = (tier: Tier) =>
        touches.findLast((touch) => touch.kind === tier && touch.time <= time);
      const click = latest("click");
      return JSON.stringify([
        ...[key, [id, time, event, value]],
        click?.session !== undefined && click.session === session,
        ...tiers.map((tier) => {
          const touch = latest(tier);
          const names = dimensions.map((name) => touch?.names[name]);
          return touch === undefined ? null : [touch.id, touch.time, ...names];
        }),
      ]);
    }),
  );
}

/** Of conversions of several identities that are alike to the source, the order is not looked at. */
function expectRows(state: AttributionState, histories: readonly History[], where: string): void {
  const [actual, expected] = [rowsOf(resolvedOf(state)), plainRows(histories)];
  expect(actual.sort(compareUtf8), where).toEqual(expected.sort(compareUtf8));
}

function plainHistories(stream: readonly Numbered[]): History[] {
  return plainly(
    stream.map(([event, line]) => ({ event, file: 0, line })),
    events,
  );
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
    const expected = plainHistories(stream);
    expectRows(state, expected, `stream ${seed}`);
    const histories = [...historiesOf(state.identities(), cents)];
    expect(histories, `stream ${seed}`).toEqual(expected);
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
      const soFar = plainHistories(stream.slice(0, at + 1));
      expectRows(state, soFar, `stream ${seed}, event ${at}`);
    }
  }
});
