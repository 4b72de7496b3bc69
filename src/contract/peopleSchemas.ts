/** Who is behind accounts: what is asked and replied. */
import { Type } from "../core/index.ts";
import { accountStates, dayParts, recountReasons, weekdays } from "../engine/index.ts";
import { eventSchema } from "./schemas.ts";

const closed = { additionalProperties: false } as const;
const text = (description: string) =>
  Type.Optional(Type.String({ description, minLength: 1, maxLength: 256 }));
const said = (description: string) => Type.Optional(Type.String({ description }));
const time = (description: string) =>
  Type.Number({ description: `${description} Epoch milliseconds.` });
const cell = (description: string) =>
  Type.Union([Type.Integer(), Type.Null()], {
    description: `${description} null: too few to be told.`,
  });

const usageClasses = ["single", "family", "homes", "resold"] as const;

export const peopleQuery = Type.Object(
  {
    sessions: Type.Boolean({
      description: "Whether the sessions that are kept come as well: for an access request.",
      default: false,
    }),
    tree: Type.Boolean({
      description: "Whether the tree of the plain method over its sessions comes as well.",
      default: false,
    }),
  },
  closed,
);

export const summaryQuery = Type.Object(
  {
    weeks: Type.Integer({
      description: "So many of the last weeks are told one by one.",
      default: 0,
      minimum: 0,
      maximum: 52,
    }),
  },
  closed,
);

const placeSchema = Type.Object(
  {
    city: said("City."),
    state: said("State or region."),
    country: said("ISO 3166-1."),
    sessions: Type.Integer({ description: "That were there." }),
  },
  { title: "PersonPlace" },
);

const personSchema = Type.Object(
  {
    person: Type.Integer({
      description: "A number of the account's own, which keeps from count to count.",
    }),
    sessions: Type.Integer({ description: "Of those that are kept." }),
    devices: Type.Array(Type.String(), { description: "Most used first; up to 20." }),
    places: Type.Array(placeSchema, { description: "Cities, most often first; up to 20." }),
    firstSeen: time("Start of the first session that is kept."),
    lastSeen: time("And of the last."),
    isActive: Type.Boolean({
      description: "Whether there was a session in the last eight weeks, by log time.",
    }),
  },
  { title: "Person" },
);

const sessionSchema = Type.Object(
  {
    session: Type.String({ description: "Its token." }),
    start: time("Of its first event."),
    lastAction: Type.Optional(time("Absent where nothing was done in it.")),
    hourOfWeek: Type.Optional(
      Type.Integer({ description: "Local hour from Monday 0:00, 0 to 167." }),
    ),
    device: said("Device id."),
    city: said("City."),
    state: said("State or region."),
    zip: said("Postal code."),
    country: said("ISO 3166-1."),
    timeZone: said("IANA name."),
    actions: Type.Array(
      Type.Object(
        {
          time: time("When."),
          action: Type.String({ description: "Type of the event." }),
          genre: said("Of what it was about."),
        },
        { title: "SessionAction" },
      ),
      { description: "In order of time; the first 50." },
    ),
    person: Type.Optional(Type.Integer({ description: "Absent where it is nobody's known." })),
    confidence: Type.Optional(Type.Number({ description: "That it is that person's." })),
    isBeyond: Type.Boolean({
      description: "Whether it fits nobody: someone new, or somebody travelling.",
    }),
  },
  { title: "PersonSession" },
);

const treeSchema = Type.Object(
  {
    cut: Type.Number({
      description: "Below this height sessions are one person's, to the plain method.",
    }),
    leaves: Type.Array(
      Type.Object(
        {
          sessions: Type.Integer({ description: "That are told as one." }),
          device: said("The most common."),
          city: said("The most common."),
          persons: Type.Array(
            Type.Object(
              {
                person: Type.Integer({ description: "By the count; 0: nobody's that is known." }),
                sessions: Type.Integer(),
              },
              { title: "TreeLeafPerson" },
            ),
          ),
        },
        { title: "TreeLeaf" },
      ),
      { description: "Up to 40: what lies nearest is folded into one." },
    ),
    merges: Type.Array(
      Type.Object(
        {
          first: Type.Integer({
            description: "A node: leaves from 0 on, then what each merge made.",
          }),
          second: Type.Integer({ description: "The other." }),
          height: Type.Number({ description: "Mean distance between their sessions, 0 to 1." }),
        },
        { title: "TreeMerge" },
      ),
      { description: "From the lowest." },
    ),
  },
  {
    title: "SessionTree",
    description:
      "Average linkage under weighted Hamming distance. The count itself looks at more; see docs/PEOPLE.md.",
  },
);

export const accountPeopleSchema = Type.Object(
  {
    account: Type.String(),
    state: Type.Enum([...accountStates], {
      type: "string",
      description: "waiting: it has too few sessions; optedOut: its property `people` is false.",
    }),
    sessions: Type.Integer({ description: "That are kept." }),
    people: Type.Optional(
      Type.Integer({
        description: "How many are behind it. This and what follows: where it is counted.",
      }),
    ),
    low: Type.Optional(
      Type.Integer({ description: "Of the shortest interval that holds 90 % of the probability." }),
    ),
    high: Type.Optional(Type.Integer({ description: "The same." })),
    probability: Type.Optional(Type.Number({ description: "Of exactly `people`." })),
    probabilities: Type.Optional(
      Type.Array(Type.Number(), { description: "Of 1, of 2, and so on." }),
    ),
    class: Type.Optional(
      Type.Enum([...usageClasses], {
        type: "string",
        description:
          "family: several people in one home; homes: in separate homes; resold: strangers far apart.",
      }),
    ),
    evidence: Type.Optional(
      Type.String({ description: "What speaks for it, in words. Never a verdict." }),
    ),
    countedAt: Type.Optional(time("Log time of the count.")),
    countedSessions: Type.Optional(Type.Integer({ description: "Of how many sessions." })),
    persons: Type.Array(personSchema),
    activePersons: Type.Integer({ description: "How many of them are." }),
    beyondSessions: Type.Integer({
      description: "Sessions since the count that fit nobody who was counted.",
    }),
    recount: Type.Optional(
      Type.Enum([...recountReasons], {
        type: "string",
        description:
          "Why it is counted again when its next session begins. first: it never was; beyond: too many sessions fit nobody; " +
          "new: half of the sessions came since; age: the count is too old.",
      }),
    ),
    staleness: Type.Optional(
      Type.Object(
        {
          sessions: Type.Integer({ description: "Since the count." }),
          expectedWrong: Type.Number({
            description:
              "Sessions that will go to the wrong person before the count is too old, as those that fit nobody say.",
          }),
          drift: Type.Record(Type.String(), Type.Number(), {
            description:
              "Population stability index since the count, by column: below 0.1 little has changed, above 0.25 much.",
          }),
        },
        { title: "PeopleStaleness" },
      ),
    ),
    list: Type.Optional(
      Type.Array(sessionSchema, { description: "With `sessions=true`; in order of time." }),
    ),
    tree: Type.Optional(treeSchema),
  },
  { title: "AccountPeople" },
);

export const peopleSummarySchema = Type.Object(
  {
    people: Type.Record(Type.String(), cell("Accounts."), {
      description: "Counted accounts by how many people are behind them.",
    }),
    expected: Type.Record(
      Type.String(),
      Type.Object(
        {
          mean: Type.Number({ description: "Accounts." }),
          deviation: Type.Number({ description: "Standard deviation of that." }),
        },
        { title: "ExpectedAccounts" },
      ),
      {
        description:
          "The same by the probabilities of each count, which know how sure they are; only of cells that are told.",
      },
    ),
    classes: Type.Record(Type.String(), cell("Accounts."), {
      description: "The same by how they are used.",
    }),
    counted: cell("Accounts that are counted."),
    waiting: cell("Accounts that have sessions, and are not counted yet."),
    optedOut: cell("Accounts that are never counted."),
    due: cell("Accounts that are counted again with their next session."),
    expectedWrong: Type.Integer({
      description: "Sessions that would go to the wrong person if no account were counted again.",
    }),
    ageing: Type.Union(
      [
        Type.Object(
          {
            runCost: Type.Number({ description: "Of one account." }),
            accounts: Type.Integer({ description: "That are counted." }),
            growth: Type.Number({ description: "Wrong sessions a day, for each day of age." }),
            bestDays: Type.Union([Type.Number(), Type.Null()], {
              description: "The age at which it costs the least; null: nothing goes wrong.",
            }),
            ageDaysMax: Type.Number({ description: "`people.ageDaysMax`." }),
          },
          { title: "PeopleAgeing" },
        ),
        Type.Null(),
      ],
      {
        description:
          "What a day costs if every account is counted anew at the same age, in sessions that are given to the wrong person: " +
          "accounts · runCost / age + growth · age. null: too few are counted.",
      },
    ),
    weeks: Type.Optional(
      Type.Array(
        Type.Object(
          {
            start: time("Of the week; the last ends with the newest record."),
            people: Type.Record(Type.String(), cell("Accounts."), {
              description:
                "Counted accounts with a session in it, by how many of their people had one.",
            }),
          },
          { title: "PeopleWeek" },
        ),
        { description: "With `weeks`; the oldest first." },
      ),
    ),
    suppressBelow: Type.Integer({
      description:
        "Smaller numbers are not told; nor is the next larger one of a table where one alone would not be.",
    }),
    logTime: time("Of the newest record that is in it; 0: none."),
  },
  { title: "PeopleSummary" },
);

export const assignSchema = Type.Object(
  {
    account: Type.String({ description: "Whose session it is.", minLength: 1, maxLength: 256 }),
    device: text("Device id."),
    location: eventSchema.properties.location,
    time: Type.Optional(
      Type.Union([Type.Integer(), Type.String({ format: "date-time" })], {
        description: "When it began: epoch milliseconds, or RFC 3339.",
      }),
    ),
    day: Type.Optional(
      Type.Enum([...weekdays], {
        type: "string",
        description: "Where no `time` is given: the local day …",
      }),
    ),
    part: Type.Optional(
      Type.Enum([...dayParts], {
        type: "string",
        description: "… and the part of it. From 0, 6, 12 and 18 o'clock.",
      }),
    ),
    items: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 256 }), {
        description: "That were played in it.",
        maxItems: 50,
      }),
    ),
  },
  { title: "NewSession", ...closed },
);

export const assignedSchema = Type.Object(
  {
    account: Type.String(),
    person: Type.Integer({ description: "Whom it fits best." }),
    confidence: Type.Number({ description: "That it is that person's, of those who are known." }),
    isBeyond: Type.Boolean({
      description: "Whether it fits nobody: someone new, or somebody travelling.",
    }),
  },
  { title: "AssignedSession" },
);
