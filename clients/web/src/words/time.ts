/** Moments in words: "5 minutes ago", "by Thursday 18:00". Pure; now is given. */
import { words } from './words';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const relative = new Intl.RelativeTimeFormat(words.locale, { numeric: 'auto', style: 'long' });
const date = new Intl.DateTimeFormat(words.locale, { weekday: 'short', hour: '2-digit', minute: '2-digit' });
const farDate = new Intl.DateTimeFormat(words.locale, { day: 'numeric', month: 'short' });

/** "5 minutes ago", "in 3 hours", "now". */
export function relativeTime(at: number, now: number): string {
  const ms = at - now;
  const size = Math.abs(ms);
  if (size < MINUTE_MS) return relative.format(0, 'second');
  if (size < HOUR_MS) return relative.format(Math.trunc(ms / MINUTE_MS), 'minute');
  if (size < DAY_MS) return relative.format(Math.trunc(ms / HOUR_MS), 'hour');
  if (size < 7 * DAY_MS) return relative.format(Math.trunc(ms / DAY_MS), 'day');
  return farDate.format(at);
}

const countdown = new Intl.DateTimeFormat(words.locale, {
  minute: '2-digit',
  second: '2-digit',
  timeZone: 'UTC',
});

/** What is left of less than an hour: "09:41". */
export function minutesAndSeconds(ms: number): string {
  return countdown.format(Math.max(ms, 0));
}

/** A day and time within six days, a date beyond: a weekday a week away reads like today. */
export function dayAndTime(at: number, now: number): string {
  return Math.abs(at - now) < 6 * DAY_MS ? date.format(at) : farDate.format(at);
}

/** "Europe/Berlin" as people say it: its city. */
export function zoneName(tz: string): string {
  return tz.slice(tz.lastIndexOf('/') + 1).replaceAll('_', ' ');
}
