/** Where each person lives, as far as sessions tell, and what that says of how an account is used. */
import type { UsageClass } from "../accountPeople.ts";
import type { AccountSessions } from "../accountSessions.ts";
import { distanceKm } from "./facts.ts";
import type { Signs } from "./signs.ts";

/** Homes this far apart are not of one region. */
const strangersKm = 100;
/** From so many people on, an account of strangers is taken for resold: two far apart are a couple or a child that moved out. */
const resoldPeopleMin = 3;

export interface Home {
  /** As in `Signs.places`; 0 where no place of the person is known. */
  readonly place: number;
  readonly latitude: number;
  readonly longitude: number;
}

/** Where most of a person's sessions are that are at a weekend or not from 9 to 17; where none is, most of all. */
export function homesOf(sessions: AccountSessions, of: Signs, persons: Uint16Array): Home[] {
  const people = persons.reduce((most, person) => Math.max(most, person), 0);
  const counts = Array.from({ length: people }, () => new Map<number, number>());
  for (let session = 0; session < of.count; session++) {
    const place = of.places[session];
    if (place === 0) continue;
    const weight = isFreeTime(sessions.hours[session]) ? 1000 : 1;
    const places = counts[persons[session] - 1];
    places.set(place, (places.get(place) ?? 0) + weight);
  }
  return counts.map((places) => {
    let home = 0;
    for (const [place, count] of places) {
      const most = places.get(home) ?? 0;
      if (count > most || (count === most && place < home)) home = place;
    }
    const session = home === 0 ? -1 : of.places.indexOf(home);
    return {
      place: home,
      latitude: session < 0 ? Number.NaN : sessions.latitudes[session],
      longitude: session < 0 ? Number.NaN : sessions.longitudes[session],
    };
  });
}

export function usageOf(homes: readonly Home[]): UsageClass {
  if (homes.length === 1) return "single";
  const known = homes.filter(({ place }) => place !== 0);
  const apart = [...new Map(known.map((home) => [home.place, home])).values()];
  if (apart.length < 2) return "family";
  const areStrangers = apart.every((home) =>
    apart.every((other) => other === home || isFar(home, other)),
  );
  const isResold = areStrangers && apart.length >= resoldPeopleMin && apart.length === known.length;
  return isResold ? "resold" : "homes";
}

function isFar(one: Home, other: Home): boolean {
  return distanceKm(one.latitude, one.longitude, other.latitude, other.longitude) > strangersKm;
}

function isFreeTime(hourOfWeek: number): boolean {
  if (hourOfWeek < 0) return true;
  const hour = hourOfWeek % 24;
  return hourOfWeek >= 5 * 24 || hour < 9 || hour >= 17;
}
