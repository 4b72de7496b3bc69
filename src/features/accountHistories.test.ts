import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventKey, type LogRecord } from "../event/index.ts";
import { feedbackStream, recordsOf, streamTime } from "../testing/feedbackStream.ts";
import { AccountHistories } from "./accountHistories.ts";
import { defaultFeedbackRules, feedbackOf, ItemIndex, wantedMax } from "./index.ts";

const rules = defaultFeedbackRules;
const unlimited = { itemsMax: 1000, accountsMax: 1000, itemsPerAccountMax: 1000 };

function historiesOf(records: readonly LogRecord[], limits = unlimited) {
  const items = new ItemIndex({ partitionCount: 4, ...limits });
  const histories = new AccountHistories(items, { partitionCount: 4, rules, ...limits });
  for (const record of records) {
    items.apply(record);
    histories.apply(record);
  }
  const named = (account: string) => {
    const { had, wanted, lastTime } = histories.of(account);
    const names = (list: readonly number[]) => list.map((item) => items.nameOf(item));
    return { had: names(had), wanted: names(wanted), lastTime };
  };
  return { histories, named };
}

interface NaiveHistory {
  readonly account: string;
  readonly had: readonly string[];
  readonly wanted: readonly string[];
  readonly lastTime: number;
}

/** Every account's lists written anew at each event; the longest quiet first. */
function naiveHistories(records: readonly LogRecord[], limits: typeof unlimited): NaiveHistory[] {
  const indexed = new Set<string>();
  let accounts: NaiveHistory[] = [];
  for (const { event } of records) {
    const { item, time } = event;
    if (item === undefined) continue;
    if (indexed.size < limits.itemsMax) indexed.add(item);
    const { weight, had } = feedbackOf(event, rules);
    if (!indexed.has(item) || (weight === 0 && !had)) continue;
    const account = eventKey(event);
    const before = accounts.find((history) => history.account === account);
    const others = (list: readonly string[] = []) => list.filter((name) => name !== item);
    const pastHad = before?.had ?? [];
    const nowHad = had && !pastHad.includes(item) ? [...pastHad, item] : pastHad;
    const wantedBefore = before?.wanted ?? [];
    let wanted = wantedBefore;
    if (weight < 0) wanted = others(wantedBefore);
    if (weight > 0) wanted = [...others(wantedBefore), item];
    const history = {
      account,
      had: nowHad.slice(-limits.itemsPerAccountMax),
      wanted: wanted.slice(-wantedMax),
      lastTime: Math.max(time, before?.lastTime ?? time),
    };
    accounts = [...accounts.filter((other) => other.account !== account), history];
    accounts = accounts.slice(-limits.accountsMax);
  }
  return accounts;
}

describe("a session that logs in", () => {
  const act = (type: string, item: string, who: { account?: string; session?: string }) => ({
    type,
    time: streamTime,
    item,
    ...who,
  });
  const session = "s1";
  const anonymous = [
    act("like", "x", { session }),
    act("skip", "y", { session }),
    act("like", "z", { session }),
  ];

  it("brings its past along, after the account's own, and starts anew", () => {
    const { histories, named } = historiesOf(
      recordsOf([
        act("like", "z", { account: "a" }),
        act("like", "w", { account: "a" }),
        ...anonymous,
        { type: "access", time: streamTime, account: "a", session },
      ]),
    );
    expect(named("a")).toEqual({
      had: ["z", "w", "x", "y"],
      wanted: ["w", "x", "z"],
      lastTime: streamTime,
    });
    expect(histories.of("a").sessions).toEqual([session]);
    expect(named(session).had).toEqual([]);
    expect(histories.accountCount).toBe(1);
  });

  it("brings it to an account that did nothing yet, and once", () => {
    const login = act("like", "v", { account: "new", session });
    const { named, histories } = historiesOf(recordsOf([...anonymous, login, login]));
    expect(named("new").had).toEqual(["x", "y", "z", "v"]);
    expect(histories.of("new").sessions).toEqual([session]);
    const out = historiesOf(recordsOf([...anonymous, login, act("like", "u", { session })]));
    expect(out.named("new").had).toEqual(["x", "y", "z", "v"]);
    expect(out.named(session).had).toEqual(["u"]); // logged out
  });

  it("takes nothing from an account that is called like the session", () => {
    const { named } = historiesOf(
      recordsOf([
        act("like", "x", { account: session }),
        act("like", "y", { account: "a", session }),
        act("like", "z", { account: session, session }),
      ]),
    );
    expect(named(session).had).toEqual(["x", "z"]);
    expect(named("a").had).toEqual(["y"]);
  });

  it("keeps within the limits", () => {
    const limits = { ...unlimited, itemsPerAccountMax: 3 };
    const events = [
      act("like", "w", { account: "a" }),
      ...anonymous,
      act("view_content", "w", { account: "a", session }),
    ];
    expect(historiesOf(recordsOf(events), limits).named("a").had).toEqual(["x", "y", "z"]);
  });
});

describe("account histories", () => {
  it("are what a naive list of each account's events says, at any limit", () => {
    const limitsGiven = fc.record({
      itemsMax: fc.integer({ min: 1, max: 120 }),
      accountsMax: fc.integer({ min: 1, max: 12 }),
      itemsPerAccountMax: fc.integer({ min: 1, max: 100 }),
    });
    const sizes = fc.record({ seed: fc.nat(), count: fc.constantFrom(1, 40, 300) });
    fc.assert(
      fc.property(sizes, limitsGiven, fc.constantFrom(2, 10), (size, limits, accountCount) => {
        const records = feedbackStream({ ...size, accountCount, itemCount: 120 });
        const { histories, named } = historiesOf(records, limits);
        const expected = naiveHistories(records, limits);
        expect(histories.accountCount).toBe(expected.length);
        for (const { account, ...history } of expected) expect(named(account)).toEqual(history);
      }),
      { numRuns: 40 },
    );
  });

  it("hold what one account had, wanted, and no longer wants", () => {
    const time = streamTime;
    const records = recordsOf([
      { type: "like", time, account: "a", item: "x" },
      { type: "view_content", time: time + 1, account: "a", item: "y" }, // wanted, not had
      { type: "like", time: time + 2, account: "a", item: "z" },
      { type: "play", time: time + 3, account: "a", item: "short", seconds: 29 }, // as if skipped
      { type: "rate", time: time + 4, account: "a", item: "x" }, // the latest wanted, had before
      { type: "unlike", time: time - 9, account: "a", item: "z" },
      { type: "impression", time: time + 99, account: "a", item: "shown" }, // says nothing
      { type: "like", time, session: "s", item: "x" },
    ]);
    const { named, histories } = historiesOf(records);
    expect(named("a")).toEqual({
      had: ["x", "z", "short"],
      wanted: ["y", "x"],
      lastTime: time + 4,
    });
    expect(named("s")).toEqual({ had: ["x"], wanted: ["x"], lastTime: time });
    expect(histories.accountCount).toBe(2);
  });

  it("are empty for an account that did nothing", () => {
    const { named } = historiesOf([]);
    expect(named("nobody")).toEqual({ had: [], wanted: [], lastTime: Number.NaN });
  });

  it("keep the latest of what was wanted, up to the limit", () => {
    const likes = Array.from({ length: wantedMax + 3 }, (_, i) => ({
      type: "like",
      time: streamTime + i,
      account: "a",
      item: `item-${i}`,
    }));
    const { wanted, had } = historiesOf(recordsOf(likes)).named("a");
    expect(wanted).toEqual(likes.slice(-wantedMax).map(({ item }) => item));
    expect(had.length).toBe(wantedMax + 3);
  });

  it("forget the account that was quiet the longest", () => {
    const events = ["a", "b", "a", "c"].map((account, i) => ({
      type: "like",
      time: streamTime + i,
      account,
      item: "x",
    }));
    const { named } = historiesOf(recordsOf(events), { ...unlimited, accountsMax: 2 });
    expect(named("a").had).toEqual(["x"]);
    expect(named("b").had).toEqual([]);
    expect(named("c").had).toEqual(["x"]);
  });
});
