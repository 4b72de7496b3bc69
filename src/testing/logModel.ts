import * as fc from "fast-check";
import { expect } from "vitest";
import { type Clock, hourMs } from "../core/index.ts";
import type { Event } from "../event/index.ts";
import type { AppendResult } from "../log/index.ts";
import { readEverything, playTime as startTime } from "./logRecords.ts";
import type { LogSubject } from "./logSubject.ts";
import type { VirtualClock } from "./virtualClock.ts";

export type Action =
  | { readonly kind: "append"; readonly calls: readonly Event[][]; readonly timeOfEvents: boolean }
  | { readonly kind: "advance"; readonly ms: number }
  | { readonly kind: "reopen" };

const eventArbitrary: fc.Arbitrary<Event> = fc
  .record({
    id: fc.option(fc.nat(12), { nil: undefined }),
    type: fc.constantFrom("play", "skip"),
    time: fc.integer({ min: startTime - 80 * hourMs, max: startTime + 80 * hourMs }),
    account: fc.nat(9),
  })
  .map(({ id, account, ...rest }) => ({
    ...rest,
    ...(id === undefined ? {} : { id: `e${id}` }),
    account: `a${account}`,
  }));

export const actionArbitrary: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("append" as const),
      calls: fc.array(fc.array(eventArbitrary, { maxLength: 8 }), { minLength: 1, maxLength: 4 }),
      timeOfEvents: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("advance" as const),
      ms: fc.oneof(fc.constant(48 * hourMs), fc.integer({ min: -1_000, max: 30 * hourMs })),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "reopen" as const }) },
);

export async function checkAgainstReference(
  subject: LogSubject,
  clock: VirtualClock,
  actions: readonly Action[],
): Promise<void> {
  const reference = new ReferenceLog();
  let { log } = subject;
  for (const action of actions) {
    if (action.kind === "advance") clock.advance(action.ms);
    else if (action.kind === "reopen") log = await subject.reopen();
    else {
      const { timeOfEvents } = action;
      const appending = action.calls.map((call) => log.append(call, { timeOfEvents }));
      const expected = action.calls.map((call) => reference.append(call, clock, timeOfEvents));
      expect((await Promise.all(appending)).map(whichKept)).toEqual(expected);
    }
    const kept = (await readEverything(log)).map(
      ({ logTime, event }): KeptRecord => ({ logTime, event }),
    );
    expect(kept).toEqual(reference.kept);
  }
}

function whichKept(result: AppendResult): boolean[] {
  const kept = result.offsets.map((offset) => offset !== -1);
  expect(result.duplicateCount).toBe(kept.filter((isKept) => !isKept).length);
  return kept;
}

interface KeptRecord {
  readonly logTime: number;
  readonly event: Event;
}

/** What a log must hold, worked out from the words of its contract with nothing clever: the oracle. */
class ReferenceLog {
  readonly kept: KeptRecord[] = [];

  /** Which events of the call are kept. */
  append(events: readonly Event[], clock: Clock, timeOfEvents: boolean): boolean[] {
    return events.map((event) => {
      const logTime = Math.max(
        timeOfEvents ? event.time : clock.now(),
        ...this.kept.map((record) => record.logTime),
        0,
      );
      const isDuplicate = this.kept.some(
        (record) =>
          event.id !== undefined &&
          record.event.id === event.id &&
          record.event.type === event.type &&
          record.event.source === event.source &&
          logTime - record.logTime <= 48 * hourMs,
      );
      if (!isDuplicate) this.kept.push({ logTime, event });
      return !isDuplicate;
    });
  }
}
