/** That every view of this folder keeps the view contract, at its limits too. */
import { hash32, hourMs } from "../core/index.ts";
import type { Event, LogRecord } from "../event/index.ts";
import { feedbackStream } from "../testing/feedbackStream.ts";
import { viewConformance } from "../testing/viewConformance.ts";
import { ViewGroup } from "../testing/viewGroup.ts";
import { AccountHistories } from "./accountHistories.ts";
import { CoOccurrence } from "./coOccurrence.ts";
import { defaultFeedbackRules, ItemIndex, StreamState, Trends } from "./index.ts";
import { Persons } from "./persons.ts";

const shared = { partitionCount: 4, rules: defaultFeedbackRules };
/** Below what the stream holds, so that every limit is reached. */
const limits = {
  itemsMax: 30,
  accountsMax: 5,
  itemsPerAccountMax: 6,
  accountPropertiesBytesMax: 900,
};
const records = feedbackStream({ seed: 1, count: 400, accountCount: 12, itemCount: 40 });

const makeItems = (): ItemIndex => new ItemIndex({ ...shared, ...limits });
const makeHistories = (items: ItemIndex): AccountHistories =>
  new AccountHistories(items, { ...shared, ...limits });

/** Of eight accounts and two wishes, over sessions that come again, so that every limit is reached. */
function personsStream(): LogRecord[] {
  return Array.from({ length: 400 }, (_, n): LogRecord => {
    const account = `a${(n * 7) % 8}`;
    const event: Event =
      n % 97 === 96
        ? { type: "account_set", time: n, account, context: { people: "false" } }
        : {
            type: n % 89 === 88 ? "erase" : "person_assigned",
            time: n,
            account,
            session: `s${(n * 13) % 150}`,
            context: { person: n % 3 },
          };
    return { partition: hash32(account) % 4, offset: n, logTime: n, event };
  });
}

viewConformance("items", { records, makeView: makeItems });

viewConformance("trends", {
  records,
  makeView: () => {
    const items = makeItems();
    const halfLivesMs = [hourMs, 24 * hourMs, Number.POSITIVE_INFINITY];
    return new ViewGroup(items, new Trends(items, { ...shared, halfLivesMs, leadersMax: 7 }));
  },
});

viewConformance("histories", {
  records,
  makeView: () => {
    const items = makeItems();
    return new ViewGroup(items, makeHistories(items));
  },
});

for (const [name, options] of [
  ["together", { reach: 5, gapMaxMs: Number.POSITIVE_INFINITY, directed: false }],
  ["next", { reach: 1, gapMaxMs: hourMs, directed: true }],
] as const) {
  viewConformance(`co-occurrence, ${name}`, {
    records,
    makeView: () => {
      const items = makeItems();
      const histories = makeHistories(items);
      const pairs = { ...shared, ...options, name, neighboursMax: 6, shrinkage: 10 };
      return new ViewGroup(items, new CoOccurrence(items, histories, pairs), histories);
    },
  });
}

viewConformance("persons", {
  records: personsStream(),
  makeView: () => new Persons({ ...shared, ...limits }),
});

viewConformance("the state of the stream", {
  records,
  makeView: () => new StreamState({ ...shared, ...limits }),
});
