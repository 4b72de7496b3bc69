/** Labelled examples with named features, in time order: of ratings, or simulated; kept as NDJSON. */
import { readFileSync } from "node:fs";
import { systemClock } from "#foldback/core";
import { type Event, openEventFile } from "#foldback/event";
import { simulate } from "#foldback/simulate";

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

/**
 * The first impressions of the simulated service, by whether they were played: user, item, the item's genres
 * and artist, the place in the list, the hour. A play is told when it ends, so the labels are looked for in as
 * many events again as it takes.
 */
export function simulatedExamples(count: number): NamedExample[] {
  const examples: (Omit<NamedExample, "label"> & { label: 0 | 1 })[] = [];
  const byKey = new Map<string, number>();
  const catalogue = new Map<string, readonly NamedFeature[]>();
  let endTime = Number.POSITIVE_INFINITY;
  for (const { event } of simulate({ seed: 1 })) {
    const { type, time, account = "", item, artist, request, position = 0 } = event;
    if (time > endTime) break;
    if (item === undefined) continue;
    const key = `${request} ${item}`;
    if (type === "item_set") {
      catalogue.set(item, [...itemFeatures(event), ["artist", artist ?? ""]]);
    } else if (type === "impression" && examples.length < count) {
      byKey.set(key, examples.length);
      const hour = String(new Date(time).getUTCHours());
      const moment: NamedFeature[] = [
        ["place", String(position)],
        ["hour", hour],
      ];
      examples.push({
        time: Math.floor(time / 1000),
        label: 0,
        features: [["user", account], ["item", item], ...(catalogue.get(item) ?? []), ...moment],
      });
      if (examples.length === count) endTime = time + longestMs;
    } else if (type === "play") {
      const index = byKey.get(key);
      if (index !== undefined) examples[index].label = 1;
    }
  }
  return examples;
}

/** From being shown to the end of the play: lists of 8, tracks of minutes. */
const longestMs = 3 * 3_600_000;

function itemFeatures({ context }: Event): NamedFeature[] {
  const { categories, released } = context ?? {};
  const genres = typeof categories === "string" ? categories.split("|") : [];
  return [
    ...genres.map((name): NamedFeature => ["genre", name]),
    ...(released === undefined ? [] : [["year", String(Math.floor(Number(released)))] as const]),
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
