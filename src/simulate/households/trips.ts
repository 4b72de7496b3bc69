/** Days away from home: travel, and weekends in the holiday home. On the way there and back nobody knows where a device is. */
import { dayMs, hourMs } from "../../core/index.ts";
import type { Draws } from "../draws.ts";
import type { SimulatedPlace } from "../places.ts";
import { type HomeRegion, homeRegions } from "./areas.ts";
import type { HouseholdParameters } from "./parameters.ts";

export interface Trip {
  /** Leaves home. */
  readonly from: number;
  /** Is there. */
  readonly arrives: number;
  /** Leaves for home. */
  readonly leaves: number;
  /** Is back. */
  readonly until: number;
  readonly region: HomeRegion;
  readonly place: SimulatedPlace;
  readonly isHolidayHome: boolean;
}

/** Who goes. */
interface Traveller {
  readonly homeNumber: number;
  /** The first is what counts. */
  readonly phases: readonly { readonly region: HomeRegion; readonly home: SimulatedPlace }[];
  /** In order of time; they don't overlap. */
  trips: readonly Trip[];
}

/** Of weekends, in the holiday home. */
const holidayWeekends = 0.3;
/** Travel to where people have holiday homes, not to a region's places. */
const toHolidayPlaces = 0.4;
/** km/h by road, and by air with what is before and after it, hours. */
const roadSpeed = 80;
const roadMax = 400;
const airSpeed = 750;
const airHours = 4;

/** The first home's: weekends of all who live in it. */
export function addHolidays(
  members: readonly Traveller[],
  start: number,
  end: number,
  draws: Draws,
): void {
  const [{ homeNumber, phases }] = members;
  const [{ home, region }] = phases;
  const { clock, holiday } = region;
  const trips: Trip[] = [];
  for (let day = start; day + 3 * dayMs < end; day += dayMs) {
    if (Math.floor(clock.hourOfWeek(day) / 24) !== 4 || !draws.chance(holidayWeekends)) continue;
    const friday = day - (clock.hourOfWeek(day) % 24) * hourMs;
    const from = friday + draws.between(15, 19) * hourMs;
    const leaves = friday + 2 * dayMs + draws.between(12, 18) * hourMs;
    trips.push(tripOf(from, leaves, home, region, holiday, true));
  }
  for (const member of members) {
    if (member.homeNumber === homeNumber) member.trips = trips;
  }
}

export function addTrips(
  members: readonly Traveller[],
  { tripDays, tripTogether, trips }: HouseholdParameters,
  start: number,
  end: number,
  draws: Draws,
): void {
  if (trips === 0) return;
  const meanMs = (30 * dayMs) / trips;
  for (const member of members) {
    for (let time = start + draws.exponential() * meanMs; time < end; ) {
      const lengthMs = tripDays * dayMs * draws.logNormal(0.7);
      const [{ home, region: own }] = member.phases;
      const region = homeRegions[draws.below(homeRegions.length)];
      const place = draws.chance(toHolidayPlaces)
        ? region.holiday
        : region.places[draws.below(region.places.length)];
      const isTogether = draws.chance(tripTogether);
      const trip = tripOf(time, time + lengthMs, home, region, place, false);
      if (region !== own || place === region.holiday) {
        for (const other of members) {
          const goes = other === member || (isTogether && other.homeNumber === member.homeNumber);
          if (goes) other.trips = withTrip(other.trips, trip);
        }
      }
      time += lengthMs + draws.exponential() * meanMs;
    }
  }
}

/** Trips that would overlap are not made. */
function withTrip(trips: readonly Trip[], trip: Trip): readonly Trip[] {
  if (trips.some(({ from, until }) => from < trip.until && trip.from < until)) return trips;
  return [...trips, trip].sort((a, b) => a.from - b.from);
}

function tripOf(
  from: number,
  leaves: number,
  home: SimulatedPlace,
  region: HomeRegion,
  place: SimulatedPlace,
  isHolidayHome: boolean,
): Trip {
  const km = distanceKm(home, place);
  const hours = km < roadMax ? km / roadSpeed + 0.5 : km / airSpeed + airHours;
  const arrives = from + hours * hourMs;
  const left = Math.max(leaves, arrives + 6 * hourMs);
  return {
    from,
    arrives,
    leaves: left,
    until: left + hours * hourMs,
    region,
    place,
    isHolidayHome,
  };
}

/**
 * An upper bound that is near enough for how long a way takes, along the meridian and the wider parallel: no
 * trigonometry, whose last bit differs between machines.
 */
function distanceKm(a: SimulatedPlace, b: SimulatedPlace): number {
  const degreesNorth = Math.abs(a.latitude - b.latitude);
  const across = Math.abs(a.longitude - b.longitude);
  const degreesEast = Math.min(across, 360 - across);
  const north = 111.2 * degreesNorth;
  const east = 111.2 * degreesEast * cosine(Math.min(Math.abs(a.latitude), Math.abs(b.latitude)));
  return Math.sqrt(north * north + east * east);
}

/** Of degrees from 0 to 90, by Bhaskara's formula: within 0.002. */
function cosine(degrees: number): number {
  const square = degrees * degrees;
  return (32_400 - 4 * square) / (32_400 + square);
}
