/** Accounts whose people are known, one by one. */
import { FoldbackError, Random } from "../../core/index.ts";
import { Draws } from "../draws.ts";
import { simulationBounds } from "../options.ts";
import { drawAccount } from "./account.ts";
import { Music } from "./music.ts";
import {
  drawHouseholdParameters,
  type HouseholdLevel,
  type HouseholdParameters,
  householdLevels,
  householdParameters,
} from "./parameters.ts";
import type { SimulatedAccount } from "./records.ts";

export interface HouseholdOptions {
  /** `mixed`: any level, by account. */
  readonly level: HouseholdLevel | "mixed";
  readonly accounts: number;
  /** Same options, same accounts. */
  readonly seed: number;
  /** Epoch milliseconds; 0:00 UTC of the first day. Default: 2025-03-01. */
  readonly start?: number;
  /**
   * Each account is of a service of its own, whose parameters are drawn around the defaults: how far, from 0, not at all, to 1, all of the
   * way that each varies. Default 0.
   */
  readonly varies?: number;
  /** Of every account, whatever its level, and whatever was drawn. */
  readonly parameters?: Partial<HouseholdParameters>;
}

/** Draws of options are not those of the account itself. */
const optionsSeed = 0x6f70_7473;
const defaultStart = Date.UTC(2025, 2, 1);

/**
 * Gives the accounts in the order of their numbers, each made when it is asked for.
 *
 * An account depends on its number, the seed and the parameters, not on how many others there are.
 *
 * @throws FoldbackError CONFIG_INVALID naming the setting, what came and what is allowed.
 */
export function simulateHouseholds(options: HouseholdOptions): Iterable<SimulatedAccount> {
  const { accounts, seed, start = defaultStart } = options;
  for (const [name, value] of Object.entries({ accounts, seed, start })) {
    const { minimum, maximum } = simulationBounds[name as "accounts" | "seed" | "start"]; // these three
    if (Number.isSafeInteger(value) && value >= minimum && value <= maximum) continue;
    const allowed = `a whole number from ${minimum} to ${maximum}`;
    throw new FoldbackError("CONFIG_INVALID", `${name} is ${value}; allowed: ${allowed}`, {
      details: { setting: name },
    });
  }
  for (const level of householdLevels) householdParameters(level, options.parameters);
  return { [Symbol.iterator]: () => accountsOf(options) };
}

function* accountsOf({
  accounts,
  level,
  parameters = {},
  seed,
  start = defaultStart,
  varies = 0,
}: HouseholdOptions): Generator<SimulatedAccount> {
  const music = new Map<string, Music>();
  for (let number = 1; number <= accounts; number++) {
    const random = new Random(((seed ^ optionsSeed) >>> 0) + number * 0x1_0000_0000);
    const drawn = householdLevels[random.below(householdLevels.length)];
    const own = level === "mixed" ? drawn : level;
    const around = varies > 0 ? drawHouseholdParameters(random, own, varies) : {};
    const all = householdParameters(own, { ...around, ...parameters });
    const { artistsPerGenre, genres, songsPerArtist } = all;
    const key = `${genres} ${artistsPerGenre} ${songsPerArtist}`;
    const known = music.get(key) ?? new Music(all);
    if (varies === 0) music.set(key, known);
    yield drawAccount(`a${number}`, all, known, start, new Draws(seed, number));
  }
}
