/** Settings of experiments: what is compared, and how it is measured. */
import { type Static, Type } from "../../core/index.ts";
import { candidateSources } from "../../recommend/index.ts";
import { closed } from "../settingTypes.ts";

/** What the verdict of an experiment can go by: docs/EXPERIMENTATION.md says how each is counted. */
export const metricNames = ["acted", "actions", "worth", "requests"] as const;
export type MetricName = (typeof metricNames)[number];

/** Of experiments and variants: what needs no quotes anywhere. */
export const namePattern = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$";

const whole = (description: string, minimum: number, maximum: number) =>
  Type.Optional(Type.Integer({ description, minimum, maximum }));
const number = (description: string, minimum: number, maximum: number) =>
  Type.Optional(Type.Number({ description, minimum, maximum }));
const text = (description: string, maxLength: number) =>
  Type.Optional(Type.String({ description, minLength: 1, maxLength }));
const names = (description: string) =>
  Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { description, maxItems: 500 }),
  );

const candidates = Type.Object(
  Object.fromEntries(
    candidateSources.map((source) => [source, whole(`As \`serving.candidates\`.`, 0, 500)]),
  ) as Record<(typeof candidateSources)[number], ReturnType<typeof whole>>, // one for each
  { ...closed, description: "In place of those of `serving.candidates`." },
);

const exploration = Type.Object(
  {
    policy: Type.Optional(
      Type.Union([Type.Literal("none"), Type.Literal("thompson")], {
        description: "As `serving.exploration`.",
      }),
    ),
    spread: number("As `serving.exploration`.", 0.001, 10),
    epsilon: number("As `serving.exploration`.", 0, 1),
    newItems: Type.Optional(
      Type.Object(
        {
          share: number("As `serving.exploration`.", 0, 1),
          place: whole("As `serving.exploration`.", 0, 499),
          shownMax: whole("As `serving.exploration`.", 1, 1_000_000_000),
        },
        closed,
      ),
    ),
  },
  { ...closed, description: "In place of those of `serving.exploration`." },
);

const rules = Type.Object(
  {
    filter: text("As in requests.", 4096),
    boost: text("As in requests.", 4096),
    categories: names("As in requests."),
    exclude: names("As in requests."),
    pinned: names("As in requests."),
    artistMax: whole("As in requests.", 1, 500),
    categoryMax: whole("As in requests.", 1, 500),
    diversity: number("As in requests.", 0, 1),
  },
  {
    ...closed,
    description:
      "Rules as requests have them ([RULES.md](RULES.md)). What a request says itself comes first; of filters both hold, boosts multiply.",
  },
);

const variant = Type.Object(
  {
    name: Type.String({
      description: "In the log, in replies and in results.",
      pattern: namePattern,
    }),
    weight: Type.Optional(
      Type.Number({
        description: "Its share of the accounts is weight / sum of all; 1 where not given.",
        minimum: 0.000001,
        maximum: 1_000_000,
      }),
    ),
    candidates: Type.Optional(candidates),
    exploration: Type.Optional(exploration),
    rules: Type.Optional(rules),
  },
  closed,
);

export const experimentSettings = Type.Object(
  {
    variants: Type.Array(variant, {
      description: "The first is the control. Each says what is other in its lists.",
      minItems: 2,
      maxItems: 10,
    }),
    salt: text("Decides, with the account, who is assigned to what; else the name does.", 256),
    start: text("From when on lists are varied, RFC 3339; else from the start of the service.", 64),
    end: text("Until when, RFC 3339; else without an end.", 64),
    windowSeconds: whole(
      "For so long after its first list what an account does is counted, by log time; 86400 where not given.",
      1,
      31_536_000,
    ),
    metric: Type.Optional(
      Type.Union(
        [
          Type.Literal("acted"),
          Type.Literal("actions"),
          Type.Literal("worth"),
          Type.Literal("requests"),
        ],
        { description: "What the verdict goes by; `acted` where not given." },
      ),
    ),
    tightestAt: whole(
      "Accounts of each variant at which intervals are narrowest; about as many as are needed; 5000 where not given.",
      1,
      1_000_000_000,
    ),
    alpha: number(
      "The chance that a variant is ever said to differ when none does; 0.05 where not given.",
      0.000001,
      0.49,
    ),
    accountsMax: whole(
      "Accounts beyond are not measured; 250 bytes each; 1000000 where not given.",
      1,
      100_000_000,
    ),
  },
  closed,
);

/** Each costs every request 3 µs, and training 0.4 µs an event. */
export const experimentsMax = 20;

export const experimentsSetting = Type.Record(Type.String(), experimentSettings, {
  description:
    "A/B tests by name, up to 20: variants of what accounts are served, measured until it is known which is better.",
  default: {},
});

export type ExperimentSettings = Static<typeof experimentSettings>;
export type VariantSettings = Static<typeof variant>;
