import { ruleParameters } from "../../contract/index.ts";
import type { RuleTexts } from "../../engine/index.ts";

const ruleNames = Object.keys(ruleParameters) as (keyof RuleTexts)[];

/** The rules among a query's parameters; undefined where there are none. */
export function rulesIn(query: Readonly<Record<string, unknown>>): RuleTexts | undefined {
  const given = ruleNames.filter((name) => query[name] !== undefined);
  if (given.length === 0) return undefined;
  return Object.fromEntries(given.map((name) => [name, query[name]]));
}
