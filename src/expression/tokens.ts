import { shortened } from "./mistake.ts";

/** Whose properties a rule reads. */
export const owners = ["item", "account"] as const;
export type Owner = (typeof owners)[number];

export interface Token {
  /**
   * `name` is a word in backticks; `member` a word or name after `item.` or `account.`; `bad` is what is no part of
   * the language.
   */
  readonly kind: "number" | "text" | "word" | "name" | "member" | "sign" | "end" | "bad";
  /** Where it begins, in UTF-16 units. */
  readonly at: number;
  /** As it was written. */
  readonly text: string;
  /** Of a text, name or member, without quotes and escapes; of what is bad, what is wrong with it. */
  readonly value: string;
}

const signs = ["==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "(", ")", "[", "]", ","];
const escapes: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  "\\": "\\",
  '"': '"',
  "'": "'",
};

/** What people of other languages write, longest first. */
const foreign: readonly (readonly [string, string])[] = [
  ["<>", "found <>; it is !="],
  ["&&", "found &&; it is and"],
  ["||", "found ||; it is or"],
  ["!", "found !; it is not"],
  ["&", "found &; it is and"],
  ["|", "found |; it is or"],
  ["=", "found =; equality is =="],
  ["?", "found ?; it is if(condition, a, b)"],
  ["“", "found “; texts stand in \" or '"],
  ["”", "found ”; texts stand in \" or '"],
  ["‘", "found ‘; texts stand in \" or '"],
  ["’", "found ’; texts stand in \" or '"],
];

/** The text in tokens, up to its end, or to the first that is bad. O(characters). */
export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    if (" \t\r\n".includes(text[at])) {
      at++;
      continue;
    }
    const token = tokenAt(text, at);
    tokens.push(token);
    if (token.kind === "bad") return tokens;
    at += token.text.length;
  }
  tokens.push({ kind: "end", at, text: "", value: "" });
  return tokens;
}

function tokenAt(text: string, at: number): Token {
  const character = text[at];
  if (character === '"' || character === "'") return textAt(text, at, character);
  if (character === "`") return nameAt(text, at);
  if (isDigit(character) || (character === "." && isDigit(text[at + 1] ?? ""))) {
    return numberAt(text, at);
  }
  if (isLetter(character)) {
    const word = text.slice(at, wordEnd(text, at));
    const owner = owners.find((each) => each === word && text[at + word.length] === ".");
    return owner === undefined
      ? { kind: "word", at, text: word, value: "" }
      : memberAt(text, at, owner);
  }
  const hint = foreign.find(([sign]) => text.startsWith(sign, at));
  const sign = signs.find((each) => text.startsWith(each, at));
  // `!=` and `==` begin like what is foreign, and `<>` like what is not.
  if (sign !== undefined && !(hint && hint[0].length > sign.length)) {
    return { kind: "sign", at, text: sign, value: "" };
  }
  if (hint !== undefined) return bad(at, hint[1]);
  const whole = String.fromCodePoint(text.codePointAt(at) ?? 0);
  return bad(
    at,
    `found ${JSON.stringify(whole)}; names with such characters stand in \`backticks\``,
  );
}

function textAt(text: string, at: number, quote: string): Token {
  let value = "";
  let end = at + 1;
  while (end < text.length && text[end] !== quote) {
    if (text[end] !== "\\") {
      value += text[end++];
      continue;
    }
    const escaped = text[end + 1] ?? "";
    if (!Object.hasOwn(escapes, escaped)) {
      return bad(end, `there is no \\${escaped}; in a text \\ stands before one of n t \\ " '`);
    }
    value += escapes[escaped];
    end += 2;
  }
  if (end >= text.length) return bad(at, `the text has no end; expected ${quote}`);
  return { kind: "text", at, text: text.slice(at, end + 1), value };
}

function nameAt(text: string, at: number): Token {
  const end = text.indexOf("`", at + 1);
  if (end < 0) return bad(at, "the name has no end; expected `");
  if (end === at + 1) return bad(at, "there is no name between the backticks");
  return { kind: "name", at, text: text.slice(at, end + 1), value: text.slice(at + 1, end) };
}

function memberAt(text: string, at: number, owner: Owner): Token {
  const begin = at + owner.length + 1;
  if (text[begin] === "`") {
    const name = nameAt(text, begin);
    return name.kind === "bad"
      ? name
      : { kind: "member", at, text: text.slice(at, begin) + name.text, value: name.value };
  }
  const end = isLetter(text[begin] ?? "") ? wordEnd(text, begin) : begin;
  if (end === begin) return bad(begin, `expected the name of a property after ${owner}.`);
  return { kind: "member", at, text: text.slice(at, end), value: text.slice(begin, end) };
}

function numberAt(text: string, at: number): Token {
  let end = at;
  while (isDigit(text[end] ?? "") || text[end] === ".") end++;
  if (text[end] === "e" || text[end] === "E") {
    const sign = text[end + 1] === "-" || text[end + 1] === "+" ? 1 : 0;
    if (isDigit(text[end + 1 + sign] ?? "")) {
      end += 1 + sign;
      while (isDigit(text[end] ?? "")) end++;
    }
  }
  const number = text.slice(at, end);
  if (!Number.isFinite(Number(number))) return bad(at, `${shortened(number)} is no number`);
  if (isLetter(text[end] ?? "")) {
    return bad(end, `a number ends with ${text[end]}; expected an operator`);
  }
  return { kind: "number", at, text: number, value: "" };
}

function bad(at: number, value: string): Token {
  return { kind: "bad", at, text: "", value };
}

function wordEnd(text: string, at: number): number {
  let end = at;
  while (isLetter(text[end] ?? "") || isDigit(text[end] ?? "")) end++;
  return end;
}

function isDigit(character: string): boolean {
  return character >= "0" && character <= "9";
}

function isLetter(character: string): boolean {
  return (
    (character >= "a" && character <= "z") ||
    (character >= "A" && character <= "Z") ||
    character === "_"
  );
}
