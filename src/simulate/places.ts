/**
 * Where people of the simulation live and work.
 *
 * Places, postal codes, state codes and coordinates are GeoNames postal codes (as of March 2026, CC BY 4.0,
 * geonames.org); coordinates are of the middle of the postal area, in degrees.
 */
import { type Zone, zones } from "./zones.ts";

export interface SimulatedPlace {
  readonly city: string;
  readonly state: string;
  readonly zip: string;
  readonly latitude: number;
  readonly longitude: number;
}

/** Places near enough for a way to work; one time zone. */
export interface Region {
  readonly zone: Zone;
  /** Share of households, in proportion. */
  readonly weight: number;
  /** At least two. */
  readonly places: readonly SimulatedPlace[];
}

export const regions: readonly Region[] = [
  {
    zone: zones.losAngeles,
    weight: 2,
    places: [
      place("San Francisco", "CA", "94110", 37.751, -122.415),
      place("Oakland", "CA", "94607", 37.807, -122.285),
      place("Berkeley", "CA", "94704", 37.866, -122.257),
    ],
  },
  {
    zone: zones.losAngeles,
    weight: 2,
    places: [
      place("Los Angeles", "CA", "90026", 34.077, -118.265),
      place("Pasadena", "CA", "91101", 34.147, -118.139),
      place("Long Beach", "CA", "90802", 33.771, -118.182),
    ],
  },
  {
    zone: zones.denver,
    weight: 1,
    places: [
      place("Denver", "CO", "80202", 39.749, -104.995),
      place("Aurora", "CO", "80012", 39.699, -104.838),
      place("Boulder", "CO", "80302", 40.017, -105.285),
    ],
  },
  {
    zone: zones.phoenix,
    weight: 1,
    places: [
      place("Phoenix", "AZ", "85004", 33.456, -112.069),
      place("Tempe", "AZ", "85281", 33.423, -111.926),
      place("Mesa", "AZ", "85201", 33.432, -111.847),
    ],
  },
  {
    zone: zones.chicago,
    weight: 2,
    places: [
      place("Chicago", "IL", "60614", 41.923, -87.648),
      place("Evanston", "IL", "60201", 42.055, -87.694),
      place("Oak Park", "IL", "60302", 41.892, -87.79),
    ],
  },
  {
    zone: zones.newYork,
    weight: 3,
    places: [
      place("New York", "NY", "10025", 40.797, -73.968),
      place("Brooklyn", "NY", "11215", 40.667, -73.983),
      place("New York", "NY", "10001", 40.748, -73.997),
      place("Jersey City", "NJ", "07302", 40.722, -74.047),
    ],
  },
  {
    zone: zones.newYork,
    weight: 1,
    places: [
      place("Boston", "MA", "02116", 42.349, -71.077),
      place("Cambridge", "MA", "02139", 42.365, -71.104),
      place("Brookline", "MA", "02445", 42.326, -71.134),
    ],
  },
  {
    zone: zones.london,
    weight: 2,
    places: [
      place("Hackney", "ENG", "E8", 51.55, -0.05),
      place("Stockwell", "ENG", "SW9", 51.474, -0.117),
      place("Islington", "ENG", "N1", 51.536, -0.103),
    ],
  },
  {
    zone: zones.london,
    weight: 1,
    places: [
      place("Manchester", "ENG", "M1", 53.481, -2.237),
      place("Didsbury", "ENG", "M20", 53.417, -2.232),
      place("Stockport", "ENG", "SK1", 53.41, -2.158),
    ],
  },
  {
    zone: zones.berlin,
    weight: 2,
    places: [
      place("Berlin", "BE", "10435", 52.538, 13.411),
      place("Berlin", "BE", "12043", 52.48, 13.437),
      place("Potsdam", "BB", "14467", 52.403, 13.063),
    ],
  },
  {
    zone: zones.berlin,
    weight: 1,
    places: [
      place("München", "BY", "80469", 48.13, 11.573),
      place("Freising", "BY", "85354", 48.394, 11.733),
    ],
  },
  {
    zone: zones.sydney,
    weight: 2,
    places: [
      place("Surry Hills", "NSW", "2010", -33.884, 151.213),
      place("Newtown", "NSW", "2042", -33.898, 151.178),
      place("Parramatta", "NSW", "2150", -33.818, 151.004),
    ],
  },
];

function place(
  city: string,
  state: string,
  zip: string,
  latitude: number,
  longitude: number,
): SimulatedPlace {
  return { city, state, zip, latitude, longitude };
}
