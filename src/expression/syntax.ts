import { FoldbackError } from "../core/index.ts";
import { mistake, type Source, shortened } from "./mistake.ts";
import { type Owner, owners, type Token, tokensOf } from "./tokens.ts";

/** What a text says, as a tree; each node knows where in the text it begins. */
export type Node =
  | {
      readonly kind: "literal";
      readonly at: number;
      readonly value: number | string | boolean | null;
    }
  | ListNode
  | {
      readonly kind: "property";
      readonly at: number;
      readonly of: Owner;
      readonly name: string;
    }
  /** When it is evaluated. */
  | { readonly kind: "now"; readonly at: number }
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

export interface ListNode {
  readonly kind: "list";
  readonly at: number;
  readonly values: readonly (number | string)[];
}

/** How tightly each binds; those of one number from left to right. */
const bindings = {
  or: 1,
  and: 2,
  "==": 4,
  "!=": 4,
  "<": 4,
  "<=": 4,
  ">": 4,
  ">=": 4,
  in: 4,
  "+": 5,
  "-": 5,
  "*": 6,
  "/": 6,
} as const;
export type BinaryOperator = keyof typeof bindings;

/** `not a == b` is `not (a == b)`, `not a and b` is `(not a) and b`. */
const notBinding = 3;
/** Of two beside each other, only one may be there: `1 < x < 3` is a mistake. */
const comparisonBinding = 4;

const words = ["or", "and", "not", "in", "true", "false", "null", "now"];
const constants: Readonly<Record<string, boolean | null>> = {
  true: true,
  false: false,
  null: null,
};

/** More than people write, and little enough that reading and evaluating take microseconds. */
export const limits = { characters: 4096, depth: 40, parts: 500, list: 200 };

/**
 * Reads the text: operator precedence climbing. O(characters).
 *
 * @throws FoldbackError REQUEST_INVALID with the place, what was found there and what may stand there.
 */
export function parse(source: Source): Node {
  const { what, text } = source;
  if (text.length > limits.characters) {
    throw new FoldbackError(
      "REQUEST_INVALID",
      `${what} has ${text.length} characters; allowed: ${limits.characters}`,
      { details: { expression: what } },
    );
  }
  return new Parser(source).parse();
}

class Parser {
  readonly #source: Source;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;
  #parts = 0;

  constructor(source: Source) {
    this.#source = source;
    this.#tokens = tokensOf(source.text);
  }

  parse(): Node {
    const node = this.#expression(0);
    const { kind, at } = this.#token;
    if (kind === "end") return node;
    throw this.#mistake(at, `${this.#found}; expected an operator or the end`);
  }

  get #token(): Token {
    const token = this.#tokens[this.#next];
    if (token.kind === "bad") throw this.#mistake(token.at, token.value);
    return token;
  }

  /** With what was meant, where it differs by capitals alone: words are written small. */
  get #found(): string {
    const { kind, text } = this.#token;
    if (kind === "end") return "found the end";
    const meant = kind === "word" && words.find((word) => word === text.toLowerCase());
    return `found ${shortened(text)}${meant && meant !== text ? ` (it is ${meant})` : ""}`;
  }

  #mistake(at: number, said: string): FoldbackError {
    return mistake(this.#source, at, said);
  }

  #take(text: string): boolean {
    const { kind, text: found } = this.#token;
    if ((kind !== "sign" && kind !== "word") || found !== text) return false;
    this.#next++;
    return true;
  }

  #expect(text: string, why: string): void {
    if (this.#take(text)) return;
    throw this.#mistake(this.#token.at, `${this.#found}; expected ${text} ${why}`);
  }

  #made<T extends Node>(node: T): T {
    if (++this.#parts <= limits.parts) return node;
    throw this.#mistake(node.at, `this is part ${this.#parts}; allowed: ${limits.parts}`);
  }

  /** Limits what the stack has to hold, here and in evaluation. */
  #deeper<T>(at: number, read: () => T): T {
    if (++this.#depth > limits.depth) {
      throw this.#mistake(at, `this is nested ${this.#depth} deep; allowed: ${limits.depth}`);
    }
    const made = read();
    this.#depth--;
    return made;
  }

  /** As far as operators bind at least so tightly. */
  #expression(binding: number): Node {
    let left = this.#prefix(binding);
    for (;;) {
      const { at } = this.#token;
      const operator = this.#operator();
      if (operator === undefined || bindings[operator] < binding) return left;
      const isNegated = this.#take("not");
      this.#next++;
      const its = bindings[operator];
      const right = this.#expression(its + 1);
      left = this.#made({ kind: "binary", at, operator, left, right });
      if (isNegated) left = this.#made({ kind: "unary", at, operator: "not", of: left });
      const following = this.#operator();
      if (its === comparisonBinding && following && bindings[following] === its) {
        throw this.#mistake(this.#token.at, 'found a second comparison; join two by "and"');
      }
    }
  }

  /** The operator that comes, which may have `not` before it: `not in`. */
  #operator(): BinaryOperator | undefined {
    const { kind, text } = this.#token;
    if (kind !== "sign" && kind !== "word") return undefined;
    if (kind === "word" && text === "not") {
      const { kind: its, text: following } = this.#tokens[this.#next + 1];
      return its === "word" && following === "in" ? "in" : undefined;
    }
    return isOperator(text) ? text : undefined;
  }

  #prefix(binding: number): Node {
    const { at } = this.#token;
    if (binding <= notBinding && this.#take("not")) {
      const of = this.#deeper(at, () => this.#expression(notBinding));
      return this.#made({ kind: "unary", at, operator: "not", of });
    }
    if (!this.#take("-")) return this.#primary();
    const of = this.#deeper(at, () => this.#prefix(bindings["*"] + 1));
    return this.#made({ kind: "unary", at, operator: "-", of });
  }

  #primary(): Node {
    const { kind, at, text, value } = this.#token;
    if (this.#take("(")) {
      const inside = this.#deeper(at, () => this.#expression(0));
      if (this.#token.text === "," && this.#token.kind === "sign") {
        throw this.#mistake(this.#token.at, "found ,; a list stands in [ ]");
      }
      this.#expect(")", `for the ( at column ${this.#columnOf(at)}`);
      return inside;
    }
    if (this.#take("[")) return this.#list(at);
    switch (kind) {
      case "number":
        this.#next++;
        return this.#made({ kind: "literal", at, value: Number(text) });
      case "text":
        this.#next++;
        return this.#made({ kind: "literal", at, value });
      case "name":
        this.#next++;
        return this.#made({ kind: "property", at, of: "item", name: value });
      case "member": {
        this.#next++;
        const of = owners.find((owner) => text.startsWith(`${owner}.`)) ?? "item";
        return this.#made({ kind: "property", at, of, name: value });
      }
      case "word":
        return this.#word(at, text);
      default:
        throw this.#mistake(at, `${this.#found}; expected a value, a property, or (`);
    }
  }

  #word(at: number, text: string): Node {
    const meant = words.find((word) => word === text.toLowerCase());
    if (meant !== undefined && meant !== text) {
      throw this.#mistake(at, `found ${text}; it is ${meant}, or \`${text}\` for the property`);
    }
    if (Object.hasOwn(constants, text)) {
      this.#next++;
      return this.#made({ kind: "literal", at, value: constants[text] });
    }
    if (meant !== undefined && meant !== "now") {
      throw this.#mistake(at, `found ${text}; expected a value, a property, or (`);
    }
    this.#next++;
    if (this.#take("(")) {
      return this.#made({ kind: "call", at, name: text, of: this.#arguments(at, text) });
    }
    if (meant === "now") return this.#made({ kind: "now", at });
    return this.#made({ kind: "property", at, of: "item", name: text });
  }

  #arguments(at: number, name: string): readonly Node[] {
    return this.#deeper(at, () => {
      const of: Node[] = [];
      while (!this.#take(")")) {
        if (of.length > 0) this.#expect(",", `or ) in ${shortened(name)}(…)`);
        of.push(this.#expression(0));
      }
      return of;
    });
  }

  #list(at: number): ListNode {
    const values: (number | string)[] = [];
    while (!this.#take("]")) {
      if (values.length > 0) this.#expect(",", "or ] in the list");
      const { at: place } = this.#token;
      if (values.length === limits.list) {
        throw this.#mistake(
          place,
          `this is value ${limits.list + 1} of the list; allowed: ${limits.list}`,
        );
      }
      const isNegative = this.#take("-");
      const { kind, text, value } = this.#token;
      if (kind === "text" && !isNegative) values.push(value);
      else if (kind === "number") values.push(isNegative ? -Number(text) : Number(text));
      else throw this.#mistake(this.#token.at, `${this.#found}; a list holds texts and numbers`);
      this.#next++;
    }
    return this.#made({ kind: "list", at, values });
  }

  #columnOf(at: number): number {
    return at - this.#source.text.lastIndexOf("\n", at - 1);
  }
}

function isOperator(text: string): text is BinaryOperator {
  return Object.hasOwn(bindings, text);
}
