import {
  asCondition,
  asNumber,
  asText,
  asValue,
  type Compiled,
  constantOf,
  type Evaluate,
  type Type,
  type Value,
} from "./compiled.ts";
import { functionOf, hintFor } from "./functions.ts";
import { mistake, type Source, shortened } from "./mistake.ts";
import { arithmetic, choice, comparisonOf, equalityOf, inText } from "./operators.ts";
import { hasPart, partAmong, separator } from "./parts.ts";
import type { ListNode, Node } from "./syntax.ts";
import type { Owner } from "./tokens.ts";

/** For messages. */
export const shownTypes: Readonly<Record<Type, string>> = {
  number: "a number",
  text: "a text",
  condition: "a condition",
  null: "null",
  any: "a property",
};

export interface PropertyName {
  readonly of: Owner;
  readonly name: string;
}

/** Makes closures of nodes, and collects the properties that they read. */
export class Compiler {
  readonly properties: PropertyName[] = [];
  readonly #source: Source;
  /** How often so far something is read that is known with an item or account only. */
  #readCount = 0;

  constructor(source: Source) {
    this.#source = source;
  }

  mistake(at: number, said: string): Error {
    return mistake(this.#source, at, said);
  }

  /** What reads nothing is evaluated here and now. */
  compile(node: Node): Compiled {
    const before = this.#readCount;
    const compiled = this.#compile(node);
    if (this.#readCount > before || node.kind === "literal") return compiled;
    const value = asValue(compiled)(() => null, 0);
    // A number that is null, such as log(-1), stays one: null is no number where one is wanted.
    if (value === null) return compiled;
    return constantOf(value);
  }

  #compile(node: Node): Compiled {
    switch (node.kind) {
      case "literal":
        return constantOf(node.value);
      case "list":
        throw this.mistake(node.at, "a list stands only after in and in all(…)");
      case "now":
        this.#readCount++;
        return { type: "number", evaluate: (_read, now) => now };
      case "property": {
        this.#readCount++;
        const place = this.#placeOf(node);
        return { type: "any", evaluate: (read) => read(place), place };
      }
      case "unary":
        return this.#unary(node);
      case "binary":
        return this.#binary(node);
      case "call":
        return this.#call(node);
    }
  }

  #placeOf({ of, name }: PropertyName): number {
    const known = this.properties.findIndex((each) => each.of === of && each.name === name);
    return known >= 0 ? known : this.properties.push({ of, name }) - 1;
  }

  #unary({ operator, of }: Node & { kind: "unary" }): Compiled {
    if (operator === "not") {
      const condition = this.#condition(of, "not");
      return { type: "condition", evaluate: (read, now) => !condition(read, now) };
    }
    const number = this.#number(of, "-");
    return { type: "number", evaluate: (read, now) => -number(read, now) };
  }

  #binary({ operator, left, right, at }: Node & { kind: "binary" }): Compiled {
    switch (operator) {
      case "and": {
        const [a, b] = [this.#condition(left, operator), this.#condition(right, operator)];
        return { type: "condition", evaluate: (read, now) => a(read, now) && b(read, now) };
      }
      case "or": {
        const [a, b] = [this.#condition(left, operator), this.#condition(right, operator)];
        return { type: "condition", evaluate: (read, now) => a(read, now) || b(read, now) };
      }
      case "in":
        return this.#in(left, right);
      case "==":
        return { type: "condition", evaluate: this.#equality(left, right, at) };
      case "!=": {
        const isEqual = this.#equality(left, right, at);
        return { type: "condition", evaluate: (read, now) => !isEqual(read, now) };
      }
      case "<":
      case "<=":
        return this.#ordered(this.compile(left), this.compile(right), at, operator, operator);
      case ">":
        return this.#ordered(this.compile(right), this.compile(left), at, "<", operator);
      case ">=":
        return this.#ordered(this.compile(right), this.compile(left), at, "<=", operator);
      default:
        return this.#arithmetic(left, right, operator);
    }
  }

  #equality(left: Node, right: Node, at: number): Evaluate<boolean> {
    const [a, b] = [this.compile(left), this.compile(right)];
    const canMeet =
      a.type === b.type || [a.type, b.type].some((type) => type === "any" || type === "null");
    if (!canMeet) {
      throw this.mistake(at, `${shownTypes[a.type]} and ${shownTypes[b.type]} are never equal`);
    }
    return equalityOf(a, b);
  }

  /** @param shown as it was written: here, `a > b` is `b < a`. */
  #ordered(a: Compiled, b: Compiled, at: number, operator: "<" | "<=", shown: string): Compiled {
    for (const { type } of [a, b]) {
      if (type !== "number" && type !== "text" && type !== "any") {
        throw this.mistake(at, `${shown} compares numbers, or texts; not ${shownTypes[type]}`);
      }
    }
    if (a.type !== b.type && a.type !== "any" && b.type !== "any") {
      const [one, other] = shown === operator ? [a, b] : [b, a];
      throw this.mistake(
        at,
        `${shown} compares ${shownTypes[one.type]} with ${shownTypes[other.type]}`,
      );
    }
    return { type: "condition", evaluate: comparisonOf(a, b, operator) };
  }

  #arithmetic(left: Node, right: Node, operator: keyof typeof arithmetic): Compiled {
    const [a, b] = [this.compile(left), this.compile(right)];
    const [x, y] = [
      asNumber(a) ?? this.#refuse(left, a, `${operator} takes a number`),
      asNumber(b) ?? this.#refuse(right, b, `${operator} takes a number`),
    ];
    const { both, withConstant } = arithmetic[operator];
    const evaluate = typeof b.constant === "number" ? withConstant(x, b.constant) : both(x, y);
    return { type: "number", evaluate };
  }

  /** Whether a part of the left one is a part of the right one. */
  #in(left: Node, right: Node): Compiled {
    const value = this.compile(left);
    if (value.type !== "text" && value.type !== "number" && value.type !== "any") {
      throw this.mistake(left.at, `in takes a text or a number; this is ${shownTypes[value.type]}`);
    }
    if (right.kind === "list") {
      return { type: "condition", evaluate: this.#inList(asValue(value), right) };
    }
    const list = this.compile(right);
    if (list.type !== "text" && list.type !== "any") {
      throw this.mistake(
        right.at,
        `in takes a list or a text of parts; this is ${shownTypes[list.type]}`,
      );
    }
    return { type: "condition", evaluate: inText(value, list) };
  }

  #inList(value: Evaluate<Value>, list: ListNode): Evaluate<boolean> {
    this.#checkParts(list);
    const numbers = new Set(list.values.filter((each) => typeof each === "number"));
    const isAmong = partAmong(list.values.filter((each) => typeof each === "string"));
    return (read, now) => {
      const found = value(read, now);
      if (typeof found === "string") return isAmong(found);
      return typeof found === "number" && numbers.has(found);
    };
  }

  #checkParts(list: ListNode): void {
    const whole = list.values.find((each) => typeof each === "string" && each.includes(separator));
    if (whole === undefined) return;
    throw this.mistake(
      list.at,
      `${JSON.stringify(shortened(String(whole)))} has ${separator} in it, which stands between parts; whole texts are compared by ==`,
    );
  }

  #call({ name, of, at }: Node & { kind: "call" }): Compiled {
    if (name === "all") return this.#all(of, at);
    if (name === "if") return this.#if(of, at);
    const definition = functionOf(name);
    if (definition === undefined) {
      throw this.mistake(at, `there is no function ${shortened(name)}; ${hintFor(name)}`);
    }
    const { argumentCount, isOpen = false } = definition;
    if (isOpen ? of.length < argumentCount : of.length !== argumentCount) {
      const wanted = isOpen ? `${argumentCount} or more` : String(argumentCount);
      throw this.mistake(at, `${name} has ${of.length} arguments; it takes ${wanted}`);
    }
    if (name === "days") this.#readCount++; // it reads the time
    return definition.takes === "number"
      ? definition.make(of.map((each) => this.#number(each, name)))
      : definition.make(of.map((each) => this.#text(each, name)));
  }

  #all(of: readonly Node[], at: number): Compiled {
    const [first, list] = of;
    if (of.length !== 2 || list.kind !== "list") {
      throw this.mistake(at, 'all takes a property and a list: all(categories, ["rock", "live"])');
    }
    const number = list.values.find((each) => typeof each === "number");
    if (number !== undefined) {
      throw this.mistake(list.at, `all takes a list of texts; ${number} is a number`);
    }
    this.#checkParts(list);
    const text = this.#text(first, "all");
    const wanted = list.values.map(String);
    return {
      type: "condition",
      evaluate: (read, now) => {
        const value = text(read, now);
        if (value === null) return false;
        for (let i = 0; i < wanted.length; i++) if (!hasPart(value, wanted[i])) return false;
        return true;
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
    const condition = this.#condition(of[0], "if");
    const [yes, no] = [this.compile(of[1]), this.compile(of[2])];
    if (yes.type === "number" && no.type === "number") {
      return { type: "number", evaluate: choice(condition, yes.evaluate, no.evaluate) };
    }
    if (yes.type === "text" && no.type === "text") {
      return { type: "text", evaluate: choice(condition, yes.evaluate, no.evaluate) };
    }
    if (yes.type === "condition" && no.type === "condition") {
      return { type: "condition", evaluate: choice(condition, yes.evaluate, no.evaluate) };
    }
    return { type: "any", evaluate: choice(condition, asValue(yes), asValue(no)) };
  }

  #condition(node: Node, name: string): Evaluate<boolean> {
    const compiled = this.compile(node);
    return asCondition(compiled) ?? this.#refuse(node, compiled, `${name} takes a condition`);
  }

  #text(node: Node, name: string): Evaluate<string | null> {
    const compiled = this.compile(node);
    return asText(compiled) ?? this.#refuse(node, compiled, `${name} takes a text`);
  }

  #number(node: Node, name: string): Evaluate<number> {
    const compiled = this.compile(node);
    return asNumber(compiled) ?? this.#refuse(node, compiled, `${name} takes a number`);
  }

  /** What is of another type for sure is refused now; what turns out to be later counts as null. */
  #refuse(node: Node, { type }: Compiled, takes: string): never {
    throw this.mistake(node.at, `${takes}; this is ${shownTypes[type]}`);
  }
}
