/** What is kept of events that were refused, and for how long. */
import { expect, test } from "vitest";
import { parseEvents } from "../event/index.ts";
import { type RefusedEvent, RefusedEvents } from "./refusedEvents.ts";

/** @param batch none of which is taken. */
function note(refused: RefusedEvents, batch: readonly unknown[]): void {
  const parsed = parseEvents(batch, { now: 1000 });
  expect(parsed.events).toEqual([]);
  refused.note(parsed.refused, (index) => batch[index]);
}

function withoutAllowed(event: RefusedEvent): object {
  const { allowed, ...rest } = event;
  expect(allowed).not.toBe("");
  return rest;
}

const options = { now: () => 5000, areNamesKept: true };

test("the latest come first, with what they said of themselves and what is wrong", () => {
  const refused = new RefusedEvents(options);
  expect(refused.report()).toEqual({ since: 5000, count: 0, fields: [], events: [] });
  note(refused, [{ type: "lik\u202ee", source: "app" }, 7]);
  note(refused, [{ type: "like", time: 1, account: "a" }]);
  const { count, fields, events } = refused.report();
  expect(count).toBe(3);
  expect(fields.toSorted((a, b) => (a.field < b.field ? -1 : 1))).toEqual([
    { field: "event", count: 1 },
    { field: "item", count: 1 },
    { field: "type", count: 1 },
  ]);
  expect(events.map(withoutAllowed)).toEqual([
    { time: 5000, type: "like", index: 0, field: "item", came: "nothing" },
    { time: 5000, index: 1, field: "event", came: "7" },
    {
      time: 5000,
      type: "lik\\u202ee",
      source: "app",
      index: 0,
      field: "type",
      came: '"lik\\u202ee"',
    },
  ]);
});

test("of a flood the latest 100 are kept, all are counted, and names beyond 100 together", () => {
  const refused = new RefusedEvents(options);
  const flood = Array.from({ length: 5000 }, (_, n) => ({
    type: "play",
    time: 1,
    account: "a",
    item: "b",
    [`own-${n % 300}`]: 1,
  }));
  note(refused, flood);
  note(refused, flood.slice(0, 30));
  const { count, fields, events } = refused.report();
  expect(count).toBe(5030);
  expect(fields).toHaveLength(101);
  expect(fields[0].field).toBe("(others)");
  expect(fields.reduce((sum, { count: of }) => sum + of, 0)).toBe(5030);
  expect(events.map(({ index }) => index)).toEqual([
    ...Array.from({ length: 30 }, (_, n) => 29 - n),
    ...Array.from({ length: 70 }, (_, n) => 4999 - n),
  ]);
});

test("a name that is erased is in none, as a value or within a line", () => {
  const name = 'somebody "ß"';
  const refused = new RefusedEvents(options);
  note(refused, [
    { type: "item_set", time: 1, item: "b", account: name },
    `{"type":"like","account":${JSON.stringify(name)}`,
    { type: "like", time: 1, account: "a" },
  ]);
  expect(JSON.stringify(refused.report())).toContain("somebody");
  refused.forget([name]);
  expect(JSON.stringify(refused.report())).not.toContain("somebody");
  expect(refused.report()).toMatchObject({ count: 3, events: [{ field: "item" }] });
});

test("under pseudonyms nothing that came is kept", () => {
  const refused = new RefusedEvents({ ...options, areNamesKept: false });
  note(refused, [{ type: "item_set", time: 1, item: "b", account: "somebody" }]);
  const [{ came, field, type }] = refused.report().events;
  expect({ came, field, type }).toEqual({ came: undefined, field: "account", type: "item_set" });
});
