/** Everything that a household's simulation goes by: its defaults by level, what is allowed, and how far other services may differ. */
import { FoldbackError, Random } from "../../core/index.ts";

/**
 * `L1`: everybody in a home of their own; `L2`: together, each with own devices; `L3`: also shared devices, travel, VPN;
 * `L4`: all in one home, mostly on shared devices.
 */
export const householdLevels = ["L1", "L2", "L3", "L4"] as const;
export type HouseholdLevel = (typeof householdLevels)[number];

interface Parameter {
  /** For all levels, or for each. */
  readonly value: number | readonly [number, number, number, number];
  /** Allowed, both ends included. */
  readonly minimum: number;
  readonly maximum: number;
  readonly isWhole?: boolean;
  /** Drawn between these multiples of the default, and cut off at what is allowed. Default: it does not vary. */
  readonly varies?: readonly [number, number];
}

const share = { minimum: 0, maximum: 1 };
const monthly = { minimum: 0, maximum: 1 }; // a probability, per 30 days

/** Judgement, not measured of any service; each with a reason to think of it in its name's line. */
const table = {
  // How much there is.
  days: { value: 90, minimum: 7, maximum: 3650, isWhole: true, varies: [0.4, 2] },
  /** Sessions of an account, evenly drawn on a log scale. */
  sessionsMin: { value: 30, minimum: 5, maximum: 100_000, isWhole: true },
  sessionsMax: { value: 300, minimum: 5, maximum: 100_000, isWhole: true },
  /** Of a person, at least: who is not there can't be counted. */
  personSessionsMin: { value: 4, minimum: 1, maximum: 1000, isWhole: true, varies: [0.25, 2] },
  /** How unequal they are: σ of the logarithm of a person's share. */
  activitySpread: { value: 0.6, minimum: 0, maximum: 2, varies: [0.3, 1.6] },
  /** σ of the logarithm of what a day is worth to a person: nobody listens evenly. */
  dayBurst: { value: 0.6, minimum: 0, maximum: 2, varies: [0.2, 2] },

  // Who is behind an account.
  singleShare: { value: 0.45, ...share },
  /** Of accounts with several people: who live in different homes. */
  homesShare: { value: [1, 0, 0, 0], ...share },
  /** Of those in different homes: strangers, at least three, to whom it was resold. */
  resoldShare: { value: 0.15, ...share, varies: [0.5, 2] },

  // What they listen on. Shares of people, or of homes for what is shared.
  phoneShare: { value: [1, 1, 0.97, 0.75], ...share },
  laptopShare: { value: [0.5, 0.5, 0.5, 0.25], ...share, varies: [0.4, 1.6] },
  tabletShare: { value: [0.25, 0.25, 0.2, 0.1], ...share, varies: [0, 2] },
  consoleShare: { value: [0.15, 0.15, 0.05, 0.05], ...share, varies: [0, 2] },
  workDeviceShare: { value: 0.2, ...share, varies: [0, 2] },
  carShare: { value: 0.12, ...share, varies: [0, 2] },
  sharedTvShare: { value: [0, 0, 0.6, 0.9], ...share, varies: [0.6, 1.4] },
  sharedSpeakerShare: { value: [0, 0, 0.4, 0.6], ...share, varies: [0.5, 1.5] },
  sharedTabletShare: { value: [0, 0, 0.35, 0.7], ...share, varies: [0.5, 1.5] },
  /** Of sessions at home, where something is shared. */
  sharedUse: { value: [0, 0, 0.3, 0.75], ...share, varies: [0.5, 1.4] },
  /** Of sessions at home: on what is somebody else's. */
  borrowShare: { value: [0, 0, 0.02, 0.04], ...share, varies: [0, 2] },
  /** A device is replaced: another id. */
  deviceChange: { value: 0.03, ...monthly, varies: [0, 2.5] },
  /** A laptop's id is forgotten with its cookies. */
  cookieLoss: { value: 0.04, ...monthly, varies: [0, 4] },

  // Where and when.
  secondPlaceShare: { value: 0.75, ...share, varies: [0.4, 1.2] },
  /** Of sessions in working hours of those with a second place: at it. */
  atSecondPlace: { value: 0.85, ...share, varies: [0.6, 1.15] },
  /** Of theirs on weekdays at the hours before and after: on the way. */
  onTheWay: { value: 0.25, ...share, varies: [0, 2] },
  /** Of other sessions: at one of three places the person goes to. */
  outShare: { value: 0.07, ...share, varies: [0, 2.5] },
  /** Sessions taken for one in the next postal area. */
  zipNoise: { value: 0.04, ...share, varies: [0, 2.5] },
  /** Of a person, per 30 days. */
  trips: { value: [0.05, 0.08, 0.35, 0.2], minimum: 0, maximum: 10, varies: [0, 2] },
  /** Mean, days. */
  tripDays: { value: 5, minimum: 0.5, maximum: 60, varies: [0.4, 3] },
  /** Of trips: with everybody of the home. */
  tripTogether: { value: 0.4, ...share, varies: [0, 2] },
  holidayHomeShare: { value: [0.02, 0.04, 0.1, 0.08], ...share, varies: [0, 2] },
  /** Of people. */
  vpnShare: { value: [0, 0, 0.15, 0.12], ...share, varies: [0.3, 2] },
  /** Of the sessions of those. */
  vpnUse: { value: 0.3, ...share, varies: [0.2, 2.5] },
  gpsFault: { value: 0.01, ...share, varies: [0, 2.5] },
  /** Of people whose routine goes out: who work in shifts that change weekly. */
  shiftWorkShare: { value: 0.06, ...share, varies: [0, 2.5] },
  /** σ of the logarithm of what an hour of the day is worth to a person, beside the routine. */
  hourSpread: { value: 0.3, minimum: 0, maximum: 2, varies: [0, 2] },
  /** Of accounts: the service lets two listen at once. */
  overlapShare: { value: 0.6, ...share, varies: [0, 1.6] },

  /** Of sessions at home: played on when the person has gone to do something else, perhaps on another device. */
  leftOn: { value: 0.02, ...share, varies: [0, 5] },

  // What is missing.
  deviceMissing: { value: 0.02, ...share, varies: [0, 3] },
  locationMissing: { value: 0.04, ...share, varies: [0, 3] },
  /** Of each other column of ACCESS. */
  columnMissing: { value: 0.008, ...share, varies: [0, 3] },
  genreMissing: { value: 0.02, ...share, varies: [0, 3] },
  artistMissing: { value: 0.005, ...share, varies: [0, 3] },

  // What they listen to.
  genres: { value: 16, minimum: 4, maximum: 40, isWhole: true, varies: [0.63, 1.56] },
  artistsPerGenre: { value: 300, minimum: 5, maximum: 10_000, isWhole: true, varies: [0.3, 3] },
  songsPerArtist: { value: 25, minimum: 1, maximum: 1000, isWhole: true, varies: [0.4, 2] },
  /** Sum of the Dirichlet's parameters: low, and a person has few genres. */
  tasteConcentration: { value: 4, minimum: 0.2, maximum: 200, varies: [0.4, 2.5] },
  /** How much of a taste is the household's, from 0 to all of it; households differ by half. */
  tasteCorrelation: { value: 0.3, ...share, varies: [0, 3] },
  /** How much of a taste is of the moment: at work, on weekends, by loudspeaker, in the car. One person, and looks like two. */
  contextTaste: { value: 0.12, ...share, varies: [0, 2.5] },
  /** The same by device, for who is on it: up to so much, by device. */
  deviceTaste: { value: 0.06, ...share, varies: [0, 4] },
  /** How much of a taste is another's after 30 days. */
  tasteDrift: { value: 0.08, ...monthly, varies: [0, 2.5] },
  /** The next song is of the genre of the one before. */
  sessionFocus: { value: 0.5, ...share, varies: [0, 1.7] },
  /** Of artists who are drawn anew: by fame (a power law), else any of the genre. */
  mainstream: { value: 0.6, ...share, varies: [0.2, 1.6] },
  artistLoyalty: { value: 0.6, ...share, varies: [0, 1.5] },
  songRepeat: { value: 0.3, ...share, varies: [0, 2] },
  /** Of sessions. */
  playlistUse: { value: 0.25, ...share, varies: [0, 2.2] },
  /** Of those: a list of the whole household. As many are the service's own lists. */
  sharedPlaylists: { value: 0.2, maximum: 0.5, minimum: 0, varies: [0, 2] },

  // What they do.
  /** Songs of a session that has any, mean. */
  songsMean: { value: 6, minimum: 1, maximum: 100, varies: [0.25, 2] },
  /** Of sessions. */
  noActions: { value: 0.05, ...share, varies: [0, 3] },
  /** Of songs. */
  skipShare: { value: 0.12, ...share, varies: [0, 2] },
  likeShare: { value: 0.06, ...share, varies: [0, 2] },
  playlistAddShare: { value: 0.02, ...share, varies: [0, 2] },
  downloadShare: { value: 0.05, ...share, varies: [0, 2.5] },
  /** A person who comes to another device loads down again what they have on their first. */
  downloadAgain: { value: 0.4, ...share, varies: [0, 2] },

  // What changes in the months, beside the above: nothing, unless asked for.
  moves: { value: 0, ...monthly },
  /** By each person who is there. */
  joins: { value: 0, ...monthly },
  leaves: { value: 0, ...monthly },
  routineChanges: { value: 0, ...monthly },
} as const satisfies Record<string, Parameter>;

/**
 * Fifteen months in which people change: three to learn from, and a year. As many sessions a month as by default.
 *
 * Devices change by 3 % a month, homes move by 1 %; who is there brings somebody by 2 %, leaves by 2 %, and has another routine by 5 %.
 */
export const yearOfChanges = {
  days: 450,
  sessionsMin: 150,
  sessionsMax: 1500,
  deviceChange: 0.03,
  moves: 0.01,
  joins: 0.02,
  leaves: 0.02,
  routineChanges: 0.05,
} as const satisfies Partial<Record<keyof typeof table, number>>;

export type HouseholdParameters = { readonly [Name in keyof typeof table]: number };

const parameters: Readonly<Record<keyof HouseholdParameters, Parameter>> = table;
export const parameterNames = Object.keys(table) as (keyof HouseholdParameters)[];

/**
 * The parameters of a level, where nothing else is said.
 *
 * @throws FoldbackError CONFIG_INVALID naming the parameter, what came and what is allowed.
 */
export function householdParameters(
  level: HouseholdLevel,
  own: Partial<HouseholdParameters> = {},
): HouseholdParameters {
  for (const name of Object.keys(own)) {
    if (Object.hasOwn(table, name)) continue;
    throw invalid(
      name,
      `households have no parameter ${name}; they have ${parameterNames.join(", ")}`,
    );
  }
  const resolved = eachParameter((name) => own[name] ?? defaultOf(name, level));
  for (const name of parameterNames) {
    const { minimum, maximum, isWhole = false } = parameters[name];
    const value: unknown = resolved[name];
    const isWithin = typeof value === "number" && value >= minimum && value <= maximum;
    if (isWithin && (!isWhole || Number.isSafeInteger(value))) continue;
    const allowed = `a ${isWhole ? "whole " : ""}number from ${minimum} to ${maximum}`;
    throw invalid(name, `${name} is ${String(value)}; allowed: ${allowed}`);
  }
  if (resolved.sessionsMin > resolved.sessionsMax) {
    throw invalid("sessionsMin", `sessionsMin is ${resolved.sessionsMin}, above sessionsMax`);
  }
  return resolved;
}

/** Of drawn parameters, at the one end and at the other: services that lack something altogether are no rarity. */
const atEnd = 0.12;

/**
 * Another service of this level: each parameter that varies is drawn around its default, evenly, or is at an end. A default of 0 stays.
 *
 * @param extent how far from the defaults, from 0 to 1: all of the way that each varies.
 */
export function drawHouseholdParameters(
  random: Random,
  level: HouseholdLevel,
  extent = 1,
): HouseholdParameters {
  return eachParameter((name) => {
    const { minimum, maximum, isWhole = false, varies: [low, high] = [1, 1] } = parameters[name];
    const between = (random.uniform() - atEnd) / (1 - 2 * atEnd);
    const multiple = low + (high - low) * Math.min(Math.max(between, 0), 1);
    const drawn = defaultOf(name, level) * (1 + extent * (multiple - 1));
    const within = Math.min(Math.max(drawn, minimum), maximum);
    return isWhole ? Math.round(within) : within;
  });
}

function eachParameter(value: (name: keyof HouseholdParameters) => number): HouseholdParameters {
  // All names are there, each with its number.
  return Object.fromEntries(
    parameterNames.map((name) => [name, value(name)]),
  ) as HouseholdParameters;
}

function defaultOf(name: keyof HouseholdParameters, level: HouseholdLevel): number {
  const { value } = parameters[name];
  return typeof value === "number" ? value : value[householdLevels.indexOf(level)];
}

function invalid(setting: string, message: string): FoldbackError {
  return new FoldbackError("CONFIG_INVALID", message, { details: { setting } });
}
