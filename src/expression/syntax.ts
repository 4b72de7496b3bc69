import { FoldbackError } from "../core/index.ts";

/** What a text says, as a tree; each node knows where in the text it begins. */
export type Node =
  | {
      readonly kind: "literal";
      readonly at: number;
      readonly value: number | string | boolean | null;
    }
  | { readonly kind: "list"; readonly at: number; readonly values: readonly (number | string)[] }
  | { readonly kind: "property"; readonly at: number; readonly name: string }
  | {
      readonly kind: "unary";
      readonly at: number;
      readonly operator: "not" | "-";
      readonly of: Node;
    }
  | {
      readonly kind: "binary";
      readonly at: number;
      readonly operator: BinaryOperator;
      readonly left: Node;
      readonly right: Node;
    }
  | {
      readonly kind: "call";
      readonly at: number;
      readonly name: string;
      readonly of: readonly Node[];
    };

/** By how tightly they bind, loosest first; those of a level from left to right. */
export const levels = [
  ["or"],
  ["and"],
  ["==", "!=", "<=", ">=", "<", ">", "in"],
  ["+", "-"],
  ["*", "/"],
] as const;
export type BinaryOperator = (typeof levels)[number][number];

const limits = { characters: 4096, depth: 40, nodes: 500, list: 200 };

interface Token {
  readonly kind: "number" | "string" | "word" | "sign" | "end";
  readonly at: number;
  readonly text: string;
  /** Of a string, without quotes and escapes. */
  readonly value: string;
}

/** Of the comparisons only one may stand beside another: `1 < x < 3` is a mistake. */
const comparisonLevel = 2;
const signs = ["==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "(", ")", "[", "]", ","];
const words = new Set(["or", "and", "not", "in", "true", "false", "null"]);
const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t" };

/**
 * Reads the text. O(characters).
 *
 * @param what it is, for messages: `filter`.
 * @throws FoldbackError REQUEST_INVALID with the place, what was found there and what may stand there.
 */
export function parse(text: string, what: string): Node {
  return new Parser(text, what).parse();
}

/** A mistake at a place of the text, with the text and a mark under the place. */
export function mistake(what: string, text: string, at: number, said: string): FoldbackError {
  const before = text.slice(0, at);
  const line = before.split("\n").length;
  const lineAt = before.lastIndexOf("\n") + 1;
  const column = at - lineAt + 1;
  const [shown] = text.slice(lineAt).split("\n", 1);
  // A long line is shown around the place.
  const from = Math.max(0, column - 1 - 60);
  const part = shown.slice(from, from + 100);
  const mark = `${" ".repeat(column - 1 - from)}^`;
  return new FoldbackError(
    "REQUEST_INVALID",
    `${what}, line ${line}, column ${column}: ${said}\n  ${part}\n  ${mark}`,
    { details: { expression: what, line, column } },
  );
}

class Parser {
  readonly #text: string;
  readonly #what: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;
  #nodes = 0;

  constructor(text: string, what: string) {
    this.#text = text;
    this.#what = what;
    if (text.length > limits.characters) {
      throw new FoldbackError(
        "REQUEST_INVALID",
        `${what} has ${text.length} characters; allowed: ${limits.characters}`,
        { details: { expression: what } },
      );
    }
    this.#tokens = this.#split();
  }

  parse(): Node {
    const node = this.#binary(0);
    const { kind, at } = this.#token;
    if (kind !== "end")
      throw this.#mistake(at, `${this.#found} is one too many; expected an operator or the end`);
    return node;
  }

  get #token(): Token {
    return this.#tokens[this.#next];
  }

  get #found(): string {
    const { kind, text } = this.#token;
    return kind === "end" ? "the end" : text;
  }

  #mistake(at: number, said: string): FoldbackError {
    return mistake(this.#what, this.#text, at, said);
  }

  #take(text: string): boolean {
    const { kind, text: of } = this.#token;
    if (kind === "string" || of !== text) return false;
    this.#next++;
    return true;
  }

  #expect(text: string, after: string): void {
    if (this.#take(text)) return;
    throw this.#mistake(this.#token.at, `found ${this.#found}; expected ${text} ${after}`);
  }

  #made<T extends Node>(node: T): T {
    if (++this.#nodes > limits.nodes) {
      throw this.#mistake(
        node.at,
        `there are more than ${limits.nodes} parts; allowed: ${limits.nodes}`,
      );
    }
    return node;
  }

  #deeper<T>(read: () => T): T {
    if (++this.#depth > limits.depth * levels.length) {
      throw this.#mistake(this.#token.at, `it is nested more than ${limits.depth} deep`);
    }
    const made = read();
    this.#depth--;
    return made;
  }

  #binary(level: number): Node {
    if (level === levels.length) return this.#unary();
    return this.#deeper(() => {
      let left = level === comparisonLevel - 1 ? this.#not() : this.#binary(level + 1);
      for (;;) {
        const { at } = this.#token;
        const operator = this.#operator(level);
        if (operator === undefined) return left;
        const isNegated = operator === "not in";
        const right = level === comparisonLevel - 1 ? this.#not() : this.#binary(level + 1);
        left = this.#made({
          kind: "binary",
          at,
          operator: isNegated ? "in" : operator,
          left,
          right,
        });
        if (isNegated) left = this.#made({ kind: "unary", at, operator: "not", of: left });
        if (level !== comparisonLevel) continue;
        const again = this.#token;
        if (this.#operator(level) === undefined) return left;
        throw this.#mistake(again.at, `found a second comparison; join two by "and"`);
      }
    });
  }

  #operator(level: number): BinaryOperator | "not in" | undefined {
    const found = levels[level].find((operator) => this.#take(operator));
    if (found !== undefined || level !== comparisonLevel) return found;
    const following = this.#tokens[this.#next + 1];
    if (this.#token.text !== "not" || this.#token.kind !== "word" || following.text !== "in")
      return undefined;
    this.#next += 2;
    return "not in";
  }

  /** Looser than a comparison: `not a == b` is `not (a == b)`. */
  #not(): Node {
    const { at } = this.#token;
    if (!this.#take("not")) return this.#binary(comparisonLevel);
    return this.#deeper(() => this.#made({ kind: "unary", at, operator: "not", of: this.#not() }));
  }

  #unary(): Node {
    const { at } = this.#token;
    if (!this.#take("-")) return this.#primary();
    return this.#deeper(() => this.#made({ kind: "unary", at, operator: "-", of: this.#unary() }));
  }

  #primary(): Node {
    const { kind, at, text, value } = this.#token;
    if (kind === "number") {
      this.#next++;
      return this.#made({ kind: "literal", at, value: Number(text) });
    }
    if (kind === "string") {
      this.#next++;
      return this.#made({ kind: "literal", at, value });
    }
    if (this.#take("(")) {
      const inside = this.#binary(0);
      this.#expect(")", `for the ( of column ${at + 1}`);
      return inside;
    }
    if (this.#take("[")) return this.#list(at);
    if (kind !== "word" || (words.has(text) && !["true", "false", "null"].includes(text))) {
      throw this.#mistake(at, `found ${this.#found}; expected a value, a property, or (`);
    }
    this.#next++;
    if (words.has(text)) {
      return this.#made({ kind: "literal", at, value: text === "null" ? null : text === "true" });
    }
    if (!this.#take("(")) return this.#made({ kind: "property", at, name: text });
    const of: Node[] = [];
    while (!this.#take(")")) {
      if (of.length > 0) this.#expect(",", `or ) in ${text}(…)`);
      of.push(this.#binary(0));
    }
    return this.#made({ kind: "call", at, name: text, of });
  }

  #list(at: number): Node {
    const values: (number | string)[] = [];
    while (!this.#take("]")) {
      if (values.length > 0) this.#expect(",", "or ] in the list");
      if (values.length === limits.list) {
        throw this.#mistake(this.#token.at, `the list has more than ${limits.list} values`);
      }
      const isNegative = this.#take("-");
      const { kind, text, value, at: place } = this.#token;
      if (kind === "string" && !isNegative) values.push(value);
      else if (kind === "number") values.push(isNegative ? -Number(text) : Number(text));
      else throw this.#mistake(place, `found ${this.#found}; a list holds texts and numbers`);
      this.#next++;
    }
    return this.#made({ kind: "list", at, values });
  }

  #split(): Token[] {
    const text = this.#text;
    const tokens: Token[] = [];
    let at = 0;
    while (at < text.length) {
      const character = text[at];
      if (" \t\r\n".includes(character)) {
        at++;
        continue;
      }
      const token = this.#tokenAt(at, character);
      tokens.push(token);
      at += token.text.length;
    }
    tokens.push({ kind: "end", at: text.length, text: "", value: "" });
    return tokens;
  }

  #tokenAt(at: number, character: string): Token {
    if (character === '"' || character === "'") return this.#stringAt(at, character);
    const text = this.#text;
    let end = at;
    if (isDigit(character) || (character === "." && isDigit(text[at + 1] ?? ""))) {
      while (isDigit(text[end] ?? "") || text[end] === ".") end++;
      const number = text.slice(at, end);
      if (!Number.isFinite(Number(number))) throw this.#mistake(at, `${number} is no number`);
      if (isLetter(text[end] ?? ""))
        throw this.#mistake(end, `a number ends with ${text[end]}; expected an operator`);
      return { kind: "number", at, text: number, value: "" };
    }
    if (isLetter(character)) {
      while (isLetter(text[end] ?? "") || isDigit(text[end] ?? "")) end++;
      return { kind: "word", at, text: text.slice(at, end), value: "" };
    }
    const sign = signs.find((each) => text.startsWith(each, at));
    if (sign !== undefined) return { kind: "sign", at, text: sign, value: "" };
    if (character === "=") throw this.#mistake(at, "found =; equality is ==");
    if (character === "&" || character === "|" || character === "!") {
      throw this.#mistake(at, `found ${character}; the words are and, or, not`);
    }
    throw this.#mistake(at, `found ${JSON.stringify(character)}; that is no part of the language`);
  }

  #stringAt(at: number, quote: string): Token {
    const text = this.#text;
    let value = "";
    for (let end = at + 1; end < text.length; end++) {
      if (text[end] === quote) {
        return { kind: "string", at, text: text.slice(at, end + 1), value };
      }
      if (text[end] === "\\") end++;
      const character = text[end] ?? "";
      value += text[end - 1] === "\\" ? (escapes[character] ?? character) : character;
    }
    throw this.#mistake(at, `the text has no end; expected ${quote}`);
  }
}

function isDigit(character: string): boolean {
  return character >= "0" && character <= "9" && character.length === 1;
}

function isLetter(character: string): boolean {
  return /^[A-Za-z_]$/.test(character);
}
