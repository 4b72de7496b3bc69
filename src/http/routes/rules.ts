import { Type } from "typebox";
import type { RuleTexts } from "../../engine/index.ts";

const names = (description: string) =>
  Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { description, maxItems: 500 }),
  );
const rule = (description: string) =>
  Type.Optional(Type.String({ description, minLength: 1, maxLength: 4096 }));

/** Of any list: which items may be in it. */
export const eligibilityParameters = {
  filter: rule('Only items for which it holds: `released >= 2020 and "rock" in categories`.'),
  categories: names("Only items with one of these categories; give it several times for several."),
  exclude: names("Not these items."),
};

/** Of a list for an account: how it is made of what the model has ranked. */
export const ruleParameters = {
  ...eligibilityParameters,
  boost: rule('Scores are multiplied by it: `if(artist == "r7", 2, 1)`.'),
  pinned: names("These first, in this order, as far as they may be recommended at all."),
  artistMax: Type.Optional(
    Type.Integer({ description: "Items of one artist at most.", minimum: 1, maximum: 500 }),
  ),
  categoryMax: Type.Optional(
    Type.Integer({ description: "Items of one category at most.", minimum: 1, maximum: 500 }),
  ),
  diversity: Type.Optional(
    Type.Number({
      description: "0: by score alone; 1: as unlike each other as can be.",
      minimum: 0,
      maximum: 1,
    }),
  ),
};

const ruleNames = Object.keys(ruleParameters) as (keyof RuleTexts)[];

/** The rules among a query's parameters; undefined where there are none. */
export function rulesIn(query: Readonly<Record<string, unknown>>): RuleTexts | undefined {
  const given = ruleNames.filter((name) => query[name] !== undefined);
  if (given.length === 0) return undefined;
  return Object.fromEntries(given.map((name) => [name, query[name]]));
}
