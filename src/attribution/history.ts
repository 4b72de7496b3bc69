import type { Timed, TouchKind } from "./rules.ts";

/** What touches can be grouped by. */
export const touchDimensions = ["channel", "advertiser", "campaign", "group", "creative"] as const;

export type TouchDimension = (typeof touchDimensions)[number];

export interface Touch extends Timed {
  readonly kind: TouchKind;
  /** Those that the event gave. */
  readonly names: Readonly<Partial<Record<TouchDimension, string>>>;
  /** In minor units of the report's currency; 0 where the event gave none. */
  readonly cost: number;
  readonly session?: string;
}

export interface Conversion extends Timed {
  /** The name of the event, such as `purchase`. */
  readonly event: string;
  /** In minor units of the report's currency, fractions of them allowed; 0 where the event gave none. */
  readonly value: number;
  /** Who converted, as the event says, or the session. */
  readonly account: string;
  readonly session?: string;
}

/**
 * All that is credited together: of an account with the sessions that logged in to it and the accounts that are linked with it, or of
 * one of its persons. Duplicates are gone.
 */
export interface History {
  /** The account, the session that never logged in, or the account and the number of the person. */
  readonly key: string;
  /** In order. */
  readonly touches: readonly Touch[];
  /** In order. */
  readonly conversions: readonly Conversion[];
}
