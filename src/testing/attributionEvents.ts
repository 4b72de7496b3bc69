/** Random events of attribution, as fast-check makes them: few names, so that ties, duplicates, links and logins are common. */
import * as fc from "fast-check";
import { dayMs } from "../core/index.ts";
import type { Event } from "../event/index.ts";

/** Accounts and sessions may have the same names, and some differ by UTF-8 and not by UTF-16. */
const names = ["a", "b", "c", "😀", "\uffee"];

/** Around the edges of windows. */
const times = fc.oneof(
  fc.integer({ min: 0, max: 12 }).map((days) => days * dayMs),
  fc.integer({ min: 0, max: 12 * 24 }).map((hours) => hours * 3_600_000),
  fc.integer({ min: 0, max: 3 }).map((ms) => 7 * dayMs + ms - 1),
);

const ads = fc.record(
  {
    channel: fc.constantFrom("social", "search"),
    campaign: fc.constantFrom("c1", "c2"),
    cost: fc.constantFrom(0, 0.25, 1.1, 19.99),
  },
  { requiredKeys: ["channel"] },
);

const who = fc.oneof(
  { weight: 5, arbitrary: fc.record({ account: fc.constantFrom(...names) }) },
  { weight: 2, arbitrary: fc.record({ session: fc.constantFrom(...names) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      account: fc.constantFrom(...names),
      session: fc.constantFrom(...names),
    }),
  },
);

const common = fc.record(
  {
    time: times,
    id: fc.constantFrom("1", "2", "3", "10", "é", "😀", "\uffee"),
    source: fc.constantFrom("web", "app"),
  },
  { requiredKeys: ["time"] },
);

const touches = fc.record({
  type: fc.constantFrom("ad_click", "ad_engaged_view", "ad_impression", "visit"),
  ad: ads,
});

const conversions = fc.record(
  {
    type: fc.constantFrom("purchase", "subscribe"),
    value: fc.constantFrom(0, 1, 0.1, 19.99, -3),
  },
  { requiredKeys: ["type"] },
);

const what = fc.oneof(
  { weight: 6, arbitrary: touches },
  { weight: 4, arbitrary: conversions },
  { weight: 1, arbitrary: fc.constant({ type: "access" }) },
);

const links = fc.record({
  type: fc.constant("link"),
  time: times,
  account: fc.constantFrom(...names),
  context: fc.record({ account: fc.constantFrom(...names) }),
});

export const attributionEvents: fc.Arbitrary<Event[]> = fc.array(
  fc.oneof(
    {
      weight: 30,
      arbitrary: fc.tuple(common, who, what).map((parts) => Object.assign({}, ...parts) as Event),
    },
    { weight: 1, arbitrary: links },
  ),
  { maxLength: 60, size: "max" },
);
