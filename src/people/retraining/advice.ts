/**
 * Whether it pays to count an account again: what staleness costs against what a run costs.
 *
 * Sessions beyond the cut, more than when the count was new, are taken to go wrong from now on, at the rate since the count, until the
 * count is too old in any case:
 *
 *     expected wrong = (beyond / since − beyond when new) · sessions a day · days left
 *
 * A run is advised where that, at the cost of a wrong session, is more than the run; or the count is too old; or much has drifted.
 */
import { type ColumnDrift, driftMuch } from "./drift.ts";

export interface RetrainingCosts {
  /** Of a session that is given to the wrong person, in any unit of money. */
  readonly wrongSession: number;
  /** Of counting an account once, in the same unit. */
  readonly run: number;
}

export interface CountInUse {
  /** Days since the account was counted, and the age at which it is counted again in any case. */
  readonly ageDays: number;
  readonly ageMaxDays: number;
  /** Sessions since, and those of them beyond the cut. */
  readonly sessions: number;
  readonly beyond: number;
  /** Share beyond the cut of a count that is new, in [0, 1]: what is chance. */
  readonly beyondWhenNew: number;
  readonly drift?: ColumnDrift;
}

/** `cost`: staleness costs more than a run; `age`: too old; `drift`: much has changed in a column. */
export const retrainingReasons = ["cost", "age", "drift"] as const;
export type RetrainingReason = (typeof retrainingReasons)[number];

export interface RetrainingAdvice {
  /** Empty where the count may stay. */
  readonly reasons: readonly RetrainingReason[];
  /** Sessions that go wrong in a day, as those since the count say. */
  readonly wrongADay: number;
  /** Sessions until the count is too old. */
  readonly expectedWrong: number;
  /** What a run now saves, less what it costs, in the unit of the costs; negative where it does not pay. */
  readonly saving: number;
}

/** Two columns that drift are a move or a change of devices; one alone may be a season. */
const columnsDriftedMin = 2;
/** Fewer sessions say nothing of drift. */
const driftSessionsMin = 20;

export function adviseRetraining(use: CountInUse, costs: RetrainingCosts): RetrainingAdvice {
  const { ageDays, ageMaxDays, beyond, beyondWhenNew, drift, sessions } = use;
  const daysLeft = Math.max(0, ageMaxDays - ageDays);
  const share = sessions === 0 ? 0 : Math.max(0, beyond / sessions - beyondWhenNew);
  const perDay = sessions / Math.max(1, ageDays);
  const wrongADay = share * perDay;
  const expectedWrong = wrongADay * daysLeft;
  const saving = expectedWrong * costs.wrongSession - costs.run;
  const reasons: RetrainingReason[] = [];
  if (saving > 0) reasons.push("cost");
  if (ageDays >= ageMaxDays) reasons.push("age");
  if (drift !== undefined && sessions >= driftSessionsMin) {
    const drifted = Object.values(drift).filter((index) => index > driftMuch).length;
    if (drifted >= columnsDriftedMin) reasons.push("drift");
  }
  return { reasons, wrongADay, expectedWrong, saving };
}

export interface ServiceAdvice {
  readonly accounts: number;
  /** For which a run is advised. */
  readonly due: number;
  readonly byReason: Readonly<Record<RetrainingReason, number>>;
  readonly expectedWrong: number;
  /** What running those that are due saves, less what it costs; and what running all would. */
  readonly savingOfDue: number;
  readonly savingOfAll: number;
}

/** For all accounts together; adds up over parts of them. */
export function adviseService(advice: Iterable<RetrainingAdvice>): ServiceAdvice {
  const byReason: Record<RetrainingReason, number> = { cost: 0, age: 0, drift: 0 };
  let accounts = 0;
  let due = 0;
  let expectedWrong = 0;
  let savingOfDue = 0;
  let savingOfAll = 0;
  for (const one of advice) {
    accounts++;
    expectedWrong += one.expectedWrong;
    savingOfAll += one.saving;
    if (one.reasons.length > 0) {
      due++;
      savingOfDue += one.saving;
    }
    for (const reason of one.reasons) byReason[reason]++;
  }
  return { accounts, due, byReason, expectedWrong, savingOfDue, savingOfAll };
}
