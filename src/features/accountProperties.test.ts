/** Descriptions of accounts: against a list that is gone through from scratch, at its limit, in pages. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Event, LogRecord, Properties } from "../event/index.ts";
import { viewConformance } from "../testing/viewConformance.ts";
import { AccountProperties } from "./accountProperties.ts";

const makeView = (accountPropertiesBytesMax = 1_000_000): AccountProperties =>
  new AccountProperties({ partitionCount: 1, accountPropertiesBytesMax });

const record = (offset: number, event: Partial<Event>): LogRecord => ({
  partition: 0,
  offset,
  logTime: offset,
  event: { type: "account_set", time: offset, ...event },
});

function viewOf(events: readonly Partial<Event>[], bytesMax?: number): AccountProperties {
  const view = makeView(bytesMax);
  for (const [offset, event] of events.entries()) view.apply(record(offset, event));
  return view;
}

/** All pages of that length, one after the other. */
function pagesOf(view: AccountProperties, limit: number): [string, Properties][] {
  const all: [string, Properties][] = [];
  for (let after: number | undefined; ; ) {
    const { accounts, next } = view.page(limit, after);
    expect(accounts.length).toBeLessThanOrEqual(limit);
    all.push(
      ...accounts.map(({ account, properties }): [string, Properties] => [account, properties]),
    );
    if (next === undefined) return all;
    expect(accounts).toHaveLength(limit);
    after = next;
  }
}

const accounts = ["a", "b", "c", "d", "e", "f"];
const drawn = fc.array(
  fc.oneof(
    fc.record({
      account: fc.constantFrom(...accounts),
      context: fc.dictionary(
        fc.constantFrom("n", "t", "toString"),
        fc.oneof(fc.nat(), fc.string()),
      ),
    }),
    fc.record({ type: fc.constant("erase"), account: fc.constantFrom(...accounts) }),
    fc.constant({ type: "like", account: "a", item: "i", context: { n: 1 } }),
    fc.constant({ type: "item_set", item: "a", context: { n: 2 } }),
  ),
  { maxLength: 60 },
);

/** By going through all of it: what is known, in the order of when it was said. */
function saidOf(events: readonly Partial<Event>[]): [string, Properties][] {
  const said: [string, Properties][] = [];
  for (const { type = "account_set", account = "", context = {} } of events) {
    if (type !== "account_set" && type !== "erase") continue;
    const at = said.findIndex(([name]) => name === account);
    if (at >= 0) said.splice(at, 1);
    if (type === "account_set" && Object.keys(context).length > 0) said.push([account, context]);
  }
  return said;
}

describe("what accounts are said to be like", () => {
  it("is what the latest account_set says, until it says nothing or the account is erased", () => {
    fc.assert(
      fc.property(drawn, fc.integer({ min: 1, max: 4 }), (events, limit) => {
        const view = viewOf(events);
        const expected = saidOf(events);
        for (const account of accounts) {
          expect(view.of(account)).toEqual(expected.find(([name]) => name === account)?.[1]);
        }
        expect(pagesOf(view, limit)).toEqual(expected);
      }),
    );
  });

  it("comes in pages that miss nobody who is there all the while, whatever happens in between", () => {
    fc.assert(
      fc.property(drawn, drawn, fc.integer({ min: 1, max: 3 }), (before, during, limit) => {
        const view = viewOf(before);
        const stay = new Set(saidOf(before).map(([account]) => account));
        const found = new Set<string>();
        let offset = before.length;
        for (let after: number | undefined; ; ) {
          const page = view.page(limit, after);
          for (const { account } of page.accounts) found.add(account);
          if (page.next === undefined) break;
          after = page.next;
          const event = during[offset - before.length];
          if (event === undefined) continue;
          view.apply(record(offset++, event));
          for (const account of [...stay]) if (view.of(account) === undefined) stay.delete(account);
        }
        for (const account of stay) expect(found).toContain(account);
      }),
    );
  });

  it("takes no more memory than it may: what was said the longest ago goes", () => {
    const said = Array.from({ length: 10_000 }, (_, i) => ({
      account: `account-${i % 5000}`,
      context: { text: "x".repeat(i % 100), n: i },
    }));
    const bytesMax = 200_000;
    const view = viewOf(said, bytesMax);
    const latest = pagesOf(view, 1000).map(([account]) => account);
    const bytesOf = ({ account, context }: (typeof said)[number]) =>
      200 + 2 * account.length + 64 + 2 * context.text.length;
    let bytes = 0;
    const expected: string[] = [];
    for (const one of said.slice(5000).reverse()) {
      bytes += bytesOf(one);
      if (bytes > bytesMax) break;
      expected.unshift(one.account);
    }
    expect(latest).toEqual(expected);
    expect(pagesOf(viewOf([{ account: "a", context: { t: "x".repeat(600) } }], 1000), 9)).toEqual(
      [],
    );
  });
});

viewConformance("account properties", {
  records: Array.from({ length: 300 }, (_, offset) => {
    const account = `account-${(offset * 7) % 23}`;
    if (offset % 11 === 3) return record(offset, { type: "erase", account });
    if (offset % 13 === 5) return record(offset, { account });
    const context = { n: offset, [`p${offset % 3}`]: `text ${offset % 5}` };
    return record(offset, { account, context });
  }),
  makeView: () => makeView(5000),
});
