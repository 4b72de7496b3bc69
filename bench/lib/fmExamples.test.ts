import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { examplesText, ratingExamples, readExamples, simulatedExamples } from "./fmExamples.ts";
import { withDirectory } from "./report.ts";

/** 2013-03-01 00:00:00 UTC, a Friday. */
const friday = 1_362_096_000;

function inFiles<T>(
  ratings: readonly (readonly [string, string, number, number])[],
  use: (path: string, directory: string) => Promise<T>,
): Promise<T> {
  return withDirectory(async (directory) => {
    const path = join(directory, "ratings.dat");
    const lines = ratings.map((cells) => `${cells.join("::")}\n`);
    writeFileSync(path, lines.join(""));
    writeFileSync(
      join(directory, "movies.dat"),
      "0001::One (1999)::Crime|Drama\n0002::Two (2003)::Comedy\n0003::Three\n",
    );
    return use(path, directory);
  });
}

describe("ratingExamples", () => {
  it("has user, item, and what the catalogue knows of the item, in time order", async () => {
    const examples = await inFiles(
      [
        ["7", "0002", 9, friday + 3600],
        ["7", "0001", 8, friday],
        ["8", "0003", 7, friday + 7200],
      ],
      (path) => ratingExamples(path, 8),
    );
    const ofOne = [
      ["item", "0001"],
      ["genre", "Crime"],
      ["genre", "Drama"],
      ["year", "1999"],
    ];
    const ofTwo = [
      ["item", "0002"],
      ["genre", "Comedy"],
      ["year", "2003"],
    ];
    expect(examples).toEqual([
      { time: friday, label: 1, features: [["user", "7"], ...ofOne] },
      { time: friday + 3600, label: 1, features: [["user", "7"], ...ofTwo] },
      {
        time: friday + 7200,
        label: 0,
        features: [
          ["user", "8"],
          ["item", "0003"],
        ],
      },
    ]);
  });

  it("takes the first ones of a file, and comes back from its own file unchanged", async () => {
    await inFiles(
      [
        ["7", "0002", 9, friday + 3600],
        ["8", "0001", 8, friday],
      ],
      async (ratings, directory) => {
        expect((await ratingExamples(ratings, 8, 1)).map(({ time }) => time)).toEqual([friday]);
        const examples = await ratingExamples(ratings, 8);
        const path = join(directory, "examples");
        writeFileSync(path, examplesText(examples));
        expect(readExamples(path)).toEqual(examples);
      },
    );
  });
});

describe("simulatedExamples", () => {
  it("are impressions with what is known of them, and whether they were played", () => {
    const examples = simulatedExamples(4000);
    expect(examples).toHaveLength(4000);
    const played = examples.filter(({ label }) => label === 1).length / 4000;
    // The truth of these is 0.1376: nothing is trending yet.
    expect(played).toBeGreaterThan(0.12);
    expect(played).toBeLessThan(0.155);
    for (const { features } of examples) {
      const slots = features.map(([slot]) => slot);
      expect(slots).toEqual(
        expect.arrayContaining(["user", "item", "genre", "artist", "place", "hour"]),
      );
    }
    for (let i = 1; i < 4000; i++)
      expect(examples[i].time).toBeGreaterThanOrEqual(examples[i - 1].time);
  });
});
