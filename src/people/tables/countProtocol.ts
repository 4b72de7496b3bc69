/** What the counting threads are told, and what they answer. */
import type { UsageClass } from "../accountPeople.ts";
import type { AccountSessions } from "../accountSessions.ts";

/** A `CountPeople` that another thread can load: the export of a module. */
export interface CounterModule {
  /** A file URL. */
  readonly url: string;
  readonly name: string;
}

export interface CountRequest {
  readonly sequence: number;
  readonly accounts: readonly AccountSessions[];
}

export interface CountReply {
  readonly sequence: number;
  readonly counted: CountedBatch;
}

/** The answer for a batch of accounts, in their order. */
export interface CountedBatch {
  /** Lines of people.csv and of sessions.csv, UTF-8. */
  readonly people: Uint8Array<ArrayBuffer>;
  readonly assignments: Uint8Array<ArrayBuffer>;
  readonly sessionCount: number;
  /** By account: how many people, and the class. */
  readonly counts: readonly number[];
  readonly classes: readonly UsageClass[];
}
