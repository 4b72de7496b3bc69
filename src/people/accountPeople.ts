/** The answer for one account: how many people, and which session is whose. */
import type { AccountSessions } from "./accountSessions.ts";

/** `family`: several people in one home; `homes`: in separate homes; `resold`: strangers far apart from each other. */
export type UsageClass = "single" | "family" | "homes" | "resold";

export interface AccountPeople {
  readonly account: string;
  /** At least 1. */
  readonly people: number;
  /** `probabilities[n - 1]` is that of exactly n people; they sum to 1. */
  readonly probabilities: readonly number[];
  /** The ends of the shortest interval of counts that holds at least 90 % of the probability. */
  readonly low: number;
  readonly high: number;
  readonly usage: UsageClass;
  /** In words: which facts and which columns speak for the count. Never a verdict. */
  readonly evidence: string;
  /** Whose each session is, from 1 in the order of each person's earliest session. Shape (sessions,). */
  readonly persons: Uint16Array;
  /** How likely that is, in (0, 1]. Shape (sessions,). */
  readonly confidences: Float32Array;
}

/** A pure function: the same sessions give the same answer, on any thread, whatever was asked before. */
export type CountPeople = (sessions: AccountSessions) => AccountPeople;
