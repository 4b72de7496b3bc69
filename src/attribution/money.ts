/** Money of events as minor units of one currency. */
import { FoldbackError } from "../core/index.ts";
import { renderText } from "../event/index.ts";

/** What one unit of each currency is worth in any common unit, such as EUR=1, USD=0.92. */
export type Rates = ReadonlyMap<string, number>;

export interface MoneySettings {
  /** ISO 4217: the report's. Default: the one that the data have. */
  readonly currency?: string;
  /** Needed where the data have another. */
  readonly rates?: Rates;
}

/** How the money of events becomes minor units of the report. */
export interface Money {
  /** Undefined: no event names one. */
  readonly currency: string | undefined;
  /** Minor units to one unit of the report's currency: 1 (JPY), 100, 1000 (KWD). */
  readonly minorUnits: number;
  /** Minor units to one unit of each currency that the data have; those of an event without one are `minorUnits`. */
  readonly factors: ReadonlyMap<string, number>;
}

/**
 * Decides a report's currency.
 *
 * @param found the currencies of the data.
 * @throws FoldbackError REQUEST_INVALID where there are several, or another than asked, without rates.
 */
export function moneyOf(found: readonly string[], settings: MoneySettings = {}): Money {
  const { rates } = settings;
  const named = [...found].sort();
  if (settings.currency === undefined && named.length > 1) {
    throw invalid(
      `the data have several currencies: ${renderText(named.join(", "))}; pass --currency EUR and what each is worth, ` +
        "as --rates EUR=1,USD=0.92",
    );
  }
  const currency = settings.currency ?? named[0];
  const minorUnits = 10 ** fractionDigits(currency);
  const factors = new Map<string, number>();
  for (const one of named) {
    if (one === currency) {
      factors.set(one, minorUnits);
      continue;
    }
    const [from, to] = [rates?.get(one), rates?.get(currency)];
    if (from === undefined || to === undefined) {
      const missing = [one, currency]
        .filter((name) => rates?.get(name) === undefined)
        .join(" and ");
      throw invalid(
        `the data have money in ${one}, and the report is in ${currency}: there is no rate of ${missing}; pass ` +
          `--rates ${currency}=1,${one}=… (what one unit is worth)`,
      );
    }
    factors.set(one, (from / to) * minorUnits);
  }
  return { currency, minorUnits, factors };
}

/** An amount of an event in minor units of the report; 0 where there is none. */
export function minorUnitsOf(
  amount: number | undefined,
  currency: string | undefined,
  { factors, minorUnits }: Money,
): number {
  if (amount === undefined) return 0;
  return amount * ((currency === undefined ? undefined : factors.get(currency)) ?? minorUnits);
}

/** By ISO 4217; 2 where there is no currency, or it is unknown. */
function fractionDigits(currency: string | undefined): number {
  if (currency === undefined) return 2;
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  return format.resolvedOptions().maximumFractionDigits ?? 2;
}

function invalid(message: string): FoldbackError {
  return new FoldbackError("REQUEST_INVALID", message, { details: { setting: "currency" } });
}
