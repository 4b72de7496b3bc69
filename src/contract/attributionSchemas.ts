/** Which touches earned which conversions: what is asked and replied. */
import { type TSchema, Type } from "../core/index.ts";
import { journeyKinds, markovOrders } from "../engine/index.ts";

const closed = { additionalProperties: false } as const;
const text = (description: string, maxLength = 1000) =>
  Type.Optional(Type.String({ description, minLength: 1, maxLength }));
const words = (description: string) => ({ type: "string", description }) as const;
const list = (description: string) => text(`${description} With commas between them.`);
const day = (description: string) =>
  Type.Optional(Type.String({ description, pattern: "^\\d{4}-\\d{2}-\\d{2}$" }));
const number = (description: string) => Type.Number({ description });
const whole = (description: string) => Type.Integer({ description });
const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const logTime = number("Of the newest record that is in it, epoch milliseconds; 0: there is none.");

const asked = {
  events: list(
    "Event types that count as conversions, of `attribution.conversions`. Default: all of those.",
  ),
  currency: Type.Optional(
    Type.String({
      description:
        "Of the report, ISO 4217. Default: that of the events, where they have one alone.",
      pattern: "^[A-Z]{3}$",
    }),
  ),
  rates: text(
    "What a unit of each currency is worth: `EUR=1,USD=0.92`. Needed where events have several.",
  ),
};

export const compareQuery = Type.Object(
  {
    click: list("Click windows, such as `1d`, `12h`, `off`. Default: 1d,7d,14d,28d."),
    engaged: list("Engaged-view windows. Default: off,1d,7d."),
    view: list("View windows. Default: off,1d,7d."),
    current: text("What all is compared with: click/engaged view/view. Default: 7d/1d/1d."),
    count: Type.Optional(
      Type.Enum(
        ["every", "once"],
        words("Each conversion, or the first of a touch and event type. Default: every."),
      ),
    ),
    basis: Type.Optional(
      Type.Enum(
        ["touch", "conversion"],
        words("Whose time decides day, week and month. Default: touch."),
      ),
    ),
    by: list(
      "A row for each of: channel, advertiser, campaign, group, creative, account, day, week, month.",
    ),
    only: list(
      "Rows that are told, such as `campaign=summer`; of channel, advertiser, campaign, group, creative. Several of one key: any of them. " +
        "It changes nothing of who earned what. What nobody earned stays.",
    ),
    from: day("First day that is told, by `basis`, UTC, such as `2026-06-01`."),
    to: day("Last day that is told, included."),
    ...asked,
  },
  closed,
);

const journeys = {
  events: asked.events,
  lookback: text("Touches at most so long before the conversion. Default: 30d."),
  touches: list("Kinds of touches: click, engaged, view, visit. Default: all of them."),
  journey: Type.Optional(
    Type.Enum(
      [...journeyKinds],
      words(
        "full: all touches in the look-back; reset: those after the previous conversion. Default: full.",
      ),
    ),
  ),
};

const dimension = text(
  "What a channel is: channel, advertiser, campaign, group or creative. Default: channel.",
);

export const pathsQuery = Type.Object(
  {
    ...journeys,
    by: dimension,
    currency: asked.currency,
    rates: asked.rates,
    top: Type.Integer({
      description: "Paths that are listed.",
      default: 20,
      minimum: 1,
      maximum: 1000,
    }),
  },
  closed,
);

export const creditQuery = Type.Object(
  {
    ...journeys,
    by: dimension,
    currency: asked.currency,
    rates: asked.rates,
    model: list("Models. Default: all but shapley-ordered, simplified-shapley-ordered and dda."),
    order: Type.Optional(
      Type.Enum([...markovOrders], words("Touches that the Markov chain remembers. Default: 1.")),
    ),
    position: text("First touch/those between/last touch. Default: 40/20/40."),
    direct: text("The channel that last-non-direct passes over. Default: direct.", 256),
    "half-life": text("After so long a touch weighs half under time-decay. Default: 7d."),
  },
  closed,
);

export const timeToConversionQuery = Type.Object(journeys, closed);

const group = Type.Union(
  [Type.String(), Type.Record(Type.String(), orNull(Type.String())), Type.Null()],
  {
    description:
      "A name; with several keys the name of each; null without keys, and of what nobody earned.",
  },
);

const cellSchema = Type.Object(
  {
    click: Type.String({ description: "Windows as they were given." }),
    engaged: Type.String(),
    view: Type.String(),
    event: Type.String({ description: "Event type; `*`: all." }),
    by: group,
    conversions: whole("That a touch earned."),
    byClick: whole("Of them by a click."),
    byEngagedView: whole("By an engaged view."),
    byView: whole("By a view."),
    value: number("Of these conversions."),
    cost: number("Of all touches of the row."),
    cpa: orNull(number("Cost of a conversion.")),
    roas: orNull(number("Value by cost.")),
    changeVsCurrent: orNull(number("Conversions by those of the current setting, less 1.")),
    unattributed: whole("Conversions that nobody earned."),
    unattributedValue: number("And their value."),
    repeats: whole("Under once: what a touch earned beyond the first."),
    repeatsValue: number("And their value."),
    missedBySameSession: orNull(
      number("Share of the conversions that a last click in the same session does not count."),
    ),
  },
  { title: "AttributionCell" },
);

const names = (description: string) => Type.Array(Type.String(), { description });
const told = { description: "What was asked, with the defaults." };
const currency = orNull(Type.String({ description: "Of amounts; null: no event names one." }));

const key = Type.String({ description: "Who is credited together: account or person." });

const journeySettings = {
  key,
  events: names("That count as conversions."),
  lookbackMs: number("Longest time before a conversion."),
  journey: Type.String({ description: "full or reset." }),
  touches: orNull(names("Kinds of touches; null: all.")),
};

const sumsSettings = {
  ...journeySettings,
  by: Type.String({ description: "What a channel is." }),
  currency,
};

export const comparisonSchema = Type.Object(
  {
    cells: Type.Array(cellSchema, {
      description: "By windows in the order in which they were given, then event, then group.",
    }),
    sameSession: Type.Array(
      Type.Object(
        {
          event: Type.String(),
          by: group,
          conversions: whole("That have their last click in their own session."),
          value: number("Theirs."),
        },
        { title: "SameSessionRow" },
      ),
      { description: "What analytics of the last click in the same session count." },
    ),
    settings: Type.Object(
      {
        click: names("Click windows."),
        engaged: names("Engaged-view windows."),
        view: names("View windows."),
        current: Type.String({ description: "What all is compared with." }),
        count: Type.String({ description: "every or once." }),
        basis: Type.String({ description: "touch or conversion." }),
        by: names("Keys of rows."),
        only: names("Rows that are told; none: all."),
        from: orNull(Type.String({ description: "First day that is told; null: all." })),
        to: orNull(Type.String({ description: "Last day." })),
        events: journeySettings.events,
        key,
        currency,
      },
      { title: "CompareSettings", ...told },
    ),
    logTime,
  },
  { title: "AttributionComparison" },
);

const creditRowSchema = Type.Object(
  {
    channel: orNull(
      Type.String({ description: "null: journeys without a click, under last-click." }),
    ),
    conversions: number("That it is credited with."),
    value: number("And their value."),
    removalEffect: Type.Optional(
      number("Of markov: the share of the conversions that would be lost without it."),
    ),
    valueRemovalEffect: Type.Optional(number("The same of value.")),
    standardError: Type.Optional(
      number("Of shapley beyond 20 channels, where it is drawn by chance."),
    ),
    valueStandardError: Type.Optional(number("The same of value.")),
    position: Type.Optional(whole("Of the ordered models: place in the path, from 1.")),
  },
  { title: "CreditRow" },
);

export const creditSchema = Type.Object(
  {
    models: Type.Record(Type.String(), orNull(Type.Array(creditRowSchema)), {
      description: "By model, by name of the channel.",
    }),
    totals: Type.Object(
      {
        conversions: number("All."),
        value: number("Theirs."),
        unattributed: number("Conversions that no touch came before."),
        unattributedValue: number("Their value."),
        nulls: number("Journeys that did not convert."),
      },
      { title: "CreditTotals" },
    ),
    markov: Type.Optional(
      Type.Object(
        {
          order: whole("Of the chain."),
          states: whole("Of the chain."),
          conversionProbability: number("Conversions by journeys with touches."),
          errorBound: number("Of the solution."),
          orders: Type.Optional(
            Type.Array(
              Type.Object(
                {
                  order: Type.Integer(),
                  auc: number("How well paths that convert are told from others."),
                  penalisedAuc: number("Less what states beyond need cost."),
                },
                { title: "OrderScore" },
              ),
              { description: "With order=auto: how each did." },
            ),
          ),
        },
        { title: "MarkovFacts" },
      ),
    ),
    settings: Type.Object(
      {
        ...sumsSettings,
        halfLifeMs: number("Of time-decay."),
        models: names("Models."),
        order: Type.Optional(Type.String({ description: "Of markov, where it was asked." })),
        position: Type.Optional(
          Type.Object(
            { first: Type.Number(), middle: Type.Number(), last: Type.Number() },
            { title: "PositionWeights", description: "Where they were asked." },
          ),
        ),
        direct: Type.Optional(Type.String({ description: "Where it was asked." })),
      },
      { title: "CreditSettings", ...told },
    ),
    logTime,
  },
  { title: "AttributionCredit" },
);

const pathAmounts = {
  conversions: number("That it led to."),
  value: number("Theirs."),
};

export const pathsSchema = Type.Object(
  {
    totals: Type.Object(
      {
        paths: whole("Different ones."),
        ...pathAmounts,
        nulls: number("Journeys that did not convert."),
      },
      { title: "PathTotals" },
    ),
    topPaths: Type.Array(
      Type.Object(
        {
          path: Type.Array(Type.String(), { description: "Channels, the first touch first." }),
          ...pathAmounts,
          nulls: number("How often it did not convert."),
        },
        { title: "Path" },
      ),
      { description: "The most conversions first." },
    ),
    touchesToConversion: Type.Object(
      {
        mean: orNull(Type.Number()),
        median: orNull(Type.Number()),
        percentile80: orNull(Type.Number()),
        histogram: Type.Array(
          Type.Object({ touches: Type.Integer(), ...pathAmounts }, { title: "TouchesBucket" }),
        ),
      },
      { title: "TouchesToConversion" },
    ),
    channels: Type.Array(
      Type.Object(
        {
          channel: Type.String(),
          direct: number("Conversions of paths that end in it."),
          directValue: number("Theirs."),
          assisted: number("Conversions of paths that have it, and end in another."),
          assistedValue: number("Theirs."),
          removalEffect: number(
            "Share of the conversions that would be lost without it, by Markov of order 1.",
          ),
          valueRemovalEffect: number("The same of value."),
        },
        { title: "ChannelFacts" },
      ),
    ),
    overlap: Type.Array(
      Type.Object(
        {
          channels: Type.Array(Type.String(), { description: "Two." }),
          journeys: number("That have both, converting or not."),
          ...pathAmounts,
        },
        { title: "ChannelOverlap" },
      ),
    ),
    transitions: Type.Array(
      Type.Object(
        {
          from: Type.String({ description: "A channel, or (start)." }),
          to: Type.String({ description: "A channel, (conversion) or (null)." }),
          count: number("How often."),
          probability: number("Of those that leave."),
        },
        { title: "Transition" },
      ),
    ),
    settings: Type.Object(
      { ...sumsSettings, top: whole("Paths that are listed.") },
      { title: "PathsSettings", ...told },
    ),
    logTime,
  },
  { title: "AttributionPaths" },
);

const spreadOf = (description: string) =>
  orNull(
    Type.Object(
      {
        mean: Type.Number(),
        median: Type.Number(),
        percentile80: number("80 % are at most this."),
        histogram: Type.Array(
          Type.Object(
            { from: number("Of the bucket."), conversions: whole("In it.") },
            { title: "SpreadBucket" },
          ),
          { description: "Buckets that have any." },
        ),
      },
      { title: "Spread", description },
    ),
  );

export const timeToConversionSchema = Type.Object(
  {
    rows: Type.Array(
      Type.Object(
        {
          event: Type.String({ description: "Event type; `*`: all." }),
          conversions: whole("With a touch before them."),
          unattributed: whole("Without."),
          fromFirstTouch: spreadOf("Milliseconds, in buckets of a day. null: no conversions."),
          fromLastTouch: spreadOf("Milliseconds, in buckets of a day. null: no conversions."),
          touches: spreadOf("Touches. null: no conversions."),
        },
        { title: "TimeToConversionRow" },
      ),
      { description: "`*`, then each event type." },
    ),
    settings: Type.Object(journeySettings, { title: "JourneySettings", ...told }),
    logTime,
  },
  { title: "TimeToConversion" },
);
