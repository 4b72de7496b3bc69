/** Numbers and times as the viewer writes them. */

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const oneDecimal = new Intl.NumberFormat(undefined, {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const percents = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });
const moments = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** What is not known. */
export const nothing = "–";

type Maybe = number | null | undefined;

const isKnown = (value: Maybe): value is number =>
  value !== undefined && value !== null && !Number.isNaN(value);

export function count(value: Maybe): string {
  return isKnown(value) ? whole.format(value) : nothing;
}

/** A rate: one decimal below ten. */
export function rate(value: Maybe): string {
  if (!isKnown(value)) return nothing;
  return value > 0 && value < 10 ? oneDecimal.format(value) : whole.format(value);
}

export function fixed(value: Maybe, digits: number): string {
  if (!isKnown(value)) return nothing;
  return value.toLocaleString(undefined, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** A score or probability: three digits that say something. */
export function score(value: Maybe): string {
  return isKnown(value)
    ? value.toLocaleString(undefined, { maximumSignificantDigits: 3 })
    : nothing;
}

export function percent(value: Maybe): string {
  return isKnown(value) ? percents.format(value) : nothing;
}

/** An amount of money; without its name where none is known. @param currency ISO 4217. */
export function amount(value: Maybe, currency: string | null | undefined): string {
  if (!isKnown(value)) return nothing;
  if (currency === null || currency === undefined) return fixed(value, 2);
  return value.toLocaleString(undefined, { style: "currency", currency });
}

export function milliseconds(value: Maybe): string {
  if (!isKnown(value)) return nothing;
  if (value === 0) return "0 ms";
  if (value >= 10_000) return `${oneDecimal.format(value / 1000)} s`;
  return `${value < 10 ? oneDecimal.format(value) : whole.format(value)} ms`;
}

export function bytes(value: Maybe): string {
  if (!isKnown(value)) return nothing;
  const units = ["B", "KiB", "MiB", "GiB"];
  const power = value < 1 ? 0 : Math.min(Math.floor(Math.log2(value) / 10), units.length - 1);
  const scaled = value / 1024 ** power;
  return `${scaled < 10 && power > 0 ? oneDecimal.format(scaled) : whole.format(scaled)} ${units[power]}`;
}

const dates = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

/** The day, in the viewer's zone. @param at epoch milliseconds. */
export function date(at: Maybe): string {
  return isKnown(at) ? dates.format(at) : nothing;
}

/** In the viewer's zone. @param at epoch milliseconds. */
export function moment(at: Maybe): string {
  return isKnown(at) ? moments.format(at) : nothing;
}

/** What adds to a logit, with its sign. */
export function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${fixed(Math.abs(value), 2)}`;
}
