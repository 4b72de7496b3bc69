import type { Draws } from "./draws.ts";
import { type Region, regions, type SimulatedPlace } from "./places.ts";
import { hourWeight, type Routine, routineFor, routines } from "./routines.ts";
import { dim, drawTaste } from "./tastes.ts";
import type { AccountTruth } from "./truth.ts";
import { LocalClock } from "./zones.ts";

/** Share of accounts with 1, 2, … people behind them. Judgement: no public service tells. */
export const peopleShares: readonly number[] = [0.5, 0.25, 0.13, 0.08, 0.04];
/** Of the accounts with several people: those in which the last lives elsewhere. */
const homesShare = 0.15;
/** How much of a taste is the household's: those who live together listen to each other. */
const sharedTaste = 0.3;
const tvShare = 0.5;
const laptopShare = 0.4;
const secondPlaceShare = 0.75; // of those whose routine goes out
const heldOutShare = 0.1;
/** Sessions a day, mean; single people differ by `logNormal(0.6)`, up to the limit. */
const sessionsPerDay = 0.7;
const sessionsPerDayMax = 6;

export interface Person {
  readonly account: number;
  /** Within the account, from 1. */
  readonly number: number;
  readonly region: Region;
  readonly clock: LocalClock;
  readonly home: SimulatedPlace;
  /** Where the account's first person lives. */
  readonly livesInFirstHome: boolean;
  readonly second: SimulatedPlace | undefined;
  readonly routine: Routine;
  /** How much later than the routine; from -1 to 2. */
  readonly shiftHours: number;
  readonly sessionsPerDay: number;
  /** Unit length, shape (dim,), as of `tasteTime`. */
  readonly taste: Float64Array;
  tasteTime: number;
  /** Within the account, from 1. */
  readonly phone: number;
  readonly phonePlatform: "ios" | "android";
  /** 0: none. */
  readonly laptop: number;
  /** What was liked last; -1: nothing. */
  likedLast: number;
}

/** The accounts with their people, by number. About 500 bytes a person. */
export class Population {
  readonly people: Person[] = [];
  readonly accountCount: number;
  /** Shape (accountCount + 1,): the people of account a are firstPerson[a] to firstPerson[a + 1] - 1. */
  readonly #firstPerson: Int32Array;
  /** Devices of the whole account, of which the first is the shared one where `#hasTv`. */
  readonly #deviceCount: Uint8Array;
  readonly #hasTv: Uint8Array;
  readonly #hasHomes: Uint8Array;
  readonly #isHeldOut: Uint8Array;
  readonly #clocks = new Map(regions.map(({ zone }) => [zone, new LocalClock(zone)]));

  constructor(accountCount: number, start: number, draws: Draws) {
    this.accountCount = accountCount;
    this.#firstPerson = new Int32Array(accountCount + 1);
    this.#deviceCount = new Uint8Array(accountCount);
    this.#hasTv = new Uint8Array(accountCount);
    this.#hasHomes = new Uint8Array(accountCount);
    this.#isHeldOut = new Uint8Array(accountCount);
    for (let account = 0; account < accountCount; account++) this.#settle(account, start, draws);
  }

  hasTv(account: number): boolean {
    return this.#hasTv[account] === 1;
  }

  isHeldOut(account: number): boolean {
    return this.#isHeldOut[account] === 1;
  }

  /** By names, as events and truth have them; undefined where there is none. */
  find(account: string, number: number): Person | undefined {
    const index = Number(account.slice(1)) - 1;
    // Where there is no such account these are undefined, and what follows from them is not below.
    const at = this.#firstPerson[index] + number - 1;
    return number >= 1 && at < this.#firstPerson[index + 1] ? this.people[at] : undefined;
  }

  *accounts(): Generator<AccountTruth> {
    for (let account = 0; account < this.accountCount; account++) {
      const people = this.#firstPerson[account + 1] - this.#firstPerson[account];
      const severalKind = this.#hasHomes[account] === 1 ? "homes" : "family";
      yield {
        account: accountName(account),
        people,
        kind: people === 1 ? "single" : severalKind,
        devices: this.#deviceCount[account],
        isHeldOut: this.isHeldOut(account),
      };
    }
  }

  #settle(account: number, start: number, draws: Draws): void {
    const peopleCount = 1 + draws.index(peopleShares);
    const region = regions[draws.index(regions.map(({ weight }) => weight))];
    const home = pick(region.places, draws);
    const taste = new Float64Array(dim);
    drawTaste(draws, taste, 0, taste);
    let devices = 0;
    if (draws.chance(tvShare)) {
      this.#hasTv[account] = 1;
      devices++;
    }
    this.#isHeldOut[account] = draws.chance(heldOutShare) ? 1 : 0;
    this.#hasHomes[account] = peopleCount > 1 && draws.chance(homesShare) ? 1 : 0;
    for (let number = 1; number <= peopleCount; number++) {
      const livesElsewhere = number === peopleCount && this.#hasHomes[account] === 1;
      const person = this.#drawPerson(
        { account, number, region, home },
        livesElsewhere,
        taste,
        start,
        devices,
        draws,
      );
      devices += person.laptop === 0 ? 1 : 2;
      this.people.push(person);
    }
    this.#deviceCount[account] = devices;
    this.#firstPerson[account + 1] = this.people.length;
  }

  #drawPerson(
    household: Pick<Person, "account" | "number" | "region" | "home">,
    livesElsewhere: boolean,
    householdTaste: Float64Array,
    start: number,
    devicesBefore: number,
    draws: Draws,
  ): Person {
    const region = livesElsewhere ? pick(regions, draws) : household.region;
    const home = livesElsewhere
      ? pick(
          region.places.filter((place) => place !== household.home),
          draws,
        )
      : household.home;
    const routine = routines[routineFor(household.number, draws.uniform())];
    const goesOut = routine.goesOut && draws.chance(secondPlaceShare);
    const second = pick(
      region.places.filter((place) => place !== home),
      draws,
    );
    const taste = new Float64Array(dim);
    drawTaste(draws, householdTaste, livesElsewhere ? 0 : sharedTaste, taste);
    const clock = this.#clocks.get(region.zone) as LocalClock; // made for every region's zone
    return {
      account: household.account,
      number: household.number,
      region,
      home,
      livesInFirstHome: !livesElsewhere,
      clock,
      second: goesOut ? second : undefined,
      routine,
      shiftHours: draws.below(4) - 1,
      sessionsPerDay: Math.min(sessionsPerDay * draws.logNormal(0.6), sessionsPerDayMax),
      taste,
      tasteTime: start,
      phone: devicesBefore + 1,
      phonePlatform: draws.chance(0.5) ? "ios" : "android",
      laptop: draws.chance(laptopShare) ? devicesBefore + 2 : 0,
      likedLast: -1,
    };
  }
}

/** How likely this moment of the local week is for the person, beside the mean of 1. */
export function activity(person: Person, time: number): number {
  return hourWeight(person.routine, person.clock.hourOfWeek(time), person.shiftHours);
}

export function accountName(account: number): string {
  return `a${account + 1}`;
}

export function deviceName(account: number, device: number): string {
  return `a${account + 1}-d${device}`;
}

function pick<T>(among: readonly T[], draws: Draws): T {
  return among[draws.below(among.length)];
}
