import { dayMs } from "../core/index.ts";
import type { Compiled, Evaluate } from "./compiled.ts";
import { nearest, shortened } from "./mistake.ts";
import { partCount } from "./parts.ts";

type Definition = {
  readonly argumentCount: number;
  /** Takes more of them, too. */
  readonly isOpen?: boolean;
} & (
  | { readonly takes: "number"; readonly make: (of: readonly Evaluate<number>[]) => Compiled }
  | { readonly takes: "text"; readonly make: (of: readonly Evaluate<string | null>[]) => Compiled }
);

/** All but `if` and `all`, which take what is no number and no text. */
const functions: Readonly<Record<string, Definition>> = {
  min: leastBy(Math.min),
  max: leastBy(Math.max),
  abs: ofNumber(Math.abs),
  log: ofNumber(Math.log),
  exp: ofNumber(Math.exp),
  sqrt: ofNumber(Math.sqrt),
  clamp: {
    takes: "number",
    argumentCount: 3,
    make: ([x, low, high]) => ({
      type: "number",
      evaluate: (read, now) => Math.min(high(read, now), Math.max(low(read, now), x(read, now))),
    }),
  },
  days: {
    takes: "number",
    argumentCount: 1,
    make: ([time]) => ({
      type: "number",
      evaluate: (read, now) => (now - time(read, now)) / dayMs,
    }),
  },
  count: {
    takes: "text",
    argumentCount: 1,
    make: ([text]) => ({
      type: "number",
      evaluate: (read, now) => {
        const value = text(read, now);
        return value === null ? Number.NaN : partCount(value);
      },
    }),
  },
  lower: {
    takes: "text",
    argumentCount: 1,
    make: ([text]) => ({
      type: "text",
      evaluate: (read, now) => {
        const value = text(read, now);
        return value === null ? null : value.toLowerCase();
      },
    }),
  },
  contains: ofTexts((text, part) => text.includes(part)),
  startsWith: ofTexts((text, part) => text.startsWith(part)),
  endsWith: ofTexts((text, part) => text.endsWith(part)),
};

/** What they are called elsewhere. */
const foreign: Readonly<Record<string, string>> = {
  length: "it is count, of parts",
  size: "it is count, of parts",
  len: "it is count, of parts",
  any: "it is in: categories in […]",
  has: 'it is in: "rock" in categories',
  now: "now stands without ( )",
  ln: "it is log",
  pow: "there are * and exp",
  coalesce: "it is if(x == null, 0, x)",
  regex: "there are contains, startsWith and endsWith",
  matches: "there are contains, startsWith and endsWith",
};

export function functionOf(name: string): Definition | undefined {
  return Object.hasOwn(functions, name) ? functions[name] : undefined;
}

/** What to write instead of a function that is not there. */
export function hintFor(name: string): string {
  const small = name.toLowerCase();
  const known = [...Object.keys(functions), "all", "if"];
  // A slip of a name, before the name of another language: `nax` is max.
  if (Object.hasOwn(foreign, small)) return foreign[small];
  const near = nearest(shortened(name), known);
  return near === undefined ? `there are ${known.join(", ")}` : `is it ${near}?`;
}

/** NaN, which stands for null, comes out where it goes in. */
function ofNumber(call: (x: number) => number): Definition {
  return {
    takes: "number",
    argumentCount: 1,
    make: ([x]) => ({ type: "number", evaluate: (read, now) => call(x(read, now)) }),
  };
}

function leastBy(least: (a: number, b: number) => number): Definition {
  return {
    takes: "number",
    argumentCount: 1,
    isOpen: true,
    make: ([first, ...others]) => ({
      type: "number",
      evaluate: (read, now) => {
        let found = first(read, now);
        for (let i = 0; i < others.length; i++) found = least(found, others[i](read, now));
        return found;
      },
    }),
  };
}

function ofTexts(call: (text: string, part: string) => boolean): Definition {
  return {
    takes: "text",
    argumentCount: 2,
    make: ([text, part]) => ({
      type: "condition",
      evaluate: (read, now) => {
        const [a, b] = [text(read, now), part(read, now)];
        return a !== null && b !== null && call(a, b);
      },
    }),
  };
}
