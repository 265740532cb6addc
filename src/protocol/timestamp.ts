import { fractionText } from './duration.js';
import type { SecondsAndNanos } from './duration.js';

const RFC_3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

const SECONDS_PER_DAY = 86_400;
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Years 1 to 9999, as google.protobuf.Timestamp allows them. */
const MIN_SECONDS = -62_135_596_800;
const MAX_SECONDS = 253_402_300_799;

/** Reads RFC 3339 (`2026-11-21T03:25:04.5Z`); undefined if it is not that, or no such time. */
export function parseTimestamp(text: string): SecondsAndNanos | undefined {
  const parts = RFC_3339.exec(text);
  if (parts === null) return undefined;
  const part = (index: number): number => Number(parts[index] ?? 0);
  const [year, month, day] = [part(1), part(2), part(3)];
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  if (part(4) > 23 || part(5) > 59 || part(6) > 59 || part(9) > 23 || part(10) > 59) {
    return undefined;
  }
  const offset = (parts[8] === '-' ? -1 : 1) * (part(9) * 3600 + part(10) * 60);
  const ofDay = part(4) * 3600 + part(5) * 60 + part(6);
  const seconds = daysFromCivil(year, month, day) * SECONDS_PER_DAY + ofDay - offset;
  if (seconds < MIN_SECONDS || seconds > MAX_SECONDS) return undefined;
  return { seconds: String(seconds), nanos: Number((parts[7] ?? '').padEnd(9, '0')) };
}

/** RFC 3339 in UTC. Nanos count forward also before 1970, as in google.protobuf.Timestamp. */
export function timestampText({ seconds, nanos }: SecondsAndNanos): string {
  const total = Number(seconds);
  const days = Math.floor(total / SECONDS_PER_DAY);
  const ofDay = total - days * SECONDS_PER_DAY;
  const { year, month, day } = civilFromDays(days);
  const time = [Math.floor(ofDay / 3600), Math.floor((ofDay % 3600) / 60), ofDay % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
  return `${date}T${time.map(two).join(':')}${fractionText(nanos)}Z`;
}

function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : (MONTH_DAYS[month - 1] ?? 0);
}

/** Days before the first of January of a year, counted from 1970, in the Gregorian calendar. */
function daysBeforeYear(year: number): number {
  const before = year - 1;
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  return before * 365 + leapDays - 719_162;
}

function daysFromCivil(year: number, month: number, day: number): number {
  let days = daysBeforeYear(year) + day - 1;
  for (let earlier = 1; earlier < month; earlier++) days += daysInMonth(year, earlier);
  return days;
}

function civilFromDays(days: number): { year: number; month: number; day: number } {
  let year = 1970 + Math.floor(days / 365.2425);
  while (daysBeforeYear(year) > days) year--;
  while (daysBeforeYear(year + 1) <= days) year++;
  let rest = days - daysBeforeYear(year);
  let month = 1;
  while (rest >= daysInMonth(year, month)) {
    rest -= daysInMonth(year, month);
    month++;
  }
  return { year, month, day: rest + 1 };
}
