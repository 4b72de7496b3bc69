/** The language of rules, by hand: what holds, what is a mistake and how it is said, and where it ends. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FoldbackError } from "../core/index.ts";
import { compileBoost, compileFilter, type PropertyName, type Value } from "./index.ts";

const now = Date.UTC(2026, 0, 31);
const item: Readonly<Record<string, Value>> = {
  price: 12.5,
  artist: "r7",
  categories: "rock|live",
  title: "Nine Lives",
  released: 2021,
  free: true,
  onSale: 1,
  soldOut: 0,
  "release-date": 5,
  now: 7,
  band: "AC|DC",
  path: "a\\n",
  created: now - 3 * 86_400_000,
};

const account: Readonly<Record<string, Value>> = { language: "de", "home-zip": 5, now: 9 };

const readOf = (properties: readonly PropertyName[], item: Readonly<Record<string, Value>>) => {
  return (property: number): Value => {
    const { of, name } = properties[property];
    const owner = of === "item" ? item : account;
    return Object.hasOwn(owner, name) ? owner[name] : null;
  };
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
    // True and false of the catalogue are 1 and 0.
    ["onSale and not soldOut", true],
    ["onSale == true and soldOut == false and free == 1", true],
    ["soldOut == true or onSale == false or missing == false", false],
    ["if(onSale, 2, 3) == 2", true],
    ["artist or not artist", true],
    ["artist == true", false],
    // A number that is none is null; an infinite one is a number.
    ["log(-1) == null and 0 / 0 == null and price / 0 > 1e300", true],
    ["log(-1) == log(-1) and not log(-1) < 0", true],
    ["min(1, missing) == null and clamp(price, missing, 3) == null", true],
    ["if(missing == null, 0, missing) == 0", true],
    ["contains(missing, 'a') == false", true],
    ["`release-date` == 5 and `now` == 7 and now > 7", true],
    ["price < 1.25e1 or price == 1.25E+1 or price == 125e-1", true],
    [".5 + 2. == 2.5", true],
    ['band == "AC|DC"', true],
    ['"AC" in band and "DC" in band', true],
    ['"jazz|live" in categories', true],
    ["categories in categories and artist in artist and released in released", true],
    ["released in artist", false],
    ['"" in categories or "ck" in categories or "rock|live" in artist', false],
    ['path == "a\\\\n" and path != "a\\n"', true],
    [`"\\"" != '"' or "\\'" == "'"`, true],
    ["price > -1 and - -1 == 1", true],
    [`artist in [${Array.from({ length: 30 }, (_, i) => `"r${i}"`).join()}]`, true],
    [`categories in [${Array.from({ length: 30 }, (_, i) => `"r${i}"`).join()}]`, false],
    [`categories in [${Array.from({ length: 30 }, (_, i) => `"r${i}"`).join()}, "live"]`, true],
    ["artist in []", false],
    ["all(categories, [])", true],
    ["min(price, released, 3) == 3 and max(price, 1) == 12.5", true],
    ["if(free, price, 0) > 10", true],
  ])("%s", (text, expected) => {
    expect(test(text)).toBe(expected);
  });

  it("reads properties of the account that the list is for, beside those of the item", () => {
    const german = { language: "de" };
    expect(test("language == account.language", german)).toBe(true);
    expect(test("item.language == account.language", { language: "en" })).toBe(false);
    expect(test("account.language in ['de', 'at']")).toBe(true);
    expect(test("account.`home-zip` == 5 and account.now == 9 and now > account.now")).toBe(true);
    expect(test("account.missing == null and account.toString == null")).toBe(true);
    // A property of the item that is itself called so.
    expect(test("account == 3", { account: 3 })).toBe(true);
    expect(test("item.item == item", { item: 3 })).toBe(true);
    expect(test("account.language == language", { "account.language": "de" })).toBe(false);
  });

  it("names the properties that it reads, each once", () => {
    expect(compileFilter("a > 1 and b < a or now > c").properties).toEqual(
      ["a", "b", "c"].map((name) => ({ of: "item", name })),
    );
    expect(compileFilter("a == account.a or item.a == account.`a`").properties).toEqual([
      { of: "item", name: "a" },
      { of: "account", name: "a" },
    ]);
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
    ["free && free", "column 6: found &&; it is and"],
    ["(price > 3", "column 11: found the end; expected ) for the ( at column 1"],
    ["price > 3)", "column 10: found ); expected an operator or the end"],
    ["1 < price < 3", "column 11: found a second comparison"],
    ["'rock in categories", "column 1: the text has no end; expected '"],
    ["price > 1.2.3", "column 9: 1.2.3 is no number"],
    ["price > 3x", "column 10: a number ends with x"],
    ["price > §", 'column 9: found "§"'],
    ["price + 1", "column 7: this is a number; a filter is a condition"],
    ["not 5", "column 5: not takes a condition; this is a number"],
    ["'a' + 1 > 2", "column 1: + takes a number; this is a text"],
    ["'a' == 1", "column 5: a text and a number are never equal"],
    ["'a' < 1", "column 5: < compares a text with a number"],
    ["true < false", "< compares numbers, or texts; not a condition"],
    ["startswith(title, 'x')", "there is no function startswith; is it startsWith?"],
    [
      "regex(title, 'x')",
      "there is no function regex; there are contains, startsWith and endsWith",
    ],
    ["min() > 1", "min has 0 arguments; it takes 1 or more"],
    ["abs(1, 2) > 1", "abs has 2 arguments; it takes 1"],
    ["['a'] == artist", "a list stands only after in and in all(…)"],
    ["artist in ['a', b]", "a list holds texts and numbers"],
    ["and", "found and; expected a value"],
    // What people of other languages write.
    ["free AND free", "column 6: found AND (it is and)"],
    ["NOT free", "column 1: found NOT; it is not"],
    ["free == True", "it is true, or `True` for the property"],
    ["price <> 3", "found <>; it is !="],
    ["free || free", "found ||; it is or"],
    ["!free", "found !; it is not"],
    ["free ? 1 : 2", "found ?; it is if(condition, a, b)"],
    ["artist == “r7”", "found “; texts stand in"],
    ["artist in ('a', 'b')", "column 15: found ,; a list stands in [ ]"],
    ["release.date > 3", 'found "."; names with such characters stand in `backticks`'],
    ["🎧 > 3", 'column 1: found "🎧"'],
    ["stratsWith(title, 'x')", "there is no function stratsWith; is it startsWith?"],
    ["abss(1) > 1", "is it abs?"],
    ["length(title) > 1", "it is count"],
    ["now() > 1", "now stands without ( )"],
    ["__proto__(1)", "there is no function __proto__; there are min,"],
    ["constructor('return 1')", "there is no function constructor; there are min,"],
    ["`a", "the name has no end; expected `"],
    ["`` == 1", "there is no name between the backticks"],
    ["'\\u0041' == artist", "column 2: there is no \\u"],
    ["artist in ['AC|DC']", "has | in it, which stands between parts"],
    ["all(categories, [1])", "all takes a list of texts; 1 is a number"],
    ["null", "this is null; a filter is a condition"],
    ["price in null", "in takes a list or a text of parts; this is null"],
    ["true in artist", "in takes a text or a number; this is a condition"],
    ["artist > 3 > 'a'", "found a second comparison"],
    ["'a' > 1", "> compares a text with a number"],
    ["if(free, 'a', 'b') + 1 > 1", "+ takes a number; this is a text"],
    ["if(free, 1) == 1", "if has 2 arguments"],
    ["min(1,) > 1", "column 7: found )"],
    // The first mistake is the one that is said.
    ["price > > 3 §", "column 9: found >"],
    ["account. == 3", "column 9: expected the name of a property after account."],
    ["item.5 == 3", "column 6: expected the name of a property after item."],
    ["account.`a == 3", "column 9: the name has no end"],
    ["account.a.b == 3", "column 10: found"],
    ["language.account == 3", "column 9: found"],
    [`'${"long ".repeat(100)}' 'x'`, "column 504: found 'x'"],
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

  it("is shown around its place, with what would move the mark as spaces", () => {
    const message = messageOf(() =>
      compileFilter(`${"a or ".repeat(100)}\tb == "\u001b\u0085" or or c`),
    );
    const [, line, mark] = message.split("\n");
    expect(line.length).toBeLessThanOrEqual(102);
    expect(line).not.toContain("\t");
    expect(message).not.toContain("\u001b");
    expect(line.slice(mark.indexOf("^"))).toBe("or c");
    const far = messageOf(() => compileFilter(`"🎧🎧" == artist artist`));
    expect(far).toContain("column 16: found artist");
    expect(far.split("\n")[2]).toBe(`${" ".repeat(17)}^`);
  });

  it("repeats no more of the text than a message has room for", () => {
    const long = "x".repeat(3000);
    for (const text of [
      `${long}(1)`,
      `1 ${long}`,
      `1 "${long}"`,
      `a in ["${long}|"]`,
      "9".repeat(4000),
    ]) {
      expect(messageOf(() => compileFilter(text)).length).toBeLessThan(500);
    }
  });

  it.each([
    [
      "characters",
      " ".repeat(4091) + "false",
      " ".repeat(4092) + "false",
      "4097 characters; allowed: 4096",
    ],
    [
      "parentheses",
      nested("(", 40, ")"),
      nested("(", 41, ")"),
      "column 41: this is nested 41 deep; allowed: 40",
    ],
    [
      "not",
      nested("not ", 40),
      nested("not ", 41),
      "column 161: this is nested 41 deep; allowed: 40",
    ],
    [
      "functions",
      `${nested("abs(", 40, ")", "1")} > 2`,
      `${nested("abs(", 41, ")", "1")} > 2`,
      "nested 41 deep",
    ],
    [
      "signs",
      `${nested("-", 40, "", "1")} < 0`,
      `${nested("-", 41, "", "1")} < 0`,
      "nested 41 deep",
    ],
    ["parts", chain(250), `${chain(250)} or true`, "this is part 501; allowed: 500"],
    [
      "a list",
      `price in [${numbers(200)}]`,
      `price in [${numbers(201)}]`,
      "this is value 201 of the list; allowed: 200",
    ],
  ])("is to go beyond a limit: %s", (_what, allowed, tooMuch, expected) => {
    expect(test(allowed)).toBe(false);
    expect(messageOf(() => test(tooMuch))).toContain(expected);
  });
});

function nested(open: string, depth: number, close = "", inside = "false"): string {
  return open.repeat(depth) + inside + close.repeat(depth);
}

/** Of so many comparisons of one part each, and what joins them, less one. */
function chain(count: number): string {
  return Array.from({ length: count }, () => "missing").join(" or ");
}

function numbers(count: number): string {
  return Array.from({ length: count }, (_, i) => i).join();
}

describe("the examples of docs/RULES.md", () => {
  const page = readFileSync(new URL("../../docs/RULES.md", import.meta.url), "utf8");
  const table = page.slice(page.indexOf("| service | rule |"));
  const examples = [...table.matchAll(/^\| [^|]+ \| (boost )?`([^`]+)` \|$/gmu)];

  it("are thirteen, and are rules", () => {
    expect(examples).toHaveLength(13);
    for (const [, isBoost, text] of examples) {
      const { properties } = isBoost === undefined ? compileFilter(text) : compileBoost(text);
      expect(properties, text).not.toEqual([]);
    }
  });
});
