import { expect, test } from 'vitest';
import { dayAndTime, minutesAndSeconds } from '../../src/words/time';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 25, 12);

test('a moment within six days has its weekday and time', () => {
  expect(dayAndTime(NOW + 5 * DAY_MS, NOW)).toMatch(/^Mon/);
});

test('a moment a week away has its date, since its weekday would read like today', () => {
  expect(dayAndTime(NOW + 7 * DAY_MS - 1, NOW)).toMatch(/^Dec 2$/);
});

test('what is left is told in minutes and seconds, and is never less than nothing', () => {
  expect([599_999, 61_000, 0, -5000].map(minutesAndSeconds)).toEqual(['09:59', '01:01', '00:00', '00:00']);
});
