/** What `foldback demo` tells beside the contract of every service: what is true of its simulated world, and what the engine says. */
import { Type } from "../core/index.ts";

const orNull = (description: string) => Type.Union([Type.Number(), Type.Null()], { description });
const count = (description: string) => Type.Integer({ description, minimum: 0 });
const time = (description: string) =>
  Type.Integer({ description: `${description}, epoch milliseconds of the simulated world.` });

const clockSchema = Type.Object(
  {
    start: time("Midnight of the first day"),
    began: time("When the stream began: what is before was learned at once"),
    now: time("Up to which events have been sent"),
    end: time("When nothing happens any more"),
    speed: Type.Number({ description: "Simulated seconds a second." }),
    isPaused: Type.Boolean(),
    isOver: Type.Boolean({ description: "Whether the end has been reached." }),
    events: count("Sent to the engine."),
  },
  { title: "DemoClock" },
);

const whoSchema = Type.Object(
  {
    accounts: count("Of households."),
    counted: count("With enough sessions to be counted; what follows is of these."),
    exact: orNull("Share of accounts whose number of people is right."),
    within: orNull("Share whose true number is within the interval that is to hold it in 9 of 10."),
    meanAbsoluteError: orNull("Of the number of people."),
    alwaysOne: Type.Object(
      { exact: orNull("The same."), meanAbsoluteError: orNull("The same.") },
      { title: "DemoAlwaysOne", description: "Had one person been said of every account." },
    ),
    distribution: Type.Array(
      Type.Object(
        {
          people: count("So many; of the last row, so many and more."),
          truth: count("Accounts that have so many."),
          found: count("Accounts of which the engine says so."),
        },
        { title: "DemoPeopleCount" },
      ),
    ),
    sessions: count("Of counted accounts, as the engine keeps them."),
    sessionsRight: orNull("Share of them that the engine gave to the right person."),
  },
  { title: "DemoWho" },
);

const foretold = {
  truth: Type.Number({ description: "By the probability that decided it: nobody can do better." }),
  live: Type.Number({ description: "By the engine, before it was shown." }),
  frozen: Type.Number({
    description: "By a copy of the engine that learned no more when the stream began.",
  }),
  popular: Type.Number({ description: "By how much a song is played of late, whoever listens." }),
};
const aucSchema = Type.Object(foretold, { title: "DemoAuc" });

const worth = (description: string) => Type.Number({ description });

const whatSchema = Type.Object(
  {
    impressions: count("That were foretold, and whose outcome is known."),
    auc: Type.Union([aucSchema, Type.Null()], {
      description: "Area under the ROC curve of played against not, over the latest 10,000.",
    }),
    points: Type.Array(
      Type.Object({ time: time("As of"), ...foretold }, { title: "DemoAucPoint" }),
      { description: "The same as time went by, every six hours." },
    ),
    lists: count("Whose worth was measured."),
    worth: Type.Union(
      [
        Type.Object(
          {
            live: worth("Of the engine's list."),
            frozen: worth("Of that of the copy."),
            popular: worth("Of the songs that are played most and the listener has not had."),
            best: worth("Of the songs that the listener likes most and has not had."),
            any: worth("Of any song."),
          },
          { title: "DemoWorth" },
        ),
        Type.Null(),
      ],
      {
        description:
          "True probability that the listener plays a song of a list of eight: a mean over the latest 1,000 lists.",
      },
    ),
  },
  { title: "DemoWhat" },
);

const byModel = Type.Record(Type.String(), Type.Number(), { description: "By model." });

const whySchema = Type.Object(
  {
    conversions: count("Purchases and subscriptions."),
    caused: count("Of them, those that would not have happened without ads."),
    campaigns: Type.Array(
      Type.Object(
        {
          campaign: Type.String(),
          channel: Type.String(),
          audience: Type.String({
            description: "`intent`: shown the more, the more somebody converts anyway.",
          }),
          effect: Type.Number({ description: "Of a click, in truth; 0: none." }),
          caused: count("Conversions that would not have happened without it."),
          credit: byModel,
        },
        { title: "DemoCampaign" },
      ),
    ),
    errors: Type.Union([byModel, Type.Null()], {
      description: "Σ |credit − caused| ÷ Σ caused; 0 is right.",
    }),
    lift: Type.Union(
      [
        Type.Object(
          {
            test: count("Accounts that see ads."),
            control: count("Accounts that are kept from them, by lot."),
            estimate: Type.Number({ description: "Conversions that ads have added." }),
            low: Type.Number({ description: "Of its 95 % interval." }),
            high: Type.Number({ description: "The same." }),
            truth: Type.Number({ description: "What they have added." }),
          },
          { title: "DemoLift" },
        ),
        Type.Null(),
      ],
      { description: "By comparison with accounts that are kept from ads." },
    ),
  },
  { title: "DemoWhy" },
);

const homeSchema = Type.Object(
  {
    account: Type.String(),
    people: count("In truth."),
    found: Type.Optional(
      Type.Object(
        {
          people: count("As the engine says."),
          low: count("Of its interval."),
          high: count("The same."),
          probability: Type.Number({ description: "Of exactly so many, as it says." }),
          evidence: Type.String({ description: "What speaks for it." }),
          sessions: count("That the engine keeps."),
          sessionsRight: count("Of them, given to the right person."),
        },
        { title: "DemoFound" },
      ),
    ),
    trueSessions: Type.Array(Type.Integer(), { description: "By true person." }),
    foundSessions: Type.Array(Type.Integer(), { description: "By person as the engine has them." }),
  },
  { title: "DemoHome" },
);

const listenerSchema = Type.Object(
  {
    account: Type.String(),
    people: count("In truth."),
    genres: Type.Array(
      Type.Object(
        {
          genre: Type.String(),
          truth: Type.Number({ description: "Share of the songs that its people like most now." }),
          found: Type.Number({ description: "Share of as many songs in its list." }),
        },
        { title: "DemoGenre" },
      ),
    ),
    list: Type.Array(
      Type.Object(
        {
          item: Type.String(),
          title: Type.String(),
          genre: Type.String(),
          probability: Type.Number({ description: "In truth, that it is played." }),
        },
        { title: "DemoSong" },
      ),
      { description: "The top of its list." },
    ),
  },
  { title: "DemoListener" },
);

export const demoSchema = Type.Object(
  {
    clock: clockSchema,
    who: whoSchema,
    what: whatSchema,
    why: whySchema,
    home: Type.Union([homeSchema, Type.Null()]),
    listener: Type.Union([listenerSchema, Type.Null()]),
  },
  { title: "Demo" },
);

const name = (description: string) =>
  Type.Optional(Type.String({ description, minLength: 1, maxLength: 256 }));

export const demoQuery = Type.Object(
  {
    home: name("A household, as `h7`; by default the one with the most sessions."),
    account: name("A listener, as `a7`; by default the one with the most sessions."),
  },
  { additionalProperties: false },
);

export const demoChangeSchema = Type.Object(
  {
    speed: Type.Optional(
      Type.Number({ description: "Simulated seconds a second.", minimum: 1, maximum: 14_400 }),
    ),
    isPaused: Type.Optional(Type.Boolean()),
  },
  { title: "DemoChange", additionalProperties: false },
);

export const demoClockSchema = clockSchema;
