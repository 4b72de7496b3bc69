import { describe, expect, test } from "vitest";
import { encodePostalIndex, PostalIndex, type PostalRow } from "./postalIndex.ts";

const row = (
  country: string,
  zip: string,
  city: string,
  state: string,
  lat: number,
  lon: number,
): PostalRow => ({ country, zip, city, state, lat, lon });

const rows = [
  row("FJ", "1", "Taveuni", "N", -16.8, 179.95),
  row("FJ", "2", "Rabi", "N", -16.5, -179.97),
  row("NO", "9170", "Longyearbyen", "21", 78.2, 15.6),
  row("AQ", "7", "Pole", "", -89.9, 120),
  row("DE", "10115", "Berlin", "16", 52.532, 13.385),
  row("DE", "10117", "Berlin", "16", 52.517, 13.387),
  row("US", "10115", "New York", "NY", 40.811, -73.964),
  row("US", "62701", "Springfield", "IL", 39.8, -89.65),
  row("US", "97477", "Springfield", "OR", 44.05, -123.02),
  row("BR", "01310-100", " São  Paulo ", "27", -23.56, -46.65),
  row("GB", "SW1A", "London", "ENG", 51.502, -0.133),
  row("PT", "1000-002", "Lisboa", "14", 38.717, -9.133),
  row("PT", "1000-001", "Lisboa", "14", 38.717, -9.133),
];
const index = new PostalIndex(encodePostalIndex(rows));

describe("by coordinates", () => {
  test.each<[string, number, number, string | undefined]>([
    ["the nearest place", 52.53, 13.38, "10115"],
    ["across the antimeridian, from the east", -16.8, -179.99, "1"],
    ["across the antimeridian, from the west", -16.5, 179.99, "2"],
    ["over the pole", -89.9, -60, "7"],
    ["at the other pole nothing", 90, 0, undefined],
    ["nothing farther than 100 km", 52.53, 14.9, undefined],
    ["something nearer than 100 km", 52.517, 14.8, "10117"],
    ["of two at the same place the first", 38.7, -9.1, "1000-001"],
  ])("%s", (_, lat, lon, zip) => {
    expect(index.at(lat, lon)?.zip).toBe(zip);
  });

  test("a country without states gives none, and texts are trimmed, in NFC", () => {
    expect(index.at(-89.9, 120)).toEqual({ city: "Pole", zip: "7", country: "AQ" });
    expect(index.at(-23.56, -46.65)?.city).toBe("São  Paulo".normalize("NFC"));
  });
});

describe("by name", () => {
  test.each<[Parameters<PostalIndex["middleOf"]>[0], number | undefined]>([
    [{ zip: "10117" }, 52.517],
    [{ zip: "10115" }, undefined],
    [{ zip: "10115", country: "US" }, 40.811],
    [{ zip: "10115", city: "berlin" }, 52.532],
    [{ zip: "10115", state: "NY" }, 40.811],
    [{ zip: "10115", state: "New York" }, undefined],
    [{ zip: "10115", country: "FR" }, undefined],
    [{ city: "BERLIN" }, 52.5245],
    [{ city: "Springfield" }, undefined],
    [{ city: "Springfield", state: "OR" }, 44.05],
    [{ city: "sao paulo" }, -23.56],
    [{ zip: "sw1a 1aa" }, 51.502],
    [{ zip: "62701-1234" }, 39.8],
    [{ zip: "1000001" }, 38.717],
    [{ zip: "00000", city: "Lisboa" }, 38.717],
    [{ city: "Atlantis" }, undefined],
    [{}, undefined],
  ])("the middle of %j has the latitude %s", (place, lat) => {
    const middle = index.middleOf(place);
    if (lat === undefined) expect(middle).toBeUndefined();
    else expect(middle?.lat).toBeCloseTo(lat, 3);
  });
});

test("rows in another order, and twice, give the same bytes", () => {
  expect(encodePostalIndex([...rows, ...rows].reverse())).toEqual(encodePostalIndex(rows));
});

test("other bytes are refused", () => {
  const bytes = new Uint8Array(64);
  expect(() => new PostalIndex(bytes)).toThrow(expect.objectContaining({ code: "DATA_CORRUPT" }));
});
