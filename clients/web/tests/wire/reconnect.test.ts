import { expect, test } from 'vitest';
import { askedWaitMs, mayReconnect, reconnectDelayMs } from '../../src/wire/reconnect';

test('the wait is anywhere between nothing and the ceiling', () => {
  expect(reconnectDelayMs(3, () => 0)).toBe(0);
  expect(reconnectDelayMs(3, () => 0.5)).toBe(2000);
});

test('the ceiling doubles with each failure up to 20 s', () => {
  const ceilings = [0, 1, 2, 5, 6, 60].map((k) => reconnectDelayMs(k, () => 1));

  expect(ceilings).toEqual([500, 1000, 2000, 16_000, 20_000, 20_000]);
});

test('44xx means: do not reconnect by yourself', () => {
  expect([4400, 4401, 4426, 4430, 4499].map(mayReconnect)).toEqual([false, false, false, false, false]);
});

test('every other close may reconnect', () => {
  expect([1000, 1006, 1012, 1013, 4501, 4504].every(mayReconnect)).toBe(true);
});

test('the server may ask for a wait', () => {
  expect(askedWaitMs('retry=1500')).toBe(1500);
  expect(askedWaitMs('restart')).toBe(0);
});
