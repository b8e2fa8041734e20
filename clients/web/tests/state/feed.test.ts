import { expect, test } from 'vitest';
import { cheersOf, mayCorrect } from '../../src/state/feed';
import type { EventBodies } from '../../src/wire/types.generated';
import { cheered, corrected, event, reported } from '../hand/squad';
import { entry, told } from '../hand/state';

const TEN_MINUTES = 600_000;

test('a report of mine may be put right for ten minutes', () => {
  const state = told(reported);
  const { arrived_at } = reported.b as EventBodies['dare.reported'];

  expect(mayCorrect({ ...state, now: arrived_at + TEN_MINUTES - 1 }, 'S', 'D1')).toBe(true);
  expect(mayCorrect({ ...state, now: arrived_at + TEN_MINUTES }, 'S', 'D1')).toBe(false);
});

test('a report is put right once', () => {
  expect(mayCorrect(told(reported, corrected), 'S', 'D1')).toBe(false);
  const outbox = [entry('dare.correct', { dare: 'D1', outcome: 'MIXED' })];

  expect(mayCorrect({ ...told(reported), outbox }, 'S', 'D1')).toBe(false);
});

test('a report of somebody else is not mine to put right', () => {
  const state = { ...told(reported), session: { at: 'in', player: 'ANA' } } as const;

  expect(mayCorrect(state, 'S', 'D1')).toBe(false);
});

test('cheers are counted by emoji, and mine is known', () => {
  const mine = event(10, 'cheer.given', { dare: 'D1', target: 'BO', emoji: '🔥' }, 'CAT');
  const state = { ...told(cheered, mine), session: { at: 'in', player: 'CAT' } } as const;

  expect(cheersOf(state, 'S', 'D1')).toEqual({ '🔥': { count: 2, isMine: true } });
});

test('a cheer on its way counts already, and one that was refused does not', () => {
  const refused = { status: 'needs-you', refused: { code: 'FORBIDDEN', message: '' } } as const;
  const cheer = { dare: 'D1', emoji: '👏' } as const;
  expect(cheersOf({ ...told(), outbox: [entry('cheer', cheer)] }, 'S', 'D1')).toEqual({
    '👏': { count: 1, isMine: true },
  });

  expect(cheersOf({ ...told(), outbox: [entry('cheer', cheer, refused)] }, 'S', 'D1')).toEqual({});
});
