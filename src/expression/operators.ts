/**
 * Closures of the operators, several of some: what is compared or combined with a constant, as most rules do,
 * is one closure and not three (measured: up to 1.6 times as fast).
 */
import {
  asNumber,
  asText,
  asValue,
  type Compiled,
  type Evaluate,
  truthOf,
  type Value,
} from "./compiled.ts";
import { hasPart, haveCommonPart, separator } from "./parts.ts";

export const arithmetic: Readonly<
  Record<
    "+" | "-" | "*" | "/",
    {
      readonly both: (x: Evaluate<number>, y: Evaluate<number>) => Evaluate<number>;
      readonly withConstant: (x: Evaluate<number>, y: number) => Evaluate<number>;
    }
  >
> = {
  "+": {
    both: (x, y) => (read, now) => x(read, now) + y(read, now),
    withConstant: (x, y) => (read, now) => x(read, now) + y,
  },
  "-": {
    both: (x, y) => (read, now) => x(read, now) - y(read, now),
    withConstant: (x, y) => (read, now) => x(read, now) - y,
  },
  "*": {
    both: (x, y) => (read, now) => x(read, now) * y(read, now),
    withConstant: (x, y) => (read, now) => x(read, now) * y,
  },
  "/": {
    both: (x, y) => (read, now) => x(read, now) / y(read, now),
    withConstant: (x, y) => (read, now) => x(read, now) / y,
  },
};

/** Of two numbers, or two texts by their UTF-16 units; anything else is false. */
export function comparisonOf(a: Compiled, b: Compiled, operator: "<" | "<="): Evaluate<boolean> {
  const isStrict = operator === "<";
  if (a.type === "text" || b.type === "text") {
    const [x, y] = [asText(a), asText(b)];
    if (x && y) return isStrict ? textBefore(x, y) : textNotAfter(x, y);
  }
  if (a.type === "number" || b.type === "number") {
    const [x, y] = [asNumber(a), asNumber(b)];
    if (x && y) return isStrict ? numberBelow(a, b, x, y) : numberNotAbove(a, b, x, y);
  }
  const [x, y] = [asValue(a), asValue(b)];
  return (read, now) => {
    const [one, other] = [x(read, now), y(read, now)];
    const areAlike = typeof one === typeof other && typeof one !== "boolean";
    if (!areAlike || one === null || other === null) return false;
    return isStrict ? one < other : one <= other;
  };
}

function numberBelow(
  a: Compiled,
  b: Compiled,
  x: Evaluate<number>,
  y: Evaluate<number>,
): Evaluate<boolean> {
  if (typeof b.constant === "number") {
    const end = b.constant;
    return (read, now) => x(read, now) < end;
  }
  if (typeof a.constant === "number") {
    const start = a.constant;
    return (read, now) => start < y(read, now);
  }
  return (read, now) => x(read, now) < y(read, now);
}

function numberNotAbove(
  a: Compiled,
  b: Compiled,
  x: Evaluate<number>,
  y: Evaluate<number>,
): Evaluate<boolean> {
  if (typeof b.constant === "number") {
    const last = b.constant;
    return (read, now) => x(read, now) <= last;
  }
  if (typeof a.constant === "number") {
    const first = a.constant;
    return (read, now) => first <= y(read, now);
  }
  return (read, now) => x(read, now) <= y(read, now);
}

type Text = Evaluate<string | null>;

function textBefore(x: Text, y: Text): Evaluate<boolean> {
  return (read, now) => {
    const [a, b] = [x(read, now), y(read, now)];
    return a !== null && b !== null && a < b;
  };
}

function textNotAfter(x: Text, y: Text): Evaluate<boolean> {
  return (read, now) => {
    const [a, b] = [x(read, now), y(read, now)];
    return a !== null && b !== null && a <= b;
  };
}

/** Whether both are the same; true and false are 1 and 0, as the catalogue keeps them. */
export function equalityOf(a: Compiled, b: Compiled): Evaluate<boolean> {
  const text = [a, b].find(({ constant }) => typeof constant === "string");
  if (text !== undefined) {
    const { constant } = text;
    const value = asValue(text === a ? b : a);
    return (read, now) => value(read, now) === constant;
  }
  const [x, y] = [asValue(a), asValue(b)];
  return (read, now) => areEqual(x(read, now), y(read, now));
}

function areEqual(a: Value, b: Value): boolean {
  if (a === b) return true;
  return (typeof a === "boolean" || typeof b === "boolean") && truthOf(a) === truthOf(b);
}

export function choice<T>(
  condition: Evaluate<boolean>,
  yes: Evaluate<T>,
  no: Evaluate<T>,
): Evaluate<T> {
  return (read, now) => (condition(read, now) ? yes(read, now) : no(read, now));
}

/** Whether a part of the value is a part of the list; a number is a part of an equal number alone. */
export function inText(value: Compiled, list: Compiled): Evaluate<boolean> {
  const listOf = asValue(list);
  const { constant } = value;
  if (typeof constant === "string" && !constant.includes(separator)) {
    return (read, now) => {
      const text = listOf(read, now);
      return typeof text === "string" && hasPart(text, constant);
    };
  }
  const valueOf = asValue(value);
  return (read, now) => isIn(valueOf(read, now), listOf(read, now));
}

function isIn(value: Value, list: Value): boolean {
  if (typeof value === "number") return value === list;
  if (typeof value !== "string" || typeof list !== "string") return false;
  return value.includes(separator) ? haveCommonPart(value, list) : hasPart(list, value);
}
