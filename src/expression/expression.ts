import { dayMs } from "../core/index.ts";
import { mistake, type Node, parse } from "./syntax.ts";

/** What a property of an item may be: a text of several parts has `|` between them. */
export type Value = number | string | boolean | null;

/** Gives the property of that place in `properties`, of the item at hand; null where it has none. */
export type Read = (property: number) => Value;

interface Expression {
  readonly text: string;
  /** Names of the properties that it reads, each once. */
  readonly properties: readonly string[];
}

/** Which items may be recommended. */
export interface Filter extends Expression {
  /** @param now epoch milliseconds. */
  test(read: Read, now: number): boolean;
}

/** By what factor an item's score is multiplied. */
export interface Boost extends Expression {
  /** At least 0; 1 where it says nothing (null, or no finite number). @param now epoch milliseconds. */
  factor(read: Read, now: number): number;
}

/** Beyond, one item would drown all others. */
const factorMax = 1000;

type Evaluate = (read: Read, now: number) => Value;
/** What is known before any item is there; a property may be anything. */
type Type = "number" | "text" | "boolean" | "null" | "list" | "any";

interface Compiled {
  readonly type: Type;
  readonly evaluate: Evaluate;
}

/**
 * A condition over the properties of an item, such as `"rock" in categories and released >= 2020`. The
 * language: docs/RULES.md. Evaluates nothing but itself: no names of the program are reachable, nothing loops.
 *
 * @throws FoldbackError REQUEST_INVALID with the place and what may stand there.
 */
export function compileFilter(text: string, what = "filter"): Filter {
  const compiler = new Compiler(text, what);
  const root = parse(text, what);
  const { type, evaluate } = compiler.compile(root);
  if (type !== "boolean" && type !== "any") {
    throw compiler.mistake(root.at, `it is a ${type}; a filter is a condition, true or false`);
  }
  const { properties } = compiler;
  return { text, properties, test: (read, now) => evaluate(read, now) === true };
}

/** A number over the properties of an item, such as `if(artist == "r7", 2, 1)`. As `compileFilter`. */
export function compileBoost(text: string, what = "boost"): Boost {
  const compiler = new Compiler(text, what);
  const root = parse(text, what);
  const { type, evaluate } = compiler.compile(root);
  if (type !== "number" && type !== "any") {
    throw compiler.mistake(root.at, `it is a ${type}; a boost is a number`);
  }
  const { properties } = compiler;
  return {
    text,
    properties,
    factor: (read, now) => {
      const value = evaluate(read, now);
      if (typeof value !== "number" || !Number.isFinite(value)) return 1;
      return Math.min(factorMax, Math.max(0, value));
    },
  };
}

class Compiler {
  readonly properties: string[] = [];
  readonly #text: string;
  readonly #what: string;

  constructor(text: string, what: string) {
    this.#text = text;
    this.#what = what;
  }

  mistake(at: number, said: string): Error {
    return mistake(this.#what, this.#text, at, said);
  }

  compile(node: Node): Compiled {
    switch (node.kind) {
      case "literal": {
        const { value } = node;
        return { type: typeOf(value), evaluate: () => value };
      }
      case "list":
        throw this.mistake(node.at, "a list stands only after in, and in all(…)");
      case "property": {
        if (node.name === "now") return { type: "number", evaluate: (_read, now) => now };
        const place = this.#placeOf(node.name);
        return { type: "any", evaluate: (read) => read(place) };
      }
      case "unary":
        return this.#unary(node);
      case "binary":
        return this.#binary(node);
      case "call":
        return this.#call(node);
    }
  }

  #placeOf(name: string): number {
    const known = this.properties.indexOf(name);
    return known >= 0 ? known : this.properties.push(name) - 1;
  }

  #unary({ operator, of, at }: Node & { kind: "unary" }): Compiled {
    if (operator === "not") {
      const condition = this.#of(of, "boolean", at, "not");
      return { type: "boolean", evaluate: (read, now) => condition(read, now) !== true };
    }
    const number = this.#of(of, "number", at, "-");
    return { type: "number", evaluate: (read, now) => numberOr(number(read, now), (n) => -n) };
  }

  #binary({ operator, left, right, at }: Node & { kind: "binary" }): Compiled {
    switch (operator) {
      case "and": {
        const [a, b] = this.#both(left, right, "boolean", at, operator);
        return {
          type: "boolean",
          evaluate: (read, now) => a(read, now) === true && b(read, now) === true,
        };
      }
      case "or": {
        const [a, b] = this.#both(left, right, "boolean", at, operator);
        return {
          type: "boolean",
          evaluate: (read, now) => a(read, now) === true || b(read, now) === true,
        };
      }
      case "in":
        return this.#in(left, right);
      case "==":
      case "!=": {
        const [a, b] = [this.compile(left), this.compile(right)];
        const canMeet =
          a.type === b.type || [a.type, b.type].some((type) => type === "any" || type === "null");
        if (!canMeet) {
          throw this.mistake(at, `a ${a.type} and a ${b.type} are never equal`);
        }
        const isEqual = operator === "==";
        return {
          type: "boolean",
          evaluate: (read, now) => (a.evaluate(read, now) === b.evaluate(read, now)) === isEqual,
        };
      }
      case "<":
      case "<=":
      case ">":
      case ">=":
        return this.#ordered(left, right, at, operator);
      default: {
        const [a, b] = this.#both(left, right, "number", at, operator);
        const calculate = arithmetic[operator];
        return {
          type: "number",
          evaluate: (read, now) => {
            const [x, y] = [a(read, now), b(read, now)];
            return typeof x === "number" && typeof y === "number" ? calculate(x, y) : null;
          },
        };
      }
    }
  }

  #ordered(left: Node, right: Node, at: number, operator: "<" | "<=" | ">" | ">="): Compiled {
    const [a, b] = [this.compile(left), this.compile(right)];
    for (const { type } of [a, b]) {
      if (type !== "number" && type !== "text" && type !== "any") {
        throw this.mistake(at, `${operator} compares numbers, or texts; not a ${type}`);
      }
    }
    if (a.type !== b.type && a.type !== "any" && b.type !== "any") {
      throw this.mistake(at, `${operator} compares a ${a.type} with a ${b.type}`);
    }
    const compare = comparisons[operator];
    return {
      type: "boolean",
      evaluate: (read, now) => {
        const [x, y] = [a.evaluate(read, now), b.evaluate(read, now)];
        const areAlike = typeof x === typeof y && (typeof x === "number" || typeof x === "string");
        return areAlike && compare(x as number, y as number);
      },
    };
  }

  /** Whether a part of the left one is a part of the right one. */
  #in(left: Node, right: Node): Compiled {
    const value = this.#of(left, "text or number", left.at, "in");
    if (right.kind === "list") {
      const wanted = new Set(right.values);
      return {
        type: "boolean",
        evaluate: (read, now) => someOf(value(read, now), (part) => wanted.has(part)),
      };
    }
    const list = this.#of(right, "text", right.at, "in");
    return {
      type: "boolean",
      evaluate: (read, now) => {
        const of = list(read, now);
        return of !== null && someOf(value(read, now), (part) => isPartOf(of, part));
      },
    };
  }

  #call({ name, of, at }: Node & { kind: "call" }): Compiled {
    if (name === "all") return this.#all(of, at);
    if (name === "if") return this.#if(of, at);
    if (!Object.hasOwn(functions, name)) {
      const known = [...Object.keys(functions), "all", "if"];
      const near = known.find((each) => each.toLowerCase() === name.toLowerCase());
      const hint = near === undefined ? `there are ${known.join(", ")}` : `it is ${near}`;
      throw this.mistake(at, `there is no function ${name}; ${hint}`);
    }
    const { takes, gives, call, isOpen = false } = functions[name];
    const fits = isOpen ? of.length >= takes.length : of.length === takes.length;
    if (!fits) {
      const wanted = isOpen ? `${takes.length} or more` : String(takes.length);
      throw this.mistake(at, `${name} has ${of.length} arguments; it takes ${wanted}`);
    }
    const values = of.map((each, i) =>
      this.#of(each, takes[Math.min(i, takes.length - 1)], each.at, name),
    );
    const given = new Array<Value>(values.length).fill(null);
    return {
      type: gives,
      evaluate: (read, now) => {
        for (let i = 0; i < values.length; i++) {
          const value = values[i](read, now);
          const type = takes[Math.min(i, takes.length - 1)];
          if (typeOf(value) !== type) return null;
          given[i] = value;
        }
        return call(given as never[], now);
      },
    };
  }

  #all(of: readonly Node[], at: number): Compiled {
    const [first, list] = of;
    if (of.length !== 2 || list.kind !== "list") {
      throw this.mistake(at, 'all takes a property and a list: all(categories, ["rock", "live"])');
    }
    const value = this.#of(first, "text", first.at, "all");
    const wanted = list.values;
    return {
      type: "boolean",
      evaluate: (read, now) => {
        const text = value(read, now);
        return text !== null && wanted.every((part) => isPartOf(text, part));
      },
    };
  }

  #if(of: readonly Node[], at: number): Compiled {
    if (of.length !== 3) {
      throw this.mistake(
        at,
        `if has ${of.length} arguments; it takes a condition, and a value for either case`,
      );
    }
    const condition = this.#of(of[0], "boolean", of[0].at, "if");
    const [yes, no] = [this.compile(of[1]), this.compile(of[2])];
    return {
      type: yes.type === no.type ? yes.type : "any",
      evaluate: (read, now) => (condition(read, now) === true ? yes : no).evaluate(read, now),
    };
  }

  #both(left: Node, right: Node, type: Type, at: number, name: string): [Evaluate, Evaluate] {
    return [this.#of(left, type, at, name), this.#of(right, type, at, name)];
  }

  /** What is of another type for sure is refused now; what turns out to be later counts as null. */
  #of(node: Node, wanted: Type | "text or number", at: number, name: string): Evaluate {
    const { type, evaluate } = this.compile(node);
    const fits =
      type === wanted ||
      type === "any" ||
      (wanted === "text or number" && (type === "text" || type === "number"));
    if (fits) return evaluate;
    throw this.mistake(at, `${name} takes a ${wanted}; this is a ${type}`);
  }
}

const arithmetic = {
  "+": (x: number, y: number) => x + y,
  "-": (x: number, y: number) => x - y,
  "*": (x: number, y: number) => x * y,
  "/": (x: number, y: number) => x / y,
} as const;

/** Of texts by their UTF-16 units. */
const comparisons = {
  "<": (x: number, y: number) => x < y,
  "<=": (x: number, y: number) => x <= y,
  ">": (x: number, y: number) => x > y,
  ">=": (x: number, y: number) => x >= y,
} as const;

interface Definition {
  /** Of its arguments; where it is open, the last for all further ones. */
  readonly takes: readonly ("number" | "text")[];
  readonly isOpen?: boolean;
  readonly gives: Type;
  readonly call: (of: never[], now: number) => Value;
}

const functions: Readonly<Record<string, Definition>> = {
  min: { takes: ["number"], isOpen: true, gives: "number", call: (of) => Math.min(...of) },
  max: { takes: ["number"], isOpen: true, gives: "number", call: (of) => Math.max(...of) },
  abs: { takes: ["number"], gives: "number", call: ([x]) => Math.abs(x) },
  log: { takes: ["number"], gives: "number", call: ([x]) => Math.log(x) },
  exp: { takes: ["number"], gives: "number", call: ([x]) => Math.exp(x) },
  sqrt: { takes: ["number"], gives: "number", call: ([x]) => Math.sqrt(x) },
  clamp: {
    takes: ["number", "number", "number"],
    gives: "number",
    call: ([x, low, high]) => Math.min(high, Math.max(low, x)),
  },
  days: { takes: ["number"], gives: "number", call: ([x], now) => (now - x) / dayMs },
  count: { takes: ["text"], gives: "number", call: ([x]) => (x as string).split("|").length },
  lower: { takes: ["text"], gives: "text", call: ([x]) => (x as string).toLowerCase() },
  contains: {
    takes: ["text", "text"],
    gives: "boolean",
    call: ([x, y]) => (x as string).includes(y),
  },
  startsWith: {
    takes: ["text", "text"],
    gives: "boolean",
    call: ([x, y]) => (x as string).startsWith(y),
  },
  endsWith: {
    takes: ["text", "text"],
    gives: "boolean",
    call: ([x, y]) => (x as string).endsWith(y),
  },
};

function typeOf(value: Value): Type {
  if (value === null) return "null";
  if (typeof value === "string") return "text";
  return typeof value === "number" ? "number" : "boolean";
}

function numberOr(value: Value, calculate: (of: number) => number): number | null {
  return typeof value === "number" ? calculate(value) : null;
}

/** Whether it holds for one of the parts; a number has itself alone, null and booleans none. */
function someOf(value: Value, holds: (part: number | string) => boolean): boolean {
  if (typeof value === "number") return holds(value);
  if (typeof value !== "string") return false;
  if (!value.includes("|")) return holds(value);
  return value.split("|").some(holds);
}

function isPartOf(list: Value, part: number | string): boolean {
  if (typeof list !== "string" || typeof part !== "string") return list === part;
  if (list === part) return true;
  for (let at = list.indexOf(part); at >= 0; at = list.indexOf(part, at + 1)) {
    const end = at + part.length;
    const begins = at === 0 || list[at - 1] === "|";
    if (begins && (end === list.length || list[end] === "|"))
      return part !== "" && !part.includes("|");
    if (part === "") return false;
  }
  return false;
}
