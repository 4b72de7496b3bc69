/** Who is behind an account, where they live, and what they listen on. */
import { dayMs } from "../../core/index.ts";
import type { Draws } from "../draws.ts";
import type { SimulatedPlace } from "../places.ts";
import { hourWeight, type Routine, routineFor, routines } from "../routines.ts";
import { type HomeRegion, homeRegions } from "./areas.ts";
import { Device } from "./device.ts";
import { drawHouseholdTaste, type HouseholdTaste, Listener } from "./listener.ts";
import type { Music } from "./music.ts";
import type { HouseholdParameters } from "./parameters.ts";
import type { HouseholdUsage } from "./records.ts";
import { addHolidays, addTrips, type Trip } from "./trips.ts";

const monthMs = 30 * dayMs;
/** Of accounts with several people: those with 2, 3, 4, 5. With the default share of single ones, 2.1 people on the mean. */
const severalShares: readonly number[] = [0.4, 0.3, 0.2, 0.1];
const peopleMax = 5;
/** An account is resold to three and more: as many again are not rare, but a limit keeps sessions for each. */
const resoldMin = 3;
const resoldMeanMore = 2;
const resoldMax = 12;
/** Of people in homes of their own: in the region of the account's first. Strangers are not. */
const sameRegion = 0.6;
/** How near tastes are in homes of their own, beside one home. */
const nearnessOfHomes = 0.5;
/** Of children, the devices that grown-ups would have. */
const childDevices = 0.4;
const consoleInHolidayHome = 0.5;

/** What holds of a person for a while. */
export interface Phase {
  readonly from: number;
  readonly region: HomeRegion;
  readonly home: SimulatedPlace;
  readonly second: SimulatedPlace | undefined;
  /** Where else they go. */
  readonly out: readonly SimulatedPlace[];
  readonly routine: Routine;
  readonly shiftHours: number;
  readonly isShiftWorker: boolean;
}

export type OwnDevices = Partial<
  Record<"phone" | "laptop" | "tablet" | "console" | "work" | "car", Device>
>;

export interface Member {
  /** Within the account, from 1. */
  readonly number: number;
  readonly isChild: boolean;
  /** Those with the same number live together. */
  readonly homeNumber: number;
  readonly from: number;
  until: number;
  /** Of the account's sessions, in proportion. */
  readonly activity: number;
  /** In order of time, the first from the start. */
  readonly phases: Phase[];
  /** By hour of the day, beside the routine. Shape (24,). */
  readonly hours: Float64Array;
  readonly devices: OwnDevices;
  readonly listener: Listener;
  /** In order of time; they don't overlap. */
  trips: readonly Trip[];
  /** Where a VPN lets them out. */
  readonly exit: { readonly region: HomeRegion; readonly place: SimulatedPlace } | undefined;
}

export interface Household {
  readonly usage: HouseholdUsage;
  readonly members: readonly Member[];
  /** Of the home that most live in. */
  readonly shared: readonly Device[];
  readonly holidayDevice: Device | undefined;
  readonly taste: HouseholdTaste;
  readonly allowsOverlaps: boolean;
}

/** What all of a household is drawn from. */
interface Setting {
  readonly parameters: HouseholdParameters;
  readonly music: Music;
  readonly start: number;
  readonly end: number;
  readonly draws: Draws;
  readonly nextDevice: () => number;
}

export function drawHousehold(
  parameters: HouseholdParameters,
  music: Music,
  start: number,
  draws: Draws,
): Household {
  let devices = 0;
  const end = start + parameters.days * dayMs;
  const nextDevice = (): number => ++devices;
  const setting: Setting = { parameters, music, start, end, draws, nextDevice };
  const { people, usage } = drawUsage(parameters, draws);
  const nearness = { single: 1, family: 1, homes: nearnessOfHomes, resold: 0 }[usage];
  const taste = drawHouseholdTaste(music, parameters, nearness, draws);
  const members: Member[] = [];
  const firstPhase = drawFirstPhase(setting, usage, members);
  for (let i = 0; i < people; i++) {
    members.push(drawMember(setting, members, firstPhase(), taste, start, usage));
  }
  joinAndLeave(setting, members, firstPhase, taste, usage);
  changePhases(setting, members);
  const shared = drawShared(setting);
  const hasHolidayHome = draws.chance(parameters.holidayHomeShare);
  const hasConsole = hasHolidayHome && draws.chance(consoleInHolidayHome);
  const holidayDevice = hasConsole ? new Device("tv", parameters, start, end, setting) : undefined;
  if (hasHolidayHome) addHolidays(members, start, end, draws);
  addTrips(members, parameters, start, end, draws);
  return {
    usage,
    members,
    shared,
    holidayDevice,
    taste,
    allowsOverlaps: draws.chance(parameters.overlapShare),
  };
}

/** The one that holds at this time. */
export function phaseAt(member: Member, time: number): Phase {
  return member.phases.findLast(({ from }) => from <= time) ?? member.phases[0];
}

/** How likely this local hour of the week is for the person. */
export function hourActivity(
  member: Member,
  phase: Phase,
  hourOfWeek: number,
  time: number,
): number {
  // Early, late and night in turn, week by week.
  const rotation = phase.isShiftWorker ? 8 * (Math.floor(time / (7 * dayMs)) % 3) : 0;
  const weight = hourWeight(phase.routine, hourOfWeek, phase.shiftHours + rotation);
  return weight * member.hours[hourOfWeek % 24];
}

function drawUsage(
  { homesShare, resoldShare, singleShare }: HouseholdParameters,
  draws: Draws,
): { people: number; usage: HouseholdUsage } {
  const isSingle = draws.chance(singleShare);
  const several = 2 + draws.index(severalShares);
  const hasHomes = draws.chance(homesShare);
  const isResold = draws.chance(resoldShare);
  if (isSingle) return { people: 1, usage: "single" };
  if (!hasHomes) return { people: several, usage: "family" };
  if (!isResold) return { people: several, usage: "homes" };
  const people = Math.min(resoldMin + draws.geometric(resoldMeanMore), resoldMax);
  return { people, usage: "resold" };
}

/** Gives the phase that the next member begins with. */
function drawFirstPhase(
  setting: Setting,
  usage: HouseholdUsage,
  members: readonly Member[],
): () => Phase {
  const { draws, start } = setting;
  const first = drawRegion(draws);
  const home = pick(first.places, draws);
  return () => {
    if (usage === "single" || usage === "family" || members.length === 0) {
      return drawPhase(setting, start, first, home, members.length + 1);
    }
    const isNear = usage === "homes" && draws.chance(sameRegion);
    const taken = members.map(({ phases }) => phases[0].home);
    const regions = homeRegions.filter((region) => isNear === (region === first));
    const region = pick(regions, draws);
    const places = region.places.filter((place) => !taken.includes(place));
    return drawPhase(setting, start, region, pick(places, draws), members.length + 1);
  };
}

function drawPhase(
  { parameters, draws }: Setting,
  from: number,
  region: HomeRegion,
  home: SimulatedPlace,
  number: number,
): Phase {
  const routine = routines[routineFor(number, draws.uniform())];
  const others = region.places.filter((place) => place !== home);
  const goesOut = routine.goesOut && draws.chance(parameters.secondPlaceShare);
  return {
    from,
    region,
    home,
    second: goesOut ? pick(others, draws) : undefined,
    out: [pick(others, draws), pick(others, draws), pick(others, draws)],
    routine,
    shiftHours: draws.below(5) - 2,
    isShiftWorker: routine.goesOut && draws.chance(parameters.shiftWorkShare),
  };
}

function drawMember(
  setting: Setting,
  members: readonly Member[],
  phase: Phase,
  taste: HouseholdTaste,
  from: number,
  usage: HouseholdUsage,
): Member {
  const { draws, end, music, parameters } = setting;
  const isChild = phase.routine.name === "child";
  return {
    number: members.length + 1,
    isChild,
    homeNumber: usage === "family" ? 0 : members.length,
    from,
    until: end,
    activity: draws.logNormal(parameters.activitySpread),
    phases: [phase],
    hours: Float64Array.from({ length: 24 }, () => draws.logNormal(parameters.hourSpread)),
    devices: drawOwnDevices(setting, phase, isChild, from),
    listener: new Listener(music, parameters, taste, { isChild, time: from }, draws),
    trips: [],
    exit: draws.chance(parameters.vpnShare) ? drawExit(phase.region, draws) : undefined,
  };
}

function drawOwnDevices(
  setting: Setting,
  { second }: Phase,
  isChild: boolean,
  from: number,
): OwnDevices {
  const { draws, end, parameters } = setting;
  const owns = (share: number): boolean => draws.chance(isChild ? childDevices * share : share);
  const make = (kind: keyof OwnDevices): Device => new Device(kind, parameters, from, end, setting);
  const devices: OwnDevices = {
    ...(owns(parameters.phoneShare) ? { phone: make("phone") } : {}),
    ...(owns(parameters.laptopShare) ? { laptop: make("laptop") } : {}),
    ...(owns(parameters.tabletShare) ? { tablet: make("tablet") } : {}),
    ...(owns(parameters.consoleShare) ? { console: make("console") } : {}),
    ...(second !== undefined && owns(parameters.workDeviceShare) ? { work: make("work") } : {}),
    ...(!isChild && owns(parameters.carShare) ? { car: make("car") } : {}),
  };
  // Everybody has something: where nothing is shared, a person without a device could not listen.
  const hasAny = devices.phone ?? devices.laptop ?? devices.tablet;
  return hasAny === undefined ? { ...devices, tablet: make("tablet") } : devices;
}

function drawShared(setting: Setting): Device[] {
  const { draws, end, parameters, start } = setting;
  const kinds = [
    ["tv", parameters.sharedTvShare],
    ["speaker", parameters.sharedSpeakerShare],
    ["tablet", parameters.sharedTabletShare],
  ] as const;
  const has = kinds.filter(([, share]) => draws.chance(share));
  return has.map(([kind]) => new Device(kind, parameters, start, end, setting));
}

function drawExit(own: HomeRegion, draws: Draws): { region: HomeRegion; place: SimulatedPlace } {
  const region = pick(
    homeRegions.filter((other) => other !== own),
    draws,
  );
  return { region, place: region.places[0] };
}

/** Month by month: who is there may leave, but not the last one; and for each may come another. */
function joinAndLeave(
  setting: Setting,
  members: Member[],
  firstPhase: () => Phase,
  taste: HouseholdTaste,
  usage: HouseholdUsage,
): void {
  const { draws, end, start } = setting;
  const { joins, leaves } = setting.parameters;
  if (joins === 0 && leaves === 0) return;
  for (let month = start; month + monthMs <= end; month += monthMs) {
    for (const member of members.filter(({ until }) => until > month)) {
      const moment = month + draws.uniform() * monthMs;
      if (draws.chance(joins) && members.length < peopleMax) {
        const phase = { ...firstPhase(), from: moment };
        // Who was single is no more: the second comes into the same home.
        const into = usage === "single" ? "family" : usage;
        members.push(drawMember(setting, members, phase, taste, moment, into));
      }
      const present = members.filter(({ from, until }) => from <= month && until > month);
      if (draws.chance(leaves) && present.length > 1 && member.from <= month) member.until = moment;
    }
  }
}

/** Month by month: homes move with all in them; routines change, and second places with them. */
function changePhases(setting: Setting, members: readonly Member[]): void {
  const { draws, end, start } = setting;
  const { moves, routineChanges } = setting.parameters;
  if (moves === 0 && routineChanges === 0) return;
  const homes = [...new Set(members.map(({ homeNumber }) => homeNumber))];
  for (let month = start; month + monthMs <= end; month += monthMs) {
    for (const homeNumber of homes) {
      const moment = month + draws.uniform() * monthMs;
      if (!draws.chance(moves)) continue;
      const living = members.filter((member) => member.homeNumber === homeNumber);
      const region = draws.chance(sameRegion) ? living[0].phases[0].region : drawRegion(draws);
      const home = pick(region.places, draws);
      for (const { number, phases } of living) {
        const { routine, shiftHours } = phases[phases.length - 1];
        phases.push({ ...drawPhase(setting, moment, region, home, number), routine, shiftHours });
      }
    }
    for (const { number, phases } of members) {
      const moment = month + draws.uniform() * monthMs;
      if (!draws.chance(routineChanges)) continue;
      const { region, home } = phases[phases.length - 1];
      phases.push(drawPhase(setting, moment, region, home, number));
    }
  }
  for (const { phases } of members) phases.sort((a, b) => a.from - b.from);
}

function drawRegion(draws: Draws): HomeRegion {
  return homeRegions[draws.index(homeRegions.map(({ weight }) => weight))];
}

export function pick<T>(among: readonly T[], draws: Draws): T {
  return among[draws.below(among.length)];
}
