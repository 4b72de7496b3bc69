/** The index that the build made, against the rows that it was made from. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { Random } from "../../core/index.ts";
import { middleOf, placeAt } from "./places.ts";

const source = gunzipSync(readFileSync("data/geonames/all_postal.tsv.gz")).toString();
const american = source
  .split("\n")
  .filter((line) => line.startsWith("US\t"))
  .map((line) => line.split("\t"))
  .filter(([, , city]) => !/^[ADF]PO\b/.test(city));

test("of points up to 550 m from the middle of American postal areas most are in them", () => {
  const random = new Random(1);
  const right = { zip: 0, city: 0, state: 0, country: 0 };
  const count = 5000;
  for (let i = 0; i < count; i++) {
    const [country, zip, city, state, lat, lon] =
      american[Math.floor(random.uniform() * american.length)];
    const north = (random.uniform() - 0.5) * 0.01;
    const east = ((random.uniform() - 0.5) * 0.01) / Math.cos((Number(lat) * Math.PI) / 180);
    const place = placeAt(Number(lat) + north, Number(lon) + east);
    if (place?.zip === zip) right.zip++;
    if (place?.city === city) right.city++;
    if (place?.state === state) right.state++;
    if (place?.country === country) right.country++;
  }
  // Middles are all that is known of areas: what is nearer to another's is that one's.
  expect(right.zip / count).toBeGreaterThan(0.88);
  expect(right.city / count).toBeGreaterThan(0.965);
  expect(right.state / count).toBeGreaterThan(0.998);
  expect(right.country / count).toBeGreaterThan(0.999);
});

test.each<[string, number, number, object | undefined]>([
  ["the sea", 0, -30, undefined],
  ["(0, 0)", 0, 0, undefined],
  ["no number", Number.NaN, 1, undefined],
  ["out of range", 91, 0, undefined],
  ["Lisbon", 38.72, -9.14, { city: "Lisboa", country: "PT", timeZone: "Europe/Lisbon" }],
  ["Barrow", 71.29, -156.79, { city: "Barrow", state: "AK", timeZone: "America/Anchorage" }],
])("%s", (_, lat, lon, expected) => {
  if (expected === undefined) expect(placeAt(lat, lon)).toBeUndefined();
  else expect(placeAt(lat, lon)).toMatchObject(expected);
});

test("a place by name has a middle where the name says one", () => {
  expect(middleOf({ zip: "94110", country: "US" })?.lat).toBeCloseTo(37.751, 2);
  expect(middleOf({ city: "Springfield" })).toBeUndefined();
});
