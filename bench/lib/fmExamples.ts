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

/**
 * Ratings in time order, equal times in the file's order: user, item, and of the item, from the catalogue
 * beside the ratings, each of its genres and its year. The slots have different first letters, which VW tells
 * them by.
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
  const file = await openEventFile(path, { clock: systemClock, order: "time" });
  for await (const { events } of file.batches()) {
    for (const event of events) {
      const { type, time, account, item, value } = event;
      if (item === undefined) continue;
      if (type === "item_set") catalogue.set(item, itemFeatures(event));
      if (account === undefined || value === undefined || examples.length >= countMax) continue;
      examples.push({
        time: Math.floor(time / 1000),
        label: value >= positiveMin ? 1 : 0,
        features: [["user", account], ["item", item], ...(catalogue.get(item) ?? [])],
      });
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
