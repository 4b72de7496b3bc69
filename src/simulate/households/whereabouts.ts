/** Where a person is when a session starts, on which device, and where the service believes them to be. */
import type { Draws } from "../draws.ts";
import type { SimulatedPlace } from "../places.ts";
import { isWorkingHour } from "../routines.ts";
import { type HomeRegion, homeRegions } from "./areas.ts";
import type { Device } from "./device.ts";
import {
  type Household,
  type Member,
  type OwnDevices,
  type Phase,
  phaseAt,
  pick,
} from "./household.ts";
import type { Context } from "./listener.ts";
import type { HouseholdParameters } from "./parameters.ts";

export interface Whereabouts {
  readonly region: HomeRegion;
  readonly place: SimulatedPlace;
  readonly kind: "home" | "second" | "way" | "out" | "away" | "holiday" | "transit";
  readonly context: Context;
}

export function whereIs(
  member: Member,
  time: number,
  parameters: HouseholdParameters,
  draws: Draws,
): Whereabouts {
  const phase = phaseAt(member, time);
  const trip = member.trips.find(({ from, until }) => from <= time && time < until);
  if (trip !== undefined) {
    const { isHolidayHome, place, region } = trip;
    const isThere = trip.arrives <= time && time < trip.leaves;
    if (isThere)
      return { region, place, kind: isHolidayHome ? "holiday" : "away", context: "weekend" };
    return { region: phase.region, place: phase.home, kind: "transit", context: "leisure" };
  }
  return inRegion(phase, phase.region.clock.hourOfWeek(time), parameters, draws);
}

function inRegion(
  { home, out, region, second }: Phase,
  hourOfWeek: number,
  { atSecondPlace, onTheWay, outShare }: HouseholdParameters,
  draws: Draws,
): Whereabouts {
  const isWeekend = hourOfWeek >= 120;
  if (second !== undefined && isWorkingHour(hourOfWeek) && draws.chance(atSecondPlace)) {
    return { region, place: second, kind: "second", context: "work" };
  }
  const context = isWeekend ? "weekend" : "leisure";
  if (second !== undefined && isCommuteHour(hourOfWeek) && draws.chance(onTheWay)) {
    return { region, place: pick(out, draws), kind: "way", context };
  }
  if (draws.chance(outShare)) return { region, place: pick(out, draws), kind: "out", context };
  return { region, place: home, kind: "home", context };
}

/** Monday to Friday, 7:00 to 8:59 and 17:00 to 18:59. */
function isCommuteHour(hourOfWeek: number): boolean {
  const hour = hourOfWeek % 24;
  return hourOfWeek < 120 && (hour === 7 || hour === 8 || hour === 17 || hour === 18);
}

/** How often a person uses what there, in proportion. */
const useByPlace: Readonly<
  Record<Whereabouts["kind"], readonly (readonly [keyof OwnDevices, number])[]>
> = {
  home: [
    ["phone", 5],
    ["laptop", 3],
    ["tablet", 3],
    ["console", 3],
  ],
  second: [
    ["phone", 4],
    ["laptop", 2],
    ["work", 6],
  ],
  way: [
    ["phone", 4],
    ["car", 5],
  ],
  out: [
    ["phone", 6],
    ["car", 1],
    ["laptop", 1],
  ],
  away: [
    ["phone", 6],
    ["laptop", 2],
    ["tablet", 2],
  ],
  holiday: [
    ["phone", 5],
    ["laptop", 1],
    ["tablet", 2],
  ],
  transit: [
    ["phone", 5],
    ["tablet", 2],
  ],
};

/** One that is not in use; undefined where all are. */
export function deviceFor(
  household: Household,
  member: Member,
  { kind }: Whereabouts,
  time: number,
  parameters: HouseholdParameters,
  draws: Draws,
): Device | undefined {
  const isFree = (device: Device): boolean => device.busyUntil <= time;
  const isAtFirstHome = kind === "home" && member.homeNumber === 0;
  if (isAtFirstHome && draws.chance(parameters.sharedUse)) {
    const shared = household.shared.filter(isFree);
    if (shared.length > 0) return pick(shared, draws);
  }
  if (isAtFirstHome && draws.chance(parameters.borrowShare)) {
    const others = household.members.flatMap((other) =>
      other === member || other.homeNumber !== 0
        ? []
        : [other.devices.phone ?? other.devices.tablet],
    );
    const free = others.filter((device) => device !== undefined && isFree(device));
    if (free.length > 0) return pick(free, draws);
  }
  if (kind === "holiday" && household.holidayDevice !== undefined) {
    if (isFree(household.holidayDevice) && draws.chance(0.4)) return household.holidayDevice;
  }
  const usable = useByPlace[kind].flatMap(([name, weight]) => {
    const device = member.devices[name];
    return device !== undefined && isFree(device) ? [{ device, weight }] : [];
  });
  if (usable.length > 0) return usable[draws.index(usable.map(({ weight }) => weight))].device;
  const any = Object.values(member.devices).find(isFree);
  return any ?? (isAtFirstHome ? household.shared.find(isFree) : undefined);
}

/** What a service's columns say of a session's place, undefined where they say nothing. */
export interface SeenPlace {
  readonly region: HomeRegion;
  readonly place: SimulatedPlace | undefined;
  readonly latitude: number | undefined;
  readonly longitude: number | undefined;
}

/** σ of a position, degrees: about 300 metres. */
const positionSigma = 0.003;
/** Of GPS faults: no fix, told as (0, 0). */
const nullIsland = 0.5;

export function seenPlace(
  member: Member,
  where: Whereabouts,
  parameters: HouseholdParameters,
  draws: Draws,
): SeenPlace {
  const nowhere = {
    region: where.region,
    place: undefined,
    latitude: undefined,
    longitude: undefined,
  };
  if (where.kind === "transit" || draws.chance(parameters.locationMissing)) return nowhere;
  if (draws.chance(parameters.gpsFault)) {
    if (draws.chance(nullIsland)) return { ...nowhere, latitude: 0, longitude: 0 };
    const region = pick(homeRegions, draws);
    return at(region, pick(region.places, draws), draws);
  }
  const { exit } = member;
  if (exit !== undefined && draws.chance(parameters.vpnUse))
    return at(exit.region, exit.place, draws);
  if (draws.chance(parameters.zipNoise)) return at(where.region, neighbour(where, draws), draws);
  return at(where.region, where.place, draws);
}

function at(region: HomeRegion, place: SimulatedPlace, draws: Draws): SeenPlace {
  const near = (degrees: number): number =>
    Math.round((degrees + positionSigma * draws.normal()) * 10_000) / 10_000;
  return { region, place, latitude: near(place.latitude), longitude: near(place.longitude) };
}

/** One of the three nearest, so that the same are seen again. */
function neighbour({ place, region }: Whereabouts, draws: Draws): SimulatedPlace {
  const square = ({ latitude, longitude }: SimulatedPlace): number =>
    (latitude - place.latitude) ** 2 + (longitude - place.longitude) ** 2;
  const others = region.places.filter((other) => other !== place);
  const nearest = others.sort((a, b) => square(a) - square(b)).slice(0, 3);
  return pick(nearest, draws);
}
