import { expect, test } from 'vitest';
import { clamped, isLast, playFrom } from '../../src/state/replay';
import type { Moment } from '../../src/wire/types.generated';

const moments: Moment[] = [1, 2, 3].map((n) => ({ n, at: n, kind: 'battle.joined', rows: [] }));

test('a step stays within the moments', () => {
  expect([-1, 0, 1.4, 2, 7].map((step) => clamped(step, moments))).toEqual([0, 0, 1, 2, 2]);
});

test('playing goes on from where one is, and begins again at the end', () => {
  expect([0, 1, 2].map((step) => playFrom(step, moments))).toEqual([0, 1, 0]);
  expect([1, 2].map((step) => isLast(step, moments))).toEqual([false, true]);
});
