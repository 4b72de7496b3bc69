/** What a simulated account leaves in a service's tables, and what is true of it. No other folder's types: whoever reads it converts. */

/** Several people in one home; in homes of their own; strangers far from each other, to whom the account was resold. */
export type HouseholdUsage = "single" | "family" | "homes" | "resold";

export const actionKinds = ["play", "skip", "like", "playlist_add", "download"] as const;
export type ActionKind = (typeof actionKinds)[number];

export interface SimulatedAction {
  readonly action: ActionKind;
  /** Epoch milliseconds. */
  readonly time: number;
  readonly song: string;
  readonly artist: string | undefined;
  readonly playlist: string | undefined;
  readonly genre: string | undefined;
}

/** A row of ACCESS, undefined where a field is missing, and whose it is. */
export interface SimulatedSession {
  readonly token: string;
  /** The truth: from 1, within the account. */
  readonly person: number;
  /** Epoch milliseconds. */
  readonly start: number;
  /** Its last action, else 30 minutes after the start. */
  readonly end: number;
  /** To add to UTC for the clock of where the person is. */
  readonly offsetMs: number;
  /** Hours since Monday 0:00 where the service believes the session to be, 0 to 167. */
  readonly hourOfWeek: number;
  readonly device: string | undefined;
  readonly city: string | undefined;
  readonly state: string | undefined;
  readonly zip: string | undefined;
  /** Degrees; both 0 where a receiver had no fix and said so in this way. */
  readonly latitude: number | undefined;
  readonly longitude: number | undefined;
  readonly day: string | undefined;
  readonly part: string | undefined;
  /** In order of time. */
  readonly actions: readonly SimulatedAction[];
}

export interface SimulatedAccount {
  readonly account: string;
  /** Who have at least one session. */
  readonly people: number;
  readonly usage: HouseholdUsage;
  /** In order of start; tokens are in the same order. */
  readonly sessions: readonly SimulatedSession[];
}

export const dayNames: readonly string[] = [
  ...["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
];

/** Six hours each, from midnight. */
export const partNames: readonly string[] = ["night", "morning", "afternoon", "evening"];
