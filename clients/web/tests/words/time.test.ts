import { expect, test } from 'vitest';
import { mondayOf } from '../../src/state/weeks';
import {
  dayAndTime,
  dayName,
  daysOfWeek,
  minutesAndSeconds,
  relativeTime,
  zoneName,
} from '../../src/words/time';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 25, 12);

test('a moment within six days has its weekday and time', () => {
  expect(dayAndTime(NOW + 5 * DAY_MS, NOW)).toMatch(/^Mon/);
});

test('a moment a week away has its date, since its weekday would read like today', () => {
  expect(dayAndTime(NOW + 7 * DAY_MS - 1, NOW)).toMatch(/^Dec 2$/);
});

test('beyond a day the days are counted, not the hours', () => {
  const noon = new Date(2026, 10, 25, 12).getTime(); // on this machine
  const inHours = (hours: number): string => relativeTime(noon + hours * 3600_000, noon);
  expect([23, 24, 35, 37, 47, 71].map(inHours)).toEqual([
    ...['in 23 hours', 'tomorrow', 'tomorrow', 'in 2 days', 'in 2 days', 'in 3 days'],
  ]);
  expect([-23, -24, -35, -37].map(inHours)).toEqual([
    ...['23 hours ago', 'yesterday', 'yesterday', '2 days ago'],
  ]);
});

test('a zone is called as people call it; what this browser does not know keeps its name', () => {
  expect(['Europe/Vienna', 'America/New_York', 'UTC', 'Moon/Tycho'].map(zoneName)).toEqual([
    ...['Central European Time', 'Eastern Time', 'UTC', 'Moon/Tycho'],
  ]);
});

test('what is left is told in minutes and seconds, and is never less than nothing', () => {
  expect([599_999, 61_000, 0, -5000].map(minutesAndSeconds)).toEqual(['09:59', '01:01', '00:00', '00:00']);
});

test.each([
  ['2026-W47', 'November 16 – 22, 2026'],
  ['2026-W53', 'December 28, 2026 – January 3, 2027'],
])('the days of %s are those of its name, whatever zone the squad is in today', (week, days) => {
  expect(daysOfWeek(mondayOf(week) ?? 0).replaceAll(/\s/g, ' ')).toBe(days);
});

test('a day is called as people call it, in their zone', () => {
  const now = Date.UTC(2026, 10, 25, 1);
  expect(dayName(now - 2 * 3600_000, now, 'UTC')).toBe('Yesterday');
  expect(dayName(now - 2 * 3600_000, now, 'Asia/Tokyo')).toBe('Today');
  expect(dayName(Date.UTC(2026, 10, 21, 12), now, 'UTC')).toBe('Saturday, November 21');
  expect(dayName(Date.UTC(2025, 10, 21, 12), now, 'UTC')).toBe('Friday, November 21, 2025');
});
