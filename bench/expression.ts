/**
 * How many items a second does a rule look at, and how far is that from the same rule written in JavaScript?
 *
 * 100,000 items in columns, as the catalogue keeps them, a tenth of each property missing. Each rule beside a
 * function by hand that does the same and knows its columns: the limit; the first also beside the same in
 * CEL (`@marcbachmann/cel-js`), of items as objects, and with a guard for each property that may be missing.
 * One thread, in turns, the median of the rounds; and how long a text takes until it is a rule. That all say
 * the same of every item is proved.
 */
import { Environment } from "@marcbachmann/cel-js";
import { assert, dayMs, Random } from "#foldback/core";
import { compileBoost, compileFilter, type PropertyName, type Value } from "#foldback/expression";
import { bar, count, figure, median } from "./lib/report.ts";

const now = Date.UTC(2026, 0, 1);
const perSecondMin = 1e6;

type Column = readonly (string | number | undefined)[];
type Items = Readonly<Record<"artist" | "categories" | "released" | "price" | "added", Column>>;

interface Rule {
  readonly name: string;
  readonly text: string;
  /** The same in CEL; not of all. */
  readonly cel?: string;
  /** The same by hand: 1 and 0 of a filter. */
  readonly byHand: (items: Items, item: number) => number;
}

const filters: readonly Rule[] = [
  {
    name: "filter",
    text: '"rock" in categories and released >= 2015 and price < 20 and artist != "r7"',
    cel: 'has(item.categories) && "rock" in item.categories && has(item.released) && item.released >= 2015.0 && has(item.price) && item.price < 20.0 && !(has(item.artist) && item.artist == "r7")',
    byHand: ({ categories, released, price, artist }, item) => {
      const [list, year, cost] = [categories[item], released[item], price[item]];
      return Number(
        typeof list === "string" &&
          hasPart(list, "rock") &&
          typeof year === "number" &&
          year >= 2015 &&
          typeof cost === "number" &&
          cost < 20 &&
          artist[item] !== "r7",
      );
    },
  },
  {
    name: "filter, lists",
    text: 'artist in ["r1", "r2", "r3", "r4"] or categories in ["jazz", "live"] and days(added) < 30',
    byHand: ({ categories, artist, added }, item) => {
      const [list, who, time] = [categories[item], artist[item], added[item]];
      return Number(
        who === "r1" ||
          who === "r2" ||
          who === "r3" ||
          who === "r4" ||
          (typeof list === "string" &&
            (hasPart(list, "jazz") || hasPart(list, "live")) &&
            typeof time === "number" &&
            (now - time) / dayMs < 30),
      );
    },
  },
];

const boosts: readonly Rule[] = [
  {
    name: "boost",
    text: 'if(artist == "r7", 1.5, 1) * clamp(1 + price / 100, 1, 1.2)',
    byHand: ({ artist, price }, item) => {
      const cost = price[item];
      if (typeof cost !== "number") return 1;
      return (artist[item] === "r7" ? 1.5 : 1) * Math.min(1.2, Math.max(1, 1 + cost / 100));
    },
  },
  {
    name: "boost, fresh",
    text: "exp(-days(added) / 14) + 0.2",
    byHand: ({ added }, item) => {
      const time = added[item];
      return typeof time === "number" ? Math.exp(-((now - time) / dayMs) / 14) + 0.2 : 1;
    },
  },
];

export function run({ smoke }: { smoke: boolean }): void {
  const itemCount = smoke ? 2000 : 100_000;
  const roundCount = smoke ? 3 : 31;
  const items = makeItems(itemCount);
  figure("items", `${count(itemCount)}, medians of ${roundCount} rounds over all`);
  for (const rule of filters) {
    const filter = compileFilter(rule.text);
    const evaluate = evaluatorOf(items, filter.properties, (read) =>
      Number(filter.test(read, now)),
    );
    compare(rule, items, { itemCount, roundCount, evaluate, smoke });
  }
  for (const rule of boosts) {
    const boost = compileBoost(rule.text);
    const evaluate = evaluatorOf(items, boost.properties, (read) => boost.factor(read, now));
    compare(rule, items, { itemCount, roundCount, evaluate, smoke });
  }
  const texts = filters.map(({ text }) => text);
  const compileCount = smoke ? 20 : 2000;
  const begin = performance.now();
  for (let i = 0; i < compileCount; i++) compileFilter(texts[i % texts.length]);
  const each = ((performance.now() - begin) / compileCount) * 1000;
  figure("compile", `${each.toFixed(1)} µs a text`);
}

function compare(
  { name, text, cel, byHand }: Rule,
  items: Items,
  how: {
    readonly itemCount: number;
    readonly roundCount: number;
    readonly evaluate: (item: number) => number;
    readonly smoke: boolean;
  },
): void {
  const { itemCount, roundCount, evaluate, smoke } = how;
  const players = [evaluate, (item: number) => byHand(items, item)];
  if (cel !== undefined) players.push(celOf(items, cel, itemCount));
  let held = 0;
  for (let item = 0; item < itemCount; item++) {
    const [ours, ...others] = players.map((player) => player(item));
    assert(
      others.every((other) => other === ours),
      `${text}: item ${item} is ${ours}, others say ${others.join()}`,
    );
    if (ours > 0) held++;
  }
  const rounds = Array.from({ length: roundCount }, () =>
    players.map((player) => perSecond(itemCount, player)),
  );
  const [ours, hand, peer] = players.map((_, i) => median(rounds.map((round) => round[i])));
  const parts = [
    `${millions(ours)} a second`,
    `by hand ${millions(hand)} (${(hand / ours).toFixed(1)} ×)`,
    ...(cel === undefined ? [] : [`in CEL ${millions(peer)}`]),
  ];
  figure(name, `${parts.join(", ")}; above 0: ${count(held)}`);
  bar(`${name} ≥ ${millions(perSecondMin)} a second`, ours >= perSecondMin, smoke);
}

/** Of items as objects, with lists: what a catalogue in that shape would give to it. */
function celOf(items: Items, text: string, itemCount: number): (item: number) => number {
  const objects = Array.from({ length: itemCount }, (_, item) => {
    const known = Object.entries(items).flatMap(([name, column]): [string, unknown][] => {
      const value = column[item];
      if (value === undefined) return [];
      return [[name, name === "categories" ? String(value).split("|") : value]];
    });
    return { item: Object.fromEntries<unknown>(known) };
  });
  const evaluate = new Environment({ unlistedVariablesAreDyn: true }).parse(text);
  return (item) => Number(evaluate(objects[item]) === true);
}

function perSecond(itemCount: number, evaluate: (item: number) => number): number {
  let sum = 0;
  const begin = performance.now();
  for (let item = 0; item < itemCount; item++) sum += evaluate(item);
  const seconds = (performance.now() - begin) / 1000;
  assert(Number.isFinite(sum), "a sum of factors");
  return itemCount / seconds;
}

/** As recommending reads: a column for each name, and the item at hand. */
function evaluatorOf(
  items: Items,
  names: readonly PropertyName[],
  evaluate: (read: (property: number) => Value) => number,
): (item: number) => number {
  let at = 0;
  const columns = names.map(({ name }) => items[name as keyof Items]); // the rules above name no other
  const read = (property: number): Value => columns[property]?.[at] ?? null;
  return (item) => {
    at = item;
    return evaluate(read);
  };
}

function makeItems(itemCount: number): Items {
  const random = new Random(3);
  const categories = ["rock", "pop", "jazz", "live", "folk", "hard rock"];
  const column = (make: () => string | number): Column =>
    Array.from({ length: itemCount }, () => (random.below(10) === 0 ? undefined : make()));
  return {
    artist: column(() => `r${random.below(50)}`),
    categories: column(() =>
      Array.from(
        { length: 1 + random.below(4) },
        () => categories[random.below(categories.length)],
      ).join("|"),
    ),
    released: column(() => 1980 + random.below(46)),
    price: column(() => random.below(4000) / 100),
    added: column(() => now - random.below(100 * dayMs)),
  };
}

/** Allocates nothing; a text of few characters. */
function hasPart(list: string, part: string): boolean {
  for (let at = list.indexOf(part); at >= 0; at = list.indexOf(part, at + 1)) {
    const end = at + part.length;
    if ((at === 0 || list[at - 1] === "|") && (end === list.length || list[end] === "|"))
      return true;
  }
  return false;
}

function millions(perSecond: number): string {
  return `${(perSecond / 1e6).toFixed(1)} M`;
}
