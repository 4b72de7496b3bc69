import type { Read } from "./compiled.ts";
import { asCondition, asNumber } from "./compiled.ts";
import { Compiler, type PropertyName, shownTypes } from "./compiler.ts";
import { parse } from "./syntax.ts";

interface Expression {
  readonly text: string;
  /** The properties that it reads, each once. */
  readonly properties: readonly PropertyName[];
}

/** Which items may be recommended. */
export interface Filter extends Expression {
  /** @param now epoch milliseconds. */
  test(read: Read, now: number): boolean;
}

/** By what factor an item's score is multiplied. */
export interface Boost extends Expression {
  /** 0 to 1000; 1 where it says nothing (null, or no finite number). @param now epoch milliseconds. */
  factor(read: Read, now: number): number;
}

/** Beyond, one item would drown all others. */
const factorMax = 1000;

/**
 * A condition over the properties of an item, such as `"rock" in categories and released >= 2020`, and of the account
 * that the list is for: `language == account.language`. The
 * language: docs/RULES.md. Evaluates nothing but itself: no names of the program are reachable, nothing loops.
 * Compiling is O(characters); a test is O(nodes), with texts as long as the item's.
 *
 * @param what it is, for messages.
 * @throws FoldbackError REQUEST_INVALID with the place and what may stand there.
 */
export function compileFilter(text: string, what = "filter"): Filter {
  const source = { what, text };
  const root = parse(source);
  const compiler = new Compiler(source);
  const compiled = compiler.compile(root);
  const test = asCondition(compiled);
  if (test === undefined) {
    throw compiler.mistake(
      root.at,
      `this is ${shownTypes[compiled.type]}; a filter is a condition`,
    );
  }
  return { text, properties: compiler.properties, test };
}

/** A number over the properties of an item, such as `if(artist == "r7", 2, 1)`. As `compileFilter`. */
export function compileBoost(text: string, what = "boost"): Boost {
  const source = { what, text };
  const root = parse(source);
  const compiler = new Compiler(source);
  const compiled = compiler.compile(root);
  const number = asNumber(compiled);
  if (number === undefined) {
    throw compiler.mistake(root.at, `this is ${shownTypes[compiled.type]}; a boost is a number`);
  }
  return {
    text,
    properties: compiler.properties,
    factor: (read, now) => {
      const value = number(read, now);
      return Number.isFinite(value) ? Math.min(factorMax, Math.max(0, value)) : 1;
    },
  };
}
