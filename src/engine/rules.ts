import { FoldbackError } from "../core/index.ts";
import { type Boost, compileBoost, compileFilter, type Filter } from "../expression/index.ts";
import type { Rules } from "../recommend/index.ts";

/** What a request wants of its list, as callers write it. */
export interface RuleTexts extends Omit<Rules, "filter" | "boost"> {
  /** A condition over an item's properties, such as `released >= 2020`: docs/RULES.md. */
  readonly filter?: string;
  /** A number by which its score is multiplied, such as `if(artist == "r7", 2, 1)`. */
  readonly boost?: string;
}

/** As many as the longest list has items. */
const namesMax = 500;
/** Callers ask with the same few texts again and again. */
const keptMax = 200;

/** Rules from texts: compiled once, as long as they are in use. */
export class RuleBook {
  readonly #filters = new Map<string, Filter>();
  readonly #boosts = new Map<string, Boost>();

  /**
   * @param isForAccount whether the list is for an account, whose properties rules may read then.
   * @throws FoldbackError REQUEST_INVALID naming the rule, what came, and what is allowed.
   */
  rulesOf(texts: RuleTexts, isForAccount: boolean): Rules {
    const { filter, boost, ...rest } = texts;
    for (const name of ["categories", "exclude", "pinned"] as const) {
      const names = rest[name] ?? [];
      if (names.length > namesMax)
        throw refused(name, `${names.length} names`, `up to ${namesMax}`);
    }
    for (const name of ["artistMax", "categoryMax"] as const) {
      const value = rest[name] ?? 1;
      if (!Number.isInteger(value) || value < 1) throw refused(name, value, "whole numbers from 1");
    }
    const { diversity = 0 } = rest;
    if (!(diversity >= 0 && diversity <= 1)) throw refused("diversity", diversity, "0 to 1");
    const rules = {
      ...rest,
      ...(filter !== undefined && { filter: kept(this.#filters, filter, compileFilter) }),
      ...(boost !== undefined && { boost: kept(this.#boosts, boost, compileBoost) }),
    };
    if (!isForAccount && rules.filter) checkReadsItems(rules.filter);
    return rules;
  }
}

/** Of a filter that no account is asked about. @throws FoldbackError REQUEST_INVALID. */
export function checkReadsItems({ properties }: Filter): void {
  const ofAccount = properties.find(({ of }) => of === "account");
  if (ofAccount === undefined) return;
  const came = `one that reads account.${ofAccount.name.slice(0, 80)}`;
  throw refused("filter", came, "properties of items alone, as this is no list for an account");
}

function kept<T>(known: Map<string, T>, text: string, compile: (text: string) => T): T {
  const found = known.get(text) ?? compile(text);
  known.delete(text);
  known.set(text, found); // the youngest now
  if (known.size > keptMax) {
    const [oldest] = known.keys();
    known.delete(oldest);
  }
  return found;
}

function refused(name: string, came: unknown, allowed: string): FoldbackError {
  return new FoldbackError("REQUEST_INVALID", `${name} is ${String(came)}; allowed: ${allowed}`, {
    details: { parameter: name },
  });
}
