/** The language of rules: by hand, against a second reading of its trees, and against nonsense. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FoldbackError, Random } from "../core/index.ts";
import { compileBoost, compileFilter, type Value } from "./index.ts";
import { levels, type Node, parse } from "./syntax.ts";

const now = Date.UTC(2026, 0, 31);
const item: Readonly<Record<string, Value>> = {
  price: 12.5,
  artist: "r7",
  categories: "rock|live",
  title: "Nine Lives",
  released: 2021,
  free: true,
  created: now - 3 * 86_400_000,
};

const readOf = (properties: readonly string[], of: Readonly<Record<string, Value>>) => {
  return (property: number): Value =>
    Object.hasOwn(of, properties[property]) ? of[properties[property]] : null;
};

function test(text: string, of = item): boolean {
  const filter = compileFilter(text);
  return filter.test(readOf(filter.properties, of), now);
}

function factor(text: string, of = item): number {
  const boost = compileBoost(text);
  return boost.factor(readOf(boost.properties, of), now);
}

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof FoldbackError) return `${error.code} ${error.message}`;
    throw error;
  }
  return "";
}

describe("a filter", () => {
  it.each([
    ["price < 20", true],
    ["price >= 12.5 and price <= 12.5", true],
    ["price < 5 or released > 2020", true],
    ["not price < 5", true],
    ["not (price < 5 or released > 2020)", false],
    ["not free", false],
    ["free", true],
    ["free == true", true],
    ['artist == "r7"', true],
    ["artist == 'r7'", true],
    ['artist != "r7"', false],
    ['"rock" in categories', true],
    ['"roc" in categories', false],
    ['"ock" in categories', false],
    ['"live" in categories', true],
    ['"jazz" not in categories', true],
    ['categories in ["jazz", "live"]', true],
    ['categories not in ["jazz", "pop"]', true],
    ['artist in ["r1", "r7"]', true],
    ["released in [2020, 2021]", true],
    ["price in [-1, 12.5]", true],
    ['all(categories, ["rock", "live"])', true],
    ['all(categories, ["rock", "jazz"])', false],
    ["days(created) <= 3", true],
    ["days(created) < 3", false],
    ['startsWith(lower(title), "nine")', true],
    ['endsWith(title, "Lives") and contains(title, "e L")', true],
    ["count(categories) == 2", true],
    ['title < "Nine Mines"', true],
    ["price * 2 + 1 == 26", true],
    ["1 + 2 * 3 == 7", true],
    ["(1 + 2) * 3 == 9", true],
    ["2 - 3 - 4 == -5", true],
    ["8 / 2 / 2 == 2", true],
    ["true or false and false", true],
    ["missing == null", true],
    ["price != null", true],
    // What is missing, or of another type, is no number: no comparison with it holds.
    ["missing < 5", false],
    ["not missing < 5", true],
    ["missing + 1 > 0", false],
    ["artist > 3", false],
    ['"rock" in missing', false],
    ['"rock" not in missing', true],
    ["missing", false],
    ["constructor == null and __proto__ == null and toString == null", true],
    ["min(price, released, 3) == 3 and max(price, 1) == 12.5", true],
    ["if(free, price, 0) > 10", true],
  ])("%s", (text, expected) => {
    expect(test(text)).toBe(expected);
  });

  it("names the properties that it reads, each once", () => {
    expect(compileFilter("a > 1 and b < a or now > c").properties).toEqual(["a", "b", "c"]);
  });
});

describe("a boost", () => {
  it.each([
    ["2", 2],
    ["if(artist == 'r7', 1.5, 1)", 1.5],
    ["1 + price / 100", 1.125],
    ["exp(-days(created) / 3)", Math.exp(-1)],
    ["clamp(price, 0, 2)", 2],
    ["-3", 0],
    ["1e", Number.NaN],
    ["1 / 0", 1],
    ["log(-1)", 1],
    ["missing * 2", 1],
    ["price * 1000", 1000],
    ["sqrt(abs(-16))", 4],
  ])("%s", (text, expected) => {
    if (Number.isNaN(expected))
      expect(messageOf(() => factor(text))).toContain("a number ends with e");
    else expect(factor(text)).toBeCloseTo(expected, 12);
  });
});

describe("a mistake", () => {
  it.each([
    ["price > > 3", "column 9: found >; expected a value, a property, or ("],
    ["price >", "column 8: found the end; expected a value"],
    ["", "column 1: found the end"],
    ["price = 3", "column 7: found =; equality is =="],
    ["free && free", "column 6: found &; the words are and, or, not"],
    ["(price > 3", "column 11: found the end; expected ) for the ( of column 1"],
    ["price > 3)", "column 10: ) is one too many"],
    ["1 < price < 3", "column 11: found a second comparison"],
    ["'rock in categories", "column 1: the text has no end; expected '"],
    ["price > 1.2.3", "column 9: 1.2.3 is no number"],
    ["price > 3x", "column 10: a number ends with x"],
    ["price > §", 'column 9: found "§"'],
    ["price + 1", "column 7: it is a number; a filter is a condition"],
    ["not 5", "column 1: not takes a boolean; this is a number"],
    ["'a' + 1 > 2", "column 5: + takes a number; this is a text"],
    ["'a' == 1", "column 5: a text and a number are never equal"],
    ["'a' < 1", "column 5: < compares a text with a number"],
    ["true < false", "< compares numbers, or texts; not a boolean"],
    ["startswith(title, 'x')", "there is no function startswith; it is startsWith"],
    ["regex(title, 'x')", "there is no function regex; there are min, max,"],
    ["min() > 1", "min has 0 arguments; it takes 1 or more"],
    ["abs(1, 2) > 1", "abs has 2 arguments; it takes 1"],
    ["['a'] == artist", "a list stands only after in"],
    ["artist in ['a', b]", "a list holds texts and numbers"],
    ["and", "found and; expected a value"],
  ])("in %s", (text, expected) => {
    const message = messageOf(() => compileFilter(text));
    expect(message).toMatch(/^REQUEST_INVALID filter, line 1, column /);
    expect(message).toContain(expected);
  });

  it("is marked in its line", () => {
    expect(messageOf(() => compileFilter("price > 1\n  and price >> 3"))).toBe(
      "REQUEST_INVALID filter, line 2, column 14: found >; expected a value, a property, or (\n" +
        "    and price >> 3\n" +
        "               ^",
    );
  });

  it("is to go beyond a limit", () => {
    const deep = (depth: number): string => `${"(".repeat(depth)}true${")".repeat(depth)}`;
    expect(test(deep(35))).toBe(true);
    expect(messageOf(() => test(deep(60)))).toContain("nested more than 40 deep");
    expect(messageOf(() => test(`${"not ".repeat(300)}true`))).toContain(
      "nested more than 40 deep",
    );
    expect(messageOf(() => test(Array(300).fill("true").join(" or ")))).toContain(
      "more than 500 parts",
    );
    expect(messageOf(() => test(" ".repeat(5000)))).toContain("5000 characters; allowed: 4096");
    const list = Array.from({ length: 201 }, (_, i) => i).join();
    expect(messageOf(() => test(`price in [${list}]`))).toContain("more than 200 values");
  });
});

/** The same language a second time: a walk over the tree, by the words of docs/RULES.md. */
function walk(node: Node, of: Readonly<Record<string, Value>>): Value {
  switch (node.kind) {
    case "literal":
      return node.value;
    case "list":
      throw new Error("a list is read by what it stands in");
    case "property":
      if (node.name === "now") return now;
      return Object.hasOwn(of, node.name) ? of[node.name] : null;
    case "unary": {
      const value = walk(node.of, of);
      if (node.operator === "not") return value !== true;
      return typeof value === "number" ? 0 - value : null;
    }
    case "call":
      throw new Error("calls are tested by hand");
    case "binary":
      return walkBinary(node, of);
  }
}

function walkBinary(
  { operator, left, right }: Node & { kind: "binary" },
  of: Readonly<Record<string, Value>>,
): Value {
  const a = walk(left, of);
  if (operator === "in") {
    const list = right.kind === "list" ? right.values : partsOf(walk(right, of), [null]);
    return partsOf(a, []).some((part) => list.includes(part));
  }
  const b = walk(right, of);
  const [x, y] = [a as number, b as number];
  const areNumbers = typeof a === "number" && typeof b === "number";
  const areAlike = areNumbers || (typeof a === "string" && typeof b === "string");
  const number = (value: number): number | null => (areNumbers ? value : null);
  return {
    and: a === true && b === true,
    or: a === true || b === true,
    "==": a === b,
    "!=": a !== b,
    "<": areAlike && x < y,
    "<=": areAlike && x <= y,
    ">": areAlike && x > y,
    ">=": areAlike && x >= y,
    "+": number(x + y),
    "-": number(x - y),
    "*": number(x * y),
    "/": number(x / y),
  }[operator];
}

function partsOf(value: Value, other: readonly Value[]): readonly Value[] {
  if (typeof value === "string") return value.split("|");
  return typeof value === "number" ? [value] : other;
}

/** With a pair of parentheses around everything. */
function printed(node: Node): string {
  switch (node.kind) {
    case "literal":
      return typeof node.value === "string" ? JSON.stringify(node.value) : String(node.value);
    case "list":
      return `[${node.values.map((value) => JSON.stringify(value)).join(", ")}]`;
    case "property":
      return node.name;
    case "unary":
      return `(${node.operator} ${printed(node.of)})`;
    case "call":
      return `${node.name}(${node.of.map(printed).join(", ")})`;
    case "binary":
      return `(${printed(node.left)} ${node.operator} ${printed(node.right)})`;
  }
}

const names = ["price", "artist", "categories", "released", "free", "missing"];

/** Random trees of the types that the language takes; properties may be of any. */
function conditionOf(random: Random, depth: number): Node {
  const at = 0;
  const property = (): Node => ({ kind: "property", at, name: names[random.below(names.length)] });
  const number = (): Node =>
    depth <= 0 || random.below(3) === 0
      ? { kind: "literal", at, value: random.below(40) / 2 }
      : numberOf(random, depth - 1);
  switch (depth <= 0 ? 3 + random.below(3) : random.below(6)) {
    case 0:
      return { kind: "unary", at, operator: "not", of: conditionOf(random, depth - 1) };
    case 1:
    case 2: {
      const operator = random.below(2) === 0 ? "and" : "or";
      const [left, right] = [conditionOf(random, depth - 1), conditionOf(random, depth - 1)];
      return { kind: "binary", at, operator, left, right };
    }
    case 3: {
      const operator = levels[2][random.below(6)];
      return { kind: "binary", at, operator, left: property(), right: number() };
    }
    case 4: {
      const values = ["rock", "live", "r7", 12.5, 2021].slice(random.below(4));
      return {
        kind: "binary",
        at,
        operator: "in",
        left: property(),
        right: { kind: "list", at, values },
      };
    }
    default: {
      const left: Node = { kind: "literal", at, value: ["rock", "ro", "r7", "x"][random.below(4)] };
      return { kind: "binary", at, operator: "in", left, right: property() };
    }
  }
}

function numberOf(random: Random, depth: number): Node {
  const at = 0;
  if (depth <= 0) return { kind: "property", at, name: names[random.below(names.length)] };
  if (random.below(5) === 0)
    return { kind: "unary", at, operator: "-", of: numberOf(random, depth - 1) };
  const operator = (["+", "-", "*", "/"] as const)[random.below(4)];
  const [left, right] = [numberOf(random, depth - 1), numberOf(random, depth - 1)];
  return { kind: "binary", at, operator, left, right };
}

describe("the language", () => {
  it("means what a second reading of its trees means, printed and read again", () => {
    const random = new Random(7);
    let held = 0;
    for (let i = 0; i < 5000; i++) {
      const tree = conditionOf(random, 4);
      const text = printed(tree);
      const expected = walk(tree, item) === true;
      expect(test(text), text).toBe(expected);
      if (expected) held++;
      // What was read is the tree again.
      expect(printed(parse(text, "filter"))).toBe(text);
    }
    expect(held).toBeGreaterThan(1000);
    expect(held).toBeLessThan(4000);
  });

  it.each([
    ["a or b and c", "(a or (b and c))"],
    ["not a and b", "((not a) and b)"],
    ["not a == b", "(not (a == b))"],
    ["not not a", "(not (not a))"],
    ["a and not b in [1]", "(a and (not (b in [1])))"],
    ["a not in b", "(not (a in b))"],
    ["a + b * c - d", "((a + (b * c)) - d)"],
    ["a - b - c / d / e", "((a - b) - ((c / d) / e))"],
    ["a < b + 1 or c >= -d * 2", "((a < (b + 1)) or (c >= ((- d) * 2)))"],
    ["(a or b) and (c + d) * e > f", "((a or b) and (((c + d) * e) > f))"],
    ["a == if(b, c + 1, d)", "(a == if(b, (c + 1), d))"],
  ])("binds as its levels say: %s", (text, expected) => {
    expect(printed(parse(text, "filter"))).toBe(expected);
  });

  it("takes any text whatever: it compiles, or says where it is wrong", () => {
    const seeds = [
      "price > 3 and 'a' in b",
      "if(a, -b, [1,2])",
      "not (a or b) == null",
      "days(x) <= 3",
    ];
    const random = new Random(1);
    const alphabet = "abn 019.'\"\\()[],<>=!-+*/|&\n\té🎧ifnotinandor";
    for (let i = 0; i < 100_000; i++) {
      const characters = seeds[i % seeds.length].split("");
      for (let edits = 1 + random.below(6); edits > 0; edits--) {
        const at = random.below(characters.length + 1);
        characters.splice(at, random.below(3), alphabet[random.below(alphabet.length)]);
      }
      const text = characters.join("");
      try {
        compileFilter(text).test(() => 1, now);
      } catch (error) {
        if (!(error instanceof FoldbackError))
          throw new Error(`${JSON.stringify(text)} fails`, { cause: error });
      }
    }
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        expect(typeof messageOf(() => compileBoost(text))).toBe("string");
      }),
      { numRuns: 5000 },
    );
  });
});
