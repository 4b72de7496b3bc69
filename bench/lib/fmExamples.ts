/** Labelled examples with named features, in time order: made of ratings, kept as NDJSON. */
import { readFileSync } from "node:fs";
import { systemClock } from "#foldback/core";
import { type Event, openEventFile } from "#foldback/event";

/** A feature's slot and its name in it; its value is 1. */
export type NamedFeature = readonly [slot: string, name: string];

/** One line of the file. */
export interface NamedExample {
  /** Epoch seconds. */
  readonly time: number;
  readonly label: 0 | 1;
  readonly features: readonly NamedFeature[];
}

/** Each a slot of its own; in every reader they have different first letters, which VW tells them by. */
const lastMax = 3;

/**
 * Ratings in time order, equal times in the file's order, each as an example of what was known before it:
 *
 * ```
 * user, item   who rated, and what
 * genre        of the item, each one of them     year   of its release      from the catalogue beside the ratings
 * hour, day    of the rating: 0 to 23, and 0 (Sunday) to 6, in UTC
 * last         the items that the user rated last, up to 3, whatever the ratings were
 * ```
 *
 * @param positiveMin a rating of at least this is label 1. @param countMax of the first ones.
 */
export async function ratingExamples(
  path: string,
  positiveMin: number,
  countMax = Number.POSITIVE_INFINITY,
): Promise<NamedExample[]> {
  const examples: NamedExample[] = [];
  const catalogue = new Map<string, readonly NamedFeature[]>();
  const lastOf = new Map<string, readonly string[]>();
  const file = await openEventFile(path, { clock: systemClock, order: "time" });
  for await (const { events } of file.batches()) {
    for (const event of events) {
      const { type, time, account, item, value } = event;
      if (item === undefined) continue;
      if (type === "item_set") catalogue.set(item, itemFeatures(event));
      if (account === undefined || value === undefined || examples.length >= countMax) continue;
      const last = lastOf.get(account) ?? [];
      const date = new Date(time);
      const features: NamedFeature[] = [
        ["user", account],
        ["item", item],
        ...(catalogue.get(item) ?? []),
        ["hour", String(date.getUTCHours())],
        ["day", String(date.getUTCDay())],
        ...last.map((name): NamedFeature => ["last", name]),
      ];
      const label = value >= positiveMin ? 1 : 0;
      examples.push({ time: Math.floor(time / 1000), label, features });
      lastOf.set(account, [item, ...last.filter((name) => name !== item)].slice(0, lastMax));
    }
  }
  return examples;
}

function itemFeatures({ context }: Event): NamedFeature[] {
  const { categories, released } = context ?? {};
  const genres = typeof categories === "string" ? categories.split("|") : [];
  return [
    ...genres.map((name): NamedFeature => ["genre", name]),
    ...(released === undefined ? [] : [["year", String(released)] as const]),
  ];
}

/** One JSON object a line: what every learner reads. */
export function examplesText(examples: readonly NamedExample[]): string {
  return examples.map((example) => `${JSON.stringify(example)}\n`).join("");
}

export function readExamples(path: string): NamedExample[] {
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  // The bench wrote the file, or its user names it: what is wrong in it is refused by the learners.
  return lines.map((line) => JSON.parse(line) as NamedExample);
}
