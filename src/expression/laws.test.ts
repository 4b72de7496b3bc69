/**
 * The language of rules against a second implementation: random rules, written down in several ways, mean what
 * a naive walk over them says by the words of docs/RULES.md. And against nonsense: it compiles, or says where
 * it is wrong.
 */
import { describe, expect, it } from "vitest";
import { assert, FoldbackError, Random } from "../core/index.ts";
import { compileBoost, compileFilter, type PropertyName, type Value } from "./index.ts";
import { limits, type Node, parse } from "./syntax.ts";

const now = Date.UTC(2026, 0, 31);
const dayMs = 86_400_000;

/** What a rule says; nothing of the compiler is used for it. */
type Rule =
  | { readonly is: "value"; readonly value: Value }
  | { readonly is: "property"; readonly name: string }
  | { readonly is: "now" }
  | { readonly is: "not" | "minus"; readonly of: Rule }
  | { readonly is: Infix; readonly a: Rule; readonly b: Rule }
  | {
      readonly is: "in list" | "not in list" | "all";
      readonly of: Rule;
      readonly list: readonly Value[];
    }
  | { readonly is: "call"; readonly name: string; readonly of: readonly Rule[] };
type Infix =
  | "or"
  | "and"
  | "in"
  | "not in"
  | "=="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "+"
  | "-"
  | "*"
  | "/";
type Item = Readonly<Record<string, Value>>;

/** The oracle. */
function meaning(rule: Rule, item: Item): Value {
  switch (rule.is) {
    case "value":
      return rule.value;
    case "property":
      return item[rule.name] ?? null;
    case "now":
      return now;
    case "not":
      return !holds(meaning(rule.of, item));
    case "minus":
      return calculated([meaning(rule.of, item)], ([x]) => x * -1);
    case "in list":
      return partsOf(meaning(rule.of, item)).some((part) => rule.list.includes(part));
    case "not in list":
      return !partsOf(meaning(rule.of, item)).some((part) => rule.list.includes(part));
    case "all": {
      const parts = partsOf(meaning(rule.of, item));
      return (
        typeof meaning(rule.of, item) === "string" && rule.list.every((one) => parts.includes(one))
      );
    }
    case "call":
      return called(rule.name, rule.of, item);
    default:
      return infix(rule.is, meaning(rule.a, item), meaning(rule.b, item));
  }
}

function infix(operator: Infix, a: Value, b: Value): Value {
  const areAlike = typeof a === typeof b && (typeof a === "number" || typeof a === "string");
  const [x, y] = [a as number, b as number]; // or both are texts
  const ordered = (compare: (order: number) => boolean): boolean =>
    areAlike && compare(Number(x > y) - Number(x < y));
  switch (operator) {
    case "or":
      return [a, b].some(holds);
    case "and":
      return [a, b].every(holds);
    case "in":
      return partsOf(a).some((part) => partsOf(b).includes(part));
    case "not in":
      return !partsOf(a).some((part) => partsOf(b).includes(part));
    case "==":
      return same(a, b);
    case "!=":
      return !same(a, b);
    case "<":
      return ordered((order) => order < 0);
    case "<=":
      return ordered((order) => order <= 0);
    case ">":
      return ordered((order) => order > 0);
    case ">=":
      return ordered((order) => order >= 0);
    case "+":
      return calculated([a, b], ([x, y]) => x + y);
    case "-":
      return calculated([a, b], ([x, y]) => x - y);
    case "*":
      return calculated([a, b], ([x, y]) => x * y);
    case "/":
      return calculated([a, b], ([x, y]) => x / y);
  }
}

function called(name: string, of: readonly Rule[], item: Item): Value {
  const values = of.map((each) => meaning(each, item));
  const [text, part] = values;
  const texts = values.every((value) => typeof value === "string");
  switch (name) {
    case "if":
      return holds(values[0]) ? values[1] : values[2];
    case "min":
      return calculated(values, (numbers) => numbers.toSorted((x, y) => x - y)[0]);
    case "max":
      return calculated(values, (numbers) => numbers.toSorted((x, y) => y - x)[0]);
    case "abs":
      return calculated(values, ([x]) => (x <= 0 ? 0 - x : x));
    case "log":
      return calculated(values, ([x]) => Math.log(x));
    case "exp":
      return calculated(values, ([x]) => Math.exp(x));
    case "sqrt":
      return calculated(values, ([x]) => Math.sqrt(x));
    case "clamp":
      return calculated(values, ([x, low, high]) => {
        const raised = x < low ? low : x;
        return raised > high ? high : raised;
      });
    case "days":
      return calculated(values, ([x]) => (now - x) / dayMs);
    case "count":
      return texts ? partsOf(text).length : null;
    case "lower":
      return texts ? String(text).toLowerCase() : null;
    case "contains":
      return texts && (part === "" || String(text).split(String(part)).length > 1);
    case "startsWith":
      return texts && String(text).slice(0, String(part).length) === part;
    case "endsWith":
      return texts && String(text).slice(String(text).length - String(part).length) === part;
    default:
      throw new Error(`no function ${name}`);
  }
}

function holds(value: Value): boolean {
  return value === true || (typeof value === "number" && value !== 0);
}

function same(a: Value, b: Value): boolean {
  const known = (value: Value): Value => (typeof value === "boolean" ? Number(value) : value);
  if (typeof a === "boolean" && typeof b === "number") return a === holds(b);
  if (typeof b === "boolean" && typeof a === "number") return b === holds(a);
  return known(a) === known(b);
}

function calculated(values: readonly Value[], calculate: (of: readonly number[]) => number): Value {
  const numbers = values.filter((value) => typeof value === "number");
  if (numbers.length < values.length) return null;
  const result = calculate(numbers);
  return Number.isNaN(result) ? null : result;
}

function partsOf(value: Value): readonly Value[] {
  if (typeof value === "string") return value.split("|").filter((part) => part !== "");
  return typeof value === "number" ? [value] : [];
}

const bindings: Readonly<Record<Infix, number>> = {
  or: 1,
  and: 2,
  in: 4,
  "not in": 4,
  "==": 4,
  "!=": 4,
  "<": 4,
  "<=": 4,
  ">": 4,
  ">=": 4,
  "+": 5,
  "-": 5,
  "*": 6,
  "/": 6,
};

/** How a rule is written: with a pair of parentheses around everything, or where they must be. */
class Writer {
  readonly #isFull: boolean;
  readonly #random: Random | undefined;

  /** @param random for spaces, quotes and backticks; plain without. */
  constructor(isFull: boolean, random?: Random) {
    this.#isFull = isFull;
    this.#random = random;
  }

  /** @param least how tightly it must bind to stand there without parentheses. */
  write(rule: Rule, least = 0): string {
    switch (rule.is) {
      case "value":
        return this.#value(rule.value);
      case "property":
        return this.#property(rule.name);
      case "now":
        return "now";
      case "not":
        return this.#enclosed(`not${this.#space(true)}${this.write(rule.of, 3)}`, 3, least);
      case "minus":
        return this.#enclosed(`-${this.#space()}${this.write(rule.of, 7)}`, 7, least);
      case "in list":
      case "not in list": {
        const operator = rule.is === "in list" ? "in" : `not${this.#space(true)}in`;
        const text = `${this.write(rule.of, 5)} ${operator}${this.#space()}${this.#list(rule.list)}`;
        return this.#enclosed(text, 4, least);
      }
      case "all":
        return `all(${this.write(rule.of)},${this.#space()}${this.#list(rule.list)})`;
      case "call": {
        const of = rule.of.map((each) => this.write(each));
        return `${rule.name}(${this.#space()}${of.join(`,${this.#space()}`)})`;
      }
      default: {
        const its = bindings[rule.is];
        // The left one of two of a level needs none, but of comparisons.
        const left = this.write(rule.a, its === 4 ? 5 : its);
        return this.#enclosed(`${left} ${rule.is} ${this.write(rule.b, its + 1)}`, its, least);
      }
    }
  }

  #property(written: string): string {
    const [owner, name] = written.startsWith("account.")
      ? ["account.", written.slice("account.".length)]
      : [this.#chance(6) ? "item." : "", written];
    return owner + (this.#chance(4) ? `\`${name}\`` : name);
  }

  #enclosed(text: string, its: number, least: number): string {
    return this.#isFull || its < least ? `(${this.#space()}${text}${this.#space()})` : text;
  }

  #list(values: readonly Value[]): string {
    return `[${values.map((value) => this.#value(value)).join(`,${this.#space()}`)}]`;
  }

  #value(value: Value): string {
    if (typeof value !== "string") return String(value);
    if (this.#chance(2)) return JSON.stringify(value);
    return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n")}'`;
  }

  #space(isNeeded = false): string {
    const space = ["", " ", "  ", "\n", "\t"][this.#random?.below(5) ?? 0];
    return space === "" && isNeeded ? " " : space;
  }

  #chance(of: number): boolean {
    return this.#random?.below(of) === 0;
  }
}

/** Random rules of a type; properties may be of any. */
class Maker {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  condition(depth: number): Rule {
    if (depth <= 0)
      return this.#of<Rule>([
        { is: "value", value: true },
        { is: "value", value: false },
        this.#property(),
        this.#property(),
      ]);
    const less = depth - 1;
    switch (this.#random.below(11)) {
      case 0:
        return { is: "not", of: this.condition(less) };
      case 1:
      case 2:
        return {
          is: this.#of(["and", "or"] as const),
          a: this.condition(less),
          b: this.condition(less),
        };
      case 3:
        return this.#ordered((deep) => this.number(deep), less);
      case 4:
        return this.#ordered((deep) => this.text(deep), less);
      case 5: {
        const make = this.#of([
          () => this.number(less),
          () => this.text(less),
          () => this.condition(less),
        ]);
        return { is: this.#of(["==", "!="] as const), a: make(), b: make() };
      }
      case 6: {
        const any = (): Rule =>
          this.#of<Rule>([this.#property(), { is: "value", value: null }, this.#mixed(less)]);
        if (this.#random.below(3) > 0) {
          return { is: this.#of(["==", "!="] as const), a: any(), b: any() };
        }
        return this.#ordered(() => this.#of([this.#property(), this.#mixed(less)]), less);
      }
      case 7:
        return { is: this.#of(["in", "not in"] as const), a: this.text(less), b: this.text(less) };
      case 8: {
        const list = texts
          .slice(this.#random.below(texts.length))
          .filter((text) => !text.includes("|"));
        const of = this.#of([this.text(less), this.number(less), this.#property()]);
        const mixed: readonly Value[] = [...list, 3, -2.5, 2020].slice(this.#random.below(5));
        return { is: this.#of(["in list", "not in list"] as const), of, list: mixed };
      }
      case 9: {
        const list = ["rock", "live", "a"].slice(this.#random.below(4));
        return { is: "all", of: this.text(less), list };
      }
      default: {
        const name = this.#of(["contains", "startsWith", "endsWith", "if"]);
        if (name !== "if") return { is: "call", name, of: [this.text(less), this.text(less)] };
        return {
          is: "call",
          name,
          of: [this.condition(less), this.condition(less), this.condition(less)],
        };
      }
    }
  }

  number(depth: number): Rule {
    const less = depth - 1;
    switch (depth <= 0 ? this.#random.below(3) : this.#random.below(8)) {
      case 0:
        return { is: "value", value: this.#random.below(60) / 4 };
      case 1:
        return this.#property();
      case 2:
        return { is: "now" };
      case 3:
        return { is: "minus", of: this.number(less) };
      case 4:
      case 5:
        return {
          is: this.#of(["+", "-", "*", "/"] as const),
          a: this.number(less),
          b: this.number(less),
        };
      case 6:
        return {
          is: "call",
          name: "if",
          of: [this.condition(less), this.number(less), this.number(less)],
        };
      default: {
        const name = this.#of([
          "min",
          "max",
          "abs",
          "log",
          "exp",
          "sqrt",
          "clamp",
          "days",
          "count",
        ]);
        if (name === "count") return { is: "call", name, of: [this.text(less)] };
        const open = 1 + this.#random.below(4);
        const count =
          new Map([
            ["clamp", 3],
            ["min", open],
            ["max", open],
          ]).get(name) ?? 1;
        return { is: "call", name, of: Array.from({ length: count }, () => this.number(less)) };
      }
    }
  }

  text(depth: number): Rule {
    if (depth <= 0 || this.#random.below(2) === 0) {
      return this.#of<Rule>([this.#property(), { is: "value", value: this.#of(texts) }]);
    }
    if (this.#random.below(2) === 0)
      return { is: "call", name: "lower", of: [this.text(depth - 1)] };
    const of = [this.condition(depth - 1), this.text(depth - 1), this.text(depth - 1)];
    return { is: "call", name: "if", of };
  }

  item(): Item {
    const values = (): Value =>
      this.#of<Value>([
        null,
        true,
        false,
        this.#of(texts),
        this.#of(texts),
        0,
        1,
        -2.5,
        3,
        2020,
        this.#random.below(100) / 4,
        now - this.#random.below(9) * dayMs,
      ]);
    return Object.fromEntries(names.map((name) => [name, values()]));
  }

  /** Of a type that is known with an item only. */
  #mixed(depth: number): Rule {
    return {
      is: "call",
      name: "if",
      of: [this.condition(depth), this.number(depth), this.text(depth)],
    };
  }

  #ordered(make: (depth: number) => Rule, depth: number): Rule {
    return { is: this.#of(["<", "<=", ">", ">="] as const), a: make(depth), b: make(depth) };
  }

  #property(): Rule {
    return { is: "property", name: this.#of(names) };
  }

  #of<T>(choices: readonly T[]): T {
    return choices[this.#random.below(choices.length)];
  }
}

const names = [
  "price",
  "artist",
  "categories",
  "toString",
  "x1",
  "missing",
  "account",
  "account.price",
  "account.account",
];
const texts = [
  "rock",
  "live",
  "Rock",
  "rock|live",
  "hard rock|a",
  "a",
  "",
  "|",
  "rock||A",
  "r'7\"\\n\n",
  "é🎧",
];

/** Properties of the account are among the item's, under `account.NAME`. */
function readOf(properties: readonly PropertyName[], item: Item): (property: number) => Value {
  return (property) => {
    const { of, name } = properties[property];
    return item[of === "item" ? name : `account.${name}`] ?? null;
  };
}

/** As deep and as long as the language takes. */
function isWithin(text: string): boolean {
  try {
    parse({ what: "rule", text });
    return true;
  } catch (error) {
    if (error instanceof FoldbackError && error.message.includes("; allowed: ")) return false;
    throw new Error(text, { cause: error });
  }
}

describe("a rule written down and read", () => {
  it("holds where the oracle says so, however it is written", () => {
    const random = new Random(11);
    const maker = new Maker(random);
    const writers = [new Writer(true), new Writer(false), new Writer(false, random)];
    let [held, tested] = [0, 0];
    for (let round = 0; round < 6000; round++) {
      const rule = maker.condition(1 + (round % 5));
      const written = writers.map((writer) => writer.write(rule));
      if (!written.every(isWithin)) continue;
      const filters = written.map((text) => compileFilter(text));
      for (let i = 0; i < 5; i++) {
        const item = maker.item();
        const expected = holds(meaning(rule, item));
        tested++;
        if (expected) held++;
        for (const { text, properties, test } of filters) {
          if (test(readOf(properties, item), now) === expected) continue;
          expect.fail(`${text} of ${JSON.stringify(item)} should be ${expected}`);
        }
      }
    }
    expect(tested).toBeGreaterThan(25_000);
    expect(held / tested).toBeGreaterThan(0.25);
    expect(held / tested).toBeLessThan(0.75);
  });

  it("boosts by what the oracle says, 0 to 1000, and by 1 where that is no number", () => {
    const random = new Random(12);
    const maker = new Maker(random);
    const writer = new Writer(false, random);
    let moved = 0;
    for (let round = 0; round < 6000; round++) {
      const rule = maker.number(1 + (round % 5));
      const text = writer.write(rule);
      if (!isWithin(text)) continue;
      const { properties, factor } = compileBoost(text);
      for (let i = 0; i < 5; i++) {
        const item = maker.item();
        const value = meaning(rule, item);
        const isNumber = typeof value === "number" && Math.abs(value) < Number.POSITIVE_INFINITY;
        const expected = isNumber ? Math.min(Math.max(value, 0), 1000) + 0 : 1;
        const came = factor(readOf(properties, item), now) + 0;
        if (came !== expected)
          expect.fail(`${text} of ${JSON.stringify(item)}: ${came}, not ${expected}`);
        if (expected > 0 && expected < 1000 && expected !== 1) moved++;
      }
    }
    expect(moved).toBeGreaterThan(3000);
  });

  it("is the same tree with the parentheses that it needs and with all", () => {
    const maker = new Maker(new Random(13));
    for (let round = 0; round < 3000; round++) {
      const rule = maker.condition(1 + (round % 5));
      const [full, short] = [true, false].map((isFull) => new Writer(isFull).write(rule));
      if (![full, short].every(isWithin)) continue;
      expect(printed(parse({ what: "rule", text: short }))).toBe(
        printed(parse({ what: "rule", text: full })),
      );
    }
  });

  it.each([
    ["a or b and c", "(a or (b and c))"],
    ["a and b or c", "((a and b) or c)"],
    ["not a and b", "((not a) and b)"],
    ["not a == b", "(not (a == b))"],
    ["not not a", "(not (not a))"],
    ["a and not b in [1]", "(a and (not (b in [1])))"],
    ["a not in b", "(not (a in b))"],
    ["a + b * c - d", "((a + (b * c)) - d)"],
    ["a - b - c / d / e", "((a - b) - ((c / d) / e))"],
    ["a < b + 1 or c >= -d * 2", "((a < (b + 1)) or (c >= ((- d) * 2)))"],
    ["-a - -b", "((- a) - (- b))"],
    ["(a or b) and (c + d) * e > f", "((a or b) and (((c + d) * e) > f))"],
    ["a == if(b, c + 1, d)", "(a == if(b, (c + 1), d))"],
    ["`a b` < `or`", "(a b < or)"],
  ])("binds as its levels say: %s", (text, expected) => {
    expect(printed(parse({ what: "rule", text }))).toBe(expected);
  });
});

/** What was read, with a pair of parentheses around everything. */
function printed(node: Node): string {
  switch (node.kind) {
    case "literal":
      return JSON.stringify(node.value);
    case "list":
      return `[${node.values.map((value) => JSON.stringify(value)).join(", ")}]`;
    case "property":
      return node.name;
    case "now":
      return "now";
    case "unary":
      return `(${node.operator} ${printed(node.of)})`;
    case "call":
      return `${node.name}(${node.of.map(printed).join(", ")})`;
    case "binary":
      return `(${printed(node.left)} ${node.operator} ${printed(node.right)})`;
  }
}

describe("any text whatever", () => {
  const pieces = [
    "a",
    "b",
    "1",
    "2.5",
    '"x"',
    "'y|z'",
    "`c d`",
    "now",
    "null",
    "true",
    "false",
    "if(",
    "min(",
    "days(",
    "lower(",
    "all(",
    "contains(",
    "(",
    ")",
    "[",
    "]",
    ",",
    " and ",
    " or ",
    " not ",
    " in ",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "+",
    "-",
    "*",
    "/",
    "__proto__",
    "account.",
    "item.",
    "constructor(",
  ];

  /** In turns: a rule with some characters changed, tokens in any order, bytes. */
  function textOf(random: Random, maker: Maker, turn: number): string {
    if (turn % 4 === 3) {
      return Array.from({ length: random.below(40) }, () =>
        String.fromCodePoint(random.below(turn % 8 === 3 ? 256 : 0x1_1000)),
      ).join("");
    }
    if (turn % 4 === 2) {
      return Array.from(
        { length: 1 + random.below(12) },
        () => pieces[random.below(pieces.length)],
      ).join("");
    }
    const characters = new Writer(false, random)
      .write(maker.condition(1 + random.below(3)))
      .split("");
    for (let edits = random.below(4); edits > 0; edits--) {
      const at = random.below(characters.length + 1);
      characters.splice(at, random.below(3), ...Array.from(pieces[random.below(pieces.length)]));
    }
    return characters.join("");
  }

  it("compiles to a rule that reads a little, or is refused with its place", () => {
    const random = new Random(1);
    const maker = new Maker(random);
    let [compiled, longestMs] = [0, 0];
    for (let turn = 0; turn < 100_000; turn++) {
      const text = textOf(random, maker, turn);
      const begin = performance.now();
      if (tried(text, maker.item())) compiled++;
      longestMs = Math.max(longestMs, performance.now() - begin);
    }
    expect(compiled).toBeGreaterThan(10_000);
    expect(compiled).toBeLessThan(90_000);
    expect(longestMs).toBeLessThan(1000);
  }, 120_000);

  /** Whether it compiled. */
  function tried(text: string, item: Item): boolean {
    let isRule = false;
    for (const compile of [testOf, factorOf]) {
      try {
        compile(text, item);
        isRule = true;
      } catch (error) {
        if (!(error instanceof FoldbackError))
          throw new Error(JSON.stringify(text), { cause: error });
        const { code, message, details } = error;
        assert(code === "REQUEST_INVALID" && message.length < 600, message);
        assert(!message.includes("undefined") && !message.includes("[object"), message);
        const lines = text.split("\n");
        const [line, column] = [Number(details["line"]), Number(details["column"])];
        assert(line >= 1 && line <= lines.length, `${message} in ${text}`);
        assert(column >= 1 && column <= lines[line - 1].length + 1, `${message} in ${text}`);
      }
    }
    return isRule;
  }

  function testOf(text: string, item: Item): void {
    const { properties, test } = compileFilter(text);
    const counted = counting(readOf(properties, item));
    assert(typeof test(counted.read, now) === "boolean", text);
    assert(counted.count() <= limits.parts, text);
  }

  function factorOf(text: string, item: Item): void {
    const { properties, factor } = compileBoost(text);
    const counted = counting(readOf(properties, item));
    const came = factor(counted.read, now);
    assert(came >= 0 && came <= 1000, text);
    assert(counted.count() <= limits.parts, text);
  }

  it("takes little time at the limits", () => {
    const most = (piece: string): string =>
      piece.repeat(Math.floor(limits.characters / piece.length));
    const list = Array.from({ length: limits.list }, () => "'aaab'").join();
    const rules = [
      most("("),
      most("not "),
      most("-"),
      most('"'),
      most("`"),
      most("9"),
      most("\\"),
      most("a"),
      most("\n"),
      most("[1,"),
      most("min("),
      most("log(-1)+").slice(0, -1),
      `a in [${list}]`,
      `all(a, [${list}])`,
      Array.from({ length: 100 }, () => "'a' in a").join(" or "),
      Array.from({ length: 100 }, () => "contains(a, 'aaaaaaab')").join(" or "),
    ];
    const item = { a: "a".repeat(2048) };
    for (const text of rules) {
      const begin = performance.now();
      tried(text, item);
      expect(performance.now() - begin, text.slice(0, 40)).toBeLessThan(250);
    }
  });
});

function counting(read: (property: number) => Value): {
  read: (property: number) => Value;
  count: () => number;
} {
  let count = 0;
  return {
    read: (property) => {
      count++;
      return read(property);
    },
    count: () => count,
  };
}
