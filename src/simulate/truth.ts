/** What is true of the simulated service and no event says: what the engine's answers are measured by. */
import type { Event } from "../event/index.ts";

/** An event with what is true of it. */
export interface Simulated {
  readonly event: Event;
  readonly truth: Truth;
}

export interface Truth {
  /** Who did it: the account's people are numbered from 1. Absent where nobody did (`item_set`). */
  readonly person?: number;
  /** Of an `access`: where the session is. */
  readonly place?: SessionPlace;
  /** Of an `impression`: the probability, in (0, 1), with which it was decided whether it is played. */
  readonly playProbability?: number;
  /** Of a `purchase` or `subscribe`. */
  readonly conversion?: ConversionTruth;
}

export interface SessionPlace {
  readonly kind: "home" | "second";
  /** Degrees north and east. */
  readonly latitude: number;
  readonly longitude: number;
  /** IANA name. */
  readonly timeZone: string;
}

export interface ConversionTruth {
  /** Whether the person would have converted at this moment also if there had never been an ad. */
  readonly withoutAds: boolean;
  /** The campaign without which it would not have happened; absent where it would have. */
  readonly campaign?: string;
  /** Conversions a day the person makes without ads, of this type. */
  readonly baseRate: number;
  /** What ads multiply that by at this moment, from 1. */
  readonly adFactor: number;
}

export interface AccountTruth {
  readonly account: string;
  /** From 1 to 5. */
  readonly people: number;
  /** `family`: several people in one home; `homes`: several in at least two. */
  readonly kind: "single" | "family" | "homes";
  readonly devices: number;
  /** Kept from all ads, by lot. */
  readonly isHeldOut: boolean;
}

export interface CampaignTruth {
  readonly campaign: string;
  readonly channel: string;
  /** `intent`: shown the more, the more the person converts anyway; `broad`: to all alike. */
  readonly audience: "broad" | "intent";
  /** What one click adds to the factor on the rate of conversions, at its moment; 0: the campaign does nothing. */
  readonly effect: number;
  /** Time in which that falls to half, in days. */
  readonly halfLifeDays: number;
  readonly impressions: number;
  readonly engagedViews: number;
  readonly clicks: number;
  /** US dollars. */
  readonly cost: number;
  /** Conversions so far that would not have happened without this campaign. */
  readonly caused: number;
  /** What `caused` is in expectation, given the touches and conversions so far. */
  readonly causedExpected: number;
}

export interface ConversionTotals {
  /** Conversions so far. */
  readonly conversions: number;
  /** The same people's conversions in the same time, had there been no ads. */
  readonly withoutAds: number;
}
