import { expect, test } from 'vitest';
import { strongRandom, ulidMaker } from '../../src/wire/ulid';
import { HandClock } from '../hand/clock';

test('an id is 26 characters of Crockford base 32', () => {
  expect(ulidMaker(new HandClock(), strongRandom)()).toMatch(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
});

test('ids of one millisecond rise', () => {
  const newId = ulidMaker(new HandClock(), () => 0.999);
  const ids = Array.from({ length: 50 }, newId);

  expect(ids.slice(1).every((id, i) => id > (ids[i] ?? ''))).toBe(true);
});

test('ids rise although the clock goes back', () => {
  const clock = new HandClock();
  const newId = ulidMaker(clock, strongRandom);
  const first = newId();
  clock.advance(-5000);

  expect(newId() > first).toBe(true);
});

test('the first ten characters are the time', () => {
  expect(ulidMaker(new HandClock(1_469_918_176_385), () => 0)().slice(0, 10)).toBe('01ARYZ6S41');
});
