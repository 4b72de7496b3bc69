import { expect, test } from "vitest";
import { Catalogue, itemName } from "./catalogue.ts";
import { Draws } from "./draws.ts";
import { dot } from "./tastes.ts";
import { genres } from "./words.ts";

const start = Date.UTC(2025, 0, 1);
const catalogue = new Catalogue(3000, start, new Draws(1, 2));

test("an item's categories are its largest components, of a vector of length 1", () => {
  const seen = new Set<string>();
  let withTwo = 0;
  for (let item = 0; item < catalogue.count; item++) {
    const vector = catalogue.vectors[item];
    expect(dot(vector, vector)).toBeCloseTo(1, 12);
    const { context, item: name } = catalogue.describe(item);
    expect(name).toBe(itemName(item));
    const ranked = [...vector.keys()].sort((a, b) => vector[b] - vector[a]);
    const wanted = vector[ranked[1]] >= 0.3 ? ranked.slice(0, 2) : ranked.slice(0, 1);
    expect(context?.["categories"]).toBe(wanted.map((genre) => genres[genre]).join("|"));
    seen.add(genres[ranked[0]]);
    withTwo += wanted.length - 1;
  }
  expect(seen.size).toBe(genres.length);
  expect(withTwo / catalogue.count).toBeGreaterThan(0.2);
  expect(withTwo / catalogue.count).toBeLessThan(0.9);
});

test("items of an artist are alike, those of others less so; some artists have many", () => {
  const byArtist = new Map<string, number[]>();
  for (let item = 0; item < catalogue.count; item++) {
    const artist = catalogue.artistName(item);
    byArtist.set(artist, [...(byArtist.get(artist) ?? []), item]);
  }
  const [own, others] = [[] as number[], [] as number[]];
  for (const items of byArtist.values()) {
    if (items.length < 2) continue;
    own.push(dot(catalogue.vectors[items[0]], catalogue.vectors[items[1]]));
    others.push(dot(catalogue.vectors[items[0]], catalogue.vectors[(items[0] * 7 + 11) % 3000]));
  }
  const mean = (values: number[]): number => values.reduce((a, b) => a + b) / values.length;
  expect(mean(own)).toBeGreaterThan(mean(others) + 0.2);
  const counts = [...byArtist.values()].map((items) => items.length).sort((a, b) => b - a);
  expect(counts[0]).toBeGreaterThan(3 * counts[Math.floor(counts.length / 2)]);
});

test("titles differ; items of the start are told at the start, later ones when they come", () => {
  const titles = new Set<unknown>();
  for (let item = 0; item < 3000; item++) {
    const { context, time } = catalogue.describe(item);
    titles.add(context?.["title"]);
    expect(time).toBe(start);
    expect(context?.["released"]).toBeLessThanOrEqual(2025);
    expect(context?.["released"]).toBeGreaterThan(2014);
  }
  expect(titles.size).toBe(3000);
  const own = new Catalogue(100, start, new Draws(3, 2));
  const item = own.release(start + 5000, new Draws(4, 2));
  expect(item).toBe(100);
  expect(own.describe(item).time).toBe(start + 5000);
  expect(own.describe(item).context?.["released"]).toBe(2025);
});
