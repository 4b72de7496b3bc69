/** What paths and queries may hold. */
import { Type } from "../core/index.ts";
import { recommendationsMax } from "../engine/index.ts";

const name = (description: string) => Type.String({ description, minLength: 1, maxLength: 256 });
const names = (description: string, maxItems: number) =>
  Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { description, maxItems }),
  );
const rule = (description: string) =>
  Type.Optional(Type.String({ description, minLength: 1, maxLength: 4096 }));
const capOf = (description: string) =>
  Type.Optional(Type.Integer({ description, minimum: 1, maximum: 500 }));

/** Nothing else: a parameter that is not known is refused. */
const closed = { additionalProperties: false } as const;

export const accountParameters = Type.Object(
  {
    account: name("The account, or an anonymous session; one that nobody has heard of is welcome."),
  },
  closed,
);

export const describedAccountParameters = Type.Object({ account: name("The account.") }, closed);

export const itemParameters = Type.Object({ item: name("The item's id.") }, closed);

export const experimentParameters = Type.Object(
  { experiment: name("Its name in the config.") },
  closed,
);

const count = Type.Integer({
  description: "How many items at most.",
  default: 10,
  minimum: 1,
  maximum: recommendationsMax,
});

/** Of any list: which items may be in it. */
const eligibility = {
  filter: rule('Only items for which it holds: `released >= 2020 and "rock" in categories`.'),
  categories: names(
    "Only items with one of these categories; give it several times for several.",
    500,
  ),
  exclude: names("Not these items.", 500),
};

/** Of a list for an account: how it is made of what the model has ranked. */
export const ruleParameters = {
  ...eligibility,
  boost: rule('Scores are multiplied by it: `if(artist == "r7", 2, 1)`.'),
  pinned: names("These first, in this order, as far as they may be recommended at all.", 500),
  artistMax: capOf("Items of one artist at most."),
  categoryMax: capOf("Items of one category at most."),
  diversity: Type.Optional(
    Type.Number({
      description: "0: by score alone; 1: as unlike each other as can be.",
      minimum: 0,
      maximum: 1,
    }),
  ),
};

export const recommendationsQuery = Type.Object(
  {
    n: count,
    session: Type.Optional(
      name("What is known of the moment: the session, which tells whose of the account it is."),
    ),
    device: Type.Optional(name("The device.")),
    platform: Type.Optional(name("The platform.")),
    country: Type.Optional(name("The country.")),
    ...ruleParameters,
    explain: Type.Boolean({
      description: "Whether each item says why it is there.",
      default: false,
    }),
    missing: names("Items of which the reply says why they are not in the list.", 100),
    preview: Type.Boolean({
      description:
        "Whether it is only looked at: as it would be served, but without exploration, in no log and no experiment.",
      default: false,
    }),
  },
  closed,
);

export const boardQuery = Type.Object({ n: count, ...eligibility }, closed);

const paging = (what: string) => ({
  after: Type.Optional(name("The `next` of the page before.")),
  limit: Type.Integer({
    description: `${what} of a page.`,
    default: 100,
    minimum: 1,
    maximum: 1000,
  }),
});

export const catalogueQuery = Type.Object(
  { ...paging("Items"), filter: eligibility.filter },
  closed,
);

export const similarAccountsQuery = Type.Object(
  {
    n: Type.Integer({
      description: "How many accounts at most.",
      default: 10,
      minimum: 1,
      maximum: 320,
    }),
  },
  closed,
);

export const accountsQuery = Type.Object(paging("Accounts"), closed);
