/** Moments in words: "5 minutes ago", "by Thursday 18:00". Pure; now is given. */
import { once } from './once';
import { words } from './words';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

// Not before the language is known.
const relatives = once(() => new Intl.RelativeTimeFormat(words.locale, { numeric: 'auto' }));
const dates = once(() => format({ weekday: 'short', hour: '2-digit', minute: '2-digit' }));
const farDates = once(() => format({ day: 'numeric', month: 'short' }));
const countdowns = once(() => format({ minute: '2-digit', second: '2-digit', timeZone: 'UTC' }));

const format = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat(words.locale, options);

/** "5 minutes ago", "in 3 hours", "tomorrow": beyond a day, the days of whoever reads it are counted. */
export function relativeTime(at: number, now: number): string {
  const relative = relatives();
  const ms = at - now;
  const size = Math.abs(ms);
  if (size < MINUTE_MS) return relative.format(0, 'second');
  if (size < HOUR_MS) return relative.format(Math.trunc(ms / MINUTE_MS), 'minute');
  if (size < DAY_MS) return relative.format(Math.trunc(ms / HOUR_MS), 'hour');
  if (size < 7 * DAY_MS) return relative.format(Math.round((midnight(at) - midnight(now)) / DAY_MS), 'day');
  return farDates().format(at);
}

/** Of this device's day; two of them are not always whole days apart. */
function midnight(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

/** What is left of less than an hour: "09:41". */
export function minutesAndSeconds(ms: number): string {
  return countdowns().format(Math.max(ms, 0));
}

/** A day and time within six days, a date beyond: a weekday a week away reads like today. */
export function dayAndTime(at: number, now: number): string {
  return Math.abs(at - now) < 6 * DAY_MS ? dates().format(at) : farDates().format(at);
}

/** "16 – 22 November 2026": the days of a week from its Monday, midnight UTC. Which zone they are in does not matter. */
export function daysOfWeek(monday: number): string {
  const dayOf = format({ day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
  return dayOf.formatRange(monday, monday + 6 * DAY_MS);
}

/** "Today", "Yesterday", "Saturday, 21 November", in the zone of whoever reads it. */
export function dayName(at: number, now: number, tz: string): string {
  const ago = Math.round((Date.parse(dayKey(at, tz)) - Date.parse(dayKey(now, tz))) / DAY_MS);
  if (ago > -2) return capital(relatives().format(ago, 'day'));
  const isThisYear = dayKey(at, tz).slice(0, 4) === dayKey(now, tz).slice(0, 4);
  return format({
    ...{ weekday: 'long', day: 'numeric', month: 'long', timeZone: tz },
    ...(isThisYear ? {} : { year: 'numeric' }),
  }).format(at);
}

/** "2026-11-25": a moment's date in a zone. */
export function dayKey(at: number, tz: string): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: tz, dateStyle: 'short' }).format(at);
}

function capital(text: string): string {
  return text.charAt(0).toLocaleUpperCase(words.locale) + text.slice(1);
}

/** "Europe/Berlin" as people say it: "Central European Time". */
export function zoneName(tz: string): string {
  if (tz === 'UTC') return tz; // its long name is one for machines: "GMT+00:00"
  try {
    const parts = format({ timeZone: tz, timeZoneName: 'longGeneric' }).formatToParts();
    return parts.find(({ type }) => type === 'timeZoneName')?.value ?? tz;
  } catch {
    return tz; // newer than this browser
  }
}
