import { expect, test } from "vitest";
import { compareUtf8, dayMs, hash32, hourMs } from "../../core/index.ts";
import { type Event, eventKey, type LogRecord } from "../../event/index.ts";
import { historiesOf as plainly } from "../../testing/attributionReference.ts";
import { attributionStream } from "../../testing/attributionStream.ts";
import { MemorySnapshot } from "../../testing/memorySnapshot.ts";
import { viewConformance } from "../../testing/viewConformance.ts";
import { touchKindOf } from "../rules.ts";
import { AttributionView, type AttributionViewOptions } from "./attributionView.ts";
import { historiesOf, resolvedConversions } from "./resolve.ts";

const options: AttributionViewOptions = {
  partitionCount: 4,
  conversions: ["purchase", "subscribe"],
  accountsMax: 1000,
  sessionsMax: 1000,
  eventsMax: 1000,
  conversionsMs: 90 * dayMs,
  lookbackMs: 90 * dayMs,
};

/** Log times go by the hour, whatever the events' own are. */
function records(events: readonly Event[], from: number, everyMs = hourMs): LogRecord[] {
  return events.map((event, at) => {
    const partition = hash32(eventKey(event)) % options.partitionCount;
    return { partition, offset: 2 * at + 1, logTime: from + at * everyMs, event };
  });
}

function viewOf(
  log: readonly LogRecord[],
  other: Partial<AttributionViewOptions> = {},
): AttributionView {
  const view = new AttributionView({ ...options, ...other });
  for (const record of log) view.apply(record);
  return view;
}

const same = (amount: number): number => amount;

function idsOf({ state }: AttributionView): readonly string[] {
  const options = { dimensions: [], hasAccounts: false, hasIds: true, toMinor: same };
  return resolvedConversions(state.identities(), options).ids ?? [];
}

const start = Date.UTC(2026, 0, 1);

const stream = attributionStream(7, 400);
stream.splice(
  200,
  0,
  { type: "erase", time: start, account: "b" },
  { type: "item_set", time: start, item: "song" },
);
stream.splice(300, 0, { type: "erase", time: start, account: "s1" });

viewConformance("attribution", {
  // Log time goes three weeks in which the oldest events of the stream are let go.
  makeView: () =>
    new AttributionView({ ...options, conversionsMs: 5 * dayMs, lookbackMs: 2 * dayMs }),
  records: records(stream, start + 4 * dayMs),
});

const personStream: readonly Event[] = stream.flatMap((event, at): Event[] => {
  const { time, account, session } = event;
  if (account === undefined) return [event];
  if (at % 37 === 0) return [event, { type: "account_set", time, account, context: { people: 0 } }];
  const said = session ?? `s${1 + (at % 3)}`;
  const context = { person: at % 3 };
  return [event, { type: "person_assigned", time, account, session: said, context }];
});

viewConformance("attribution by person, at its limits", {
  makeView: () =>
    new AttributionView({
      ...options,
      key: "person",
      accountsMax: 3,
      sessionsMax: 2,
      eventsMax: 20,
      conversionsMs: 5 * dayMs,
      lookbackMs: 2 * dayMs,
    }),
  records: records(personStream, start + 4 * dayMs),
});

viewConformance("attribution at its limits", {
  makeView: () => new AttributionView({ ...options, accountsMax: 3, sessionsMax: 2, eventsMax: 5 }),
  records: records(stream, start),
});

test("records count by their offsets, and the engine's own are nobody's", () => {
  const log = records(
    [
      { type: "served", time: start, account: "a" },
      { type: "purchase", time: start, account: "a" },
      { type: "erased", time: 0 },
    ],
    start,
  );
  expect(idsOf(viewOf(log))).toEqual(["line:3"]);
});

test("a conversion that is kept is what all events say of it, however much was let go", () => {
  const [conversionsMs, lookbackMs] = [6 * dayMs, 3 * dayMs];
  let [kept, let_] = [0, 0];
  for (let seed = 1; seed <= 30; seed++) {
    // In order of time, a day late. A touch does not come again after the first one was let go: then it would be a new one.
    const events = attributionStream(seed, 300)
      .sort((a, b) => a.time - b.time)
      .map((event) => {
        const isTouch = touchKindOf(event.type) !== undefined && event.id !== undefined;
        return isTouch ? { ...event, id: `${event.id}-${Math.floor(event.time / dayMs)}` } : event;
      });
    const log = events.map((event, at): LogRecord => {
      const logTime = Math.max(...events.slice(0, at + 1).map(({ time }) => time)) + dayMs;
      return { partition: 0, offset: at, logTime, event };
    });
    const view = viewOf(log, { conversionsMs, lookbackMs });
    const from = Math.floor(view.logTime / dayMs) * dayMs - conversionsMs;
    const windowed = (time: number, touch?: { readonly id: string; readonly time: number }) =>
      touch === undefined || time - touch.time > lookbackMs ? null : touch.id;
    const histories = plainly(
      events.map((event, line) => ({ event, file: 0, line })),
      ["purchase", "subscribe"],
    );
    const all = histories.flatMap(({ touches, conversions }) =>
      conversions.map(({ id, time }) => {
        const latest = (kind: string) =>
          touches.findLast((touch) => touch.kind === kind && touch.time <= time);
        return { time, row: [id, windowed(time, latest("click")), windowed(time, latest("view"))] };
      }),
    );
    const expected = all.filter(({ time }) => time >= from + dayMs).map(({ row }) => row);
    const actual = [...view.state.identities()]
      .flatMap(({ conversions }) => conversions)
      .filter(({ time }) => time >= from + dayMs)
      .map(({ id, time, click, view: seen }) => [id, windowed(time, click), windowed(time, seen)]);
    const texts = (rows: readonly unknown[]) =>
      rows.map((row) => JSON.stringify(row)).sort(compareUtf8);
    expect(texts(actual), `stream ${seed}`).toEqual(texts(expected));
    for (const { time } of [...view.state.identities()].flatMap(({ conversions }) => conversions)) {
      expect(time).toBeGreaterThanOrEqual(from);
    }
    kept += actual.length;
    let_ += all.length - actual.length;
  }
  expect(kept).toBeGreaterThan(300);
  expect(let_).toBeGreaterThan(300);
});

test("what was erased is as if it had never been, in the snapshot too", () => {
  const gone = "\u{1F600}";
  for (let seed = 1; seed <= 40; seed++) {
    // Without ids: what was dropped for a duplicate that is erased does not come back.
    const events = attributionStream(seed, 150).map((event): Event => {
      const { id, ...rest } = event;
      return id === undefined ? event : rest;
    });
    const log = records([...events, { type: "erase", time: start, account: gone }], start);
    const view = viewOf(log);
    const mentions = ({ event: { account, context } }: LogRecord): boolean =>
      account === gone || context?.["account"] === gone;
    const never = viewOf(log.filter((record) => !mentions(record)));
    expect(idsOf(view)).toEqual(idsOf(never));
    expect([...historiesOf(view.state.identities(), same)]).toEqual([
      ...historiesOf(never.state.identities(), same),
    ]);
    const snapshot = new MemorySnapshot();
    view.save(snapshot);
    const bytes = Buffer.concat([...snapshot.sections.values()]);
    expect(bytes.includes(Buffer.from(gone)), `stream ${seed}`).toBe(false);
  }
});

test("beyond a limit the oldest goes: of events, of accounts, of sessions", () => {
  const buy = (account: string, hour: number): Event => ({
    ...{ type: "purchase", time: start + hour * hourMs, account, id: `${account}${hour}` },
  });
  const events = [buy("a", 1), buy("a", 3), buy("a", 2), buy("b", 1), buy("c", 1), buy("b", 0)];
  expect(idsOf(viewOf(records(events, start), { eventsMax: 2, accountsMax: 2 }))).toEqual([
    ...["b0", "b1", "c1"],
  ]);
  expect(idsOf(viewOf(records(events, start), { eventsMax: 2 }))).toEqual([
    "b0",
    "b1",
    "c1",
    "a2",
    "a3",
  ]);
  const touch = (session: string): Event => ({ type: "ad_click", time: start, session });
  const view = viewOf(records([touch("s"), touch("t"), touch("u")], start), { sessionsMax: 2 });
  expect([...view.state.identities()].map(({ key }) => key)).toEqual(["t", "u"]);
});
