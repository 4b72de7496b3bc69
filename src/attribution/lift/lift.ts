import {
  assignmentPValue,
  FoldbackError,
  normalQuantileAbove,
  normalTail,
} from "../../core/index.ts";
import {
  differenceInterval,
  differencePValue,
  type Interval,
  ratioInterval,
  type Share,
} from "./rates.ts";

/** What came of a group that chance put together. */
export interface LiftGroup {
  readonly accounts: number;
  /** Accounts that converted at least once: up to `accounts`. */
  readonly converted: number;
  /** Of all their conversions, in units of the currency. */
  readonly value: number;
  /** Σ of the squares of the accounts' values; undefined where only their sum is known. */
  readonly valueSquares?: number;
}

export interface LiftOptions {
  /** Of the accounts that might be in the test group, the share that chance was to put there; checked where it is given. */
  readonly share?: number;
  /** What the test group cost more than the control, in units of the currency. */
  readonly cost?: number;
  /** Of the intervals; default 0.95. */
  readonly confidence?: number;
}

/** An interval that is open on one side has null there. */
export interface Estimate {
  readonly estimate: number;
  readonly low: number | null;
  readonly high: number | null;
}

export interface LiftGroupReport {
  readonly accounts: number;
  readonly converted: number;
  readonly rate: number;
  readonly value: number;
  readonly valuePerAccount: number;
}

export interface LiftReport {
  readonly test: LiftGroupReport;
  readonly control: LiftGroupReport;
  /** Conversion rate of the test group − that of the control. */
  readonly difference: Estimate;
  /** The same ÷ that of the control; null where the control has none. */
  readonly lift: Estimate | null;
  /** Of both rates being the same, two-sided. */
  readonly pValue: number;
  /** Conversions that would not have been: the difference times the accounts of the test group. */
  readonly incrementalConversions: Estimate;
  /** Value that would not have been. Without the squares of the accounts' values it has no interval, and no p-value. */
  readonly incrementalValue: Estimate;
  readonly valuePValue: number | null;
  /** Null without a cost, and where nothing was gained; open above where that can't be excluded. */
  readonly costPerIncrementalConversion: Estimate | null;
  /** Whether chance put the groups together as it should have; null without a share. */
  readonly sampleRatio: {
    readonly share: number;
    readonly expected: number;
    readonly pValue: number;
    /** Below 0.001: the groups are not what they should be, and nothing else here is to be trusted. */
    readonly isMismatch: boolean;
  } | null;
  readonly confidence: number;
}

const mismatchBelow = 0.001;

/**
 * What the advertising of the test group has caused, by a control group from which chance withheld it.
 *
 * ```
 * lift = (CR_test − CR_control) / CR_control        incremental conversions = (CR_test − CR_control) · N_test
 * ```
 *
 * Unlike credit, this is cause: the groups differ in nothing else. It holds for accounts as they were assigned, whether they saw anything or
 * not. Intervals: of the difference by Newcombe, of the lift by Katz, of value by the normal distribution of means (Welch), which asks for
 * some hundred accounts in each group.
 *
 * @throws FoldbackError REQUEST_INVALID for an empty group, more conversions than accounts, or an option out of range.
 */
export function liftOf(
  { test, control }: { readonly test: LiftGroup; readonly control: LiftGroup },
  { share, cost, confidence = 0.95 }: LiftOptions = {},
): LiftReport {
  check("test", test);
  check("control", control);
  if (!(confidence > 0 && confidence < 1))
    throw invalid("confidence", confidence, "above 0, below 1");
  if (share !== undefined && !(share > 0 && share < 1)) {
    throw invalid("share", share, "above 0, below 1: that of the test group");
  }
  if (cost !== undefined && !(cost >= 0 && Number.isFinite(cost))) {
    throw invalid("cost", cost, "a finite number from 0");
  }
  const z = normalQuantileAbove((1 - confidence) / 2);
  const [one, other] = [shareOf(test), shareOf(control)];
  const [testReport, controlReport] = [groupReport(test), groupReport(control)];
  const difference = testReport.rate - controlReport.rate;
  const interval = differenceInterval(one, other, z);
  const incremental = scaled(difference, interval, test.accounts);
  return {
    test: testReport,
    control: controlReport,
    difference: { estimate: difference, ...interval },
    lift: controlReport.rate === 0 ? null : lift(difference / controlReport.rate, one, other, z),
    pValue: differencePValue(one, other),
    incrementalConversions: incremental,
    ...valueOf(test, control, z),
    costPerIncrementalConversion: cost === undefined ? null : costPer(cost, incremental),
    sampleRatio: share === undefined ? null : sampleRatio(test.accounts, control.accounts, share),
    confidence,
  };
}

function shareOf({ converted, accounts }: LiftGroup): Share {
  return { count: converted, of: accounts };
}

function groupReport({ accounts, converted, value }: LiftGroup): LiftGroupReport {
  return {
    accounts,
    converted,
    rate: converted / accounts,
    value,
    valuePerAccount: value / accounts,
  };
}

function lift(estimate: number, one: Share, other: Share, z: number): Estimate {
  const ratio = ratioInterval(one, other, z);
  return { estimate, low: ratio ? ratio.low - 1 : null, high: ratio ? ratio.high - 1 : null };
}

function scaled(estimate: number, { low, high }: Interval, factor: number) {
  return { estimate: estimate * factor, low: low * factor, high: high * factor };
}

function valueOf(
  test: LiftGroup,
  control: LiftGroup,
  z: number,
): Pick<LiftReport, "incrementalValue" | "valuePValue"> {
  const difference = test.value / test.accounts - control.value / control.accounts;
  const variance = meanVariance(test) + meanVariance(control);
  if (Number.isNaN(variance)) {
    const estimate = difference * test.accounts;
    return { incrementalValue: { estimate, low: null, high: null }, valuePValue: null };
  }
  const half = z * Math.sqrt(variance);
  const interval = { low: difference - half, high: difference + half };
  return {
    incrementalValue: scaled(difference, interval, test.accounts),
    valuePValue: variance === 0 ? 1 : 2 * normalTail(Math.abs(difference) / Math.sqrt(variance)),
  };
}

/** Of the mean value of an account; NaN where it can't be told. */
function meanVariance({ accounts, value, valueSquares = Number.NaN }: LiftGroup): number {
  if (accounts < 2) return Number.NaN;
  const squares = Math.max(0, valueSquares - (value * value) / accounts);
  return squares / (accounts - 1) / accounts;
}

/** The fewer were gained, the more one costs. */
function costPer(
  cost: number,
  {
    estimate,
    low,
    high,
  }: { readonly estimate: number; readonly low: number; readonly high: number },
): Estimate | null {
  if (estimate <= 0) return null;
  return { estimate: cost / estimate, low: cost / high, high: low > 0 ? cost / low : null };
}

function sampleRatio(test: number, control: number, expected: number): LiftReport["sampleRatio"] {
  const pValue = assignmentPValue([test, control], [expected, 1 - expected]);
  return { share: test / (test + control), expected, pValue, isMismatch: pValue < mismatchBelow };
}

function check(name: string, { accounts, converted, value }: LiftGroup): void {
  const isCount = (count: number): boolean => Number.isSafeInteger(count) && count >= 0;
  if (!isCount(accounts) || accounts === 0) {
    throw invalid(
      `${name}.accounts`,
      accounts,
      "a whole number from 1: a group without accounts tells nothing",
    );
  }
  if (!isCount(converted) || converted > accounts) {
    throw invalid(
      `${name}.converted`,
      converted,
      `a whole number from 0 to its ${accounts} accounts: each converts once or not at all`,
    );
  }
  if (!Number.isFinite(value)) throw invalid(`${name}.value`, value, "a finite number");
}

function invalid(setting: string, came: number, allowed: string): FoldbackError {
  return new FoldbackError("REQUEST_INVALID", `${setting} is ${came}; allowed: ${allowed}`, {
    details: { setting, allowed },
  });
}
