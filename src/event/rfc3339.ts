/**
 * Reads an RFC 3339 time into epoch milliseconds; NaN where the text is none.
 *
 * Strict: four-digit year, days checked against their month, an offset or `Z` required, up to nine
 * digits of fraction. Digits past the millisecond are dropped, never rounded up into the next second.
 * A leap second (`:60`) is refused: epoch milliseconds have no place for it. A space or `t` may stand
 * for `T`, as the RFC lets one choose. Years before 1970 give negative numbers. O(1), allocates nothing.
 *
 * Source: RFC 3339, section 5.6.
 *
 * @example parseRfc3339("2013-04-03T22:45:07+02:00") // 1365021907000
 */
export function parseRfc3339(text: string): number {
  if (text.length < 20 || text.length > maxLength) return Number.NaN;
  const separator = text.charCodeAt(10);
  if (
    text.charCodeAt(4) !== hyphen ||
    text.charCodeAt(7) !== hyphen ||
    (separator !== upperT && separator !== lowerT && separator !== space) ||
    text.charCodeAt(13) !== colon ||
    text.charCodeAt(16) !== colon
  ) {
    return Number.NaN;
  }
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  // Written so that NaN, from a character that is no digit, fails as well.
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month)))
    return Number.NaN;
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return Number.NaN;

  let at = 19;
  let ms = 0;
  if (text.charCodeAt(at) === dot) {
    const first = ++at;
    for (let scale = 100; isDigit(text.charCodeAt(at)); at++, scale /= 10) {
      if (scale >= 1) ms += (text.charCodeAt(at) - zero) * scale;
    }
    if (at === first || at - first > maxFractionDigits) return Number.NaN;
  }
  const offset = offsetMinutes(text, at);
  const minutes = (daysSinceEpoch(year, month, day) * 24 + hour) * 60 + minute - offset;
  return (minutes * 60 + second) * 1000 + ms;
}

const maxFractionDigits = 9; // nanoseconds: the finest that clocks write
const maxLength = "1970-01-01T00:00:00.".length + maxFractionDigits + "+00:00".length;

const space = 0x20;
const plus = 0x2b;
const hyphen = 0x2d;
const dot = 0x2e;
const zero = 0x30;
const colon = 0x3a;
const upperT = 0x54;
const upperZ = 0x5a;
const lowerT = 0x74;
const lowerZ = 0x7a;

/** Minutes east of UTC that the text ends with, from `at`; NaN where it does not end with an offset. */
function offsetMinutes(text: string, at: number): number {
  const sign = text.charCodeAt(at);
  if (sign === upperZ || sign === lowerZ) return at + 1 === text.length ? 0 : Number.NaN;
  if ((sign !== plus && sign !== hyphen) || at + 6 !== text.length) return Number.NaN;
  const hours = twoDigits(text, at + 1);
  const minutes = twoDigits(text, at + 4);
  if (!(hours <= 23 && minutes <= 59 && text.charCodeAt(at + 3) === colon)) return Number.NaN;
  return (sign === plus ? 1 : -1) * (hours * 60 + minutes);
}

function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at);
  const ones = text.charCodeAt(at + 1);
  return isDigit(tens) && isDigit(ones) ? (tens - zero) * 10 + ones - zero : Number.NaN;
}

function isDigit(unit: number): boolean {
  return unit >= zero && unit <= zero + 9;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/**
 * Days from 1970-01-01 to a day of the proleptic Gregorian calendar. `Date.UTC` is no help here: it
 * reads the years 0 to 99 as 1900 to 1999.
 *
 * Source: Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
 */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year; // years begin in March, so that a leap day ends one
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468; // days in 400 years; days from 0000-03-01 to 1970-01-01
}
