import { expect, test } from 'vitest';
import { UNSEEN_SQUAD, weekKey } from '../../src/state/state';
import type { SquadState, State } from '../../src/state/state';
import { currentWeek, isFirstWeek, weekBeside, weekNumber, weekOf } from '../../src/state/weeks';
import type { Week } from '../../src/wire/types.generated';
import { ulidMaker } from '../../src/wire/ulid';
import { HandClock } from '../hand/clock';
import { T0 } from '../hand/squad';
import { base, view } from '../hand/state';

const board = (week: string, starts_at: number, state: Week['state'] = 'OPEN'): Week => ({
  ...{ week, starts_at, ends_at: starts_at + 100, state, rows: [] },
});
const settling = board('2026-W47', T0 - 100, 'SETTLING');
const open = board('2026-W48', T0);
const squad: SquadState = {
  ...{ ...UNSEEN_SQUAD, view },
  weeks: [
    { r: 1, b: settling },
    { r: 1, b: open },
  ],
};
const state: State = { ...base, squads: { S: squad } };

test.each([
  ['2026-W47', '2026-W48'],
  ['2026-W53', '2027-W01'],
  ['2025-W52', '2026-W01'],
  ['2020-W53', '2021-W01'],
  ['2024-W52', '2025-W01'],
])('the week after %s is %s, and the other way round', (before, after) => {
  expect(weekBeside(before, 1)).toBe(after);
  expect(weekBeside(after, -1)).toBe(before);
});

test('nothing is beside what names no week', () => {
  expect(weekBeside('soon', 1)).toBeNull();
});

test('a week is called by its number', () => {
  expect(weekNumber('2026-W07')).toBe(7);
});

test('at its end the next week is the current one, before the server has sent it', () => {
  expect(currentWeek(squad, T0 + 99)).toBe('2026-W48');
  expect(currentWeek(squad, T0 + 100)).toBe('2026-W49');
});

test('without a board no week is known', () => {
  expect(currentWeek(UNSEEN_SQUAD, T0)).toBeNull();
});

test('the current week and the one that settles are those that were pushed', () => {
  expect(weekOf(state, 'S', undefined, T0)).toEqual({ at: 'there', board: open });
  expect(weekOf(state, 'S', '2026-W48', T0)).toEqual({ at: 'there', board: open });
  expect(weekOf(state, 'S', '2026-W47', T0)).toEqual({ at: 'there', board: settling });
});

test('an older week is what was asked for', () => {
  const past = { at: 'there', board: board('2026-W40', 0, 'FINAL') } as const;
  const asked = { ...state, pastWeeks: { [weekKey('S', '2026-W40')]: past } };

  expect(weekOf(asked, 'S', '2026-W40', T0)).toEqual(past);
  expect(weekOf(asked, 'S', '2026-W39', T0)).toBeUndefined();
});

test('the current week of a squad whose boards are not here yet is on its way', () => {
  expect(weekOf({ ...base, squads: { S: UNSEEN_SQUAD } }, 'S', undefined, T0)).toEqual({ at: 'loading' });
});

test('before the week in which the squad was made there is none, whoever of its first members came back', () => {
  const made = ulidMaker(new HandClock(T0 + 50), () => 0)();

  expect(isFirstWeek(made, board('2026-W48', T0))).toBe(true);
  expect(isFirstWeek(made, board('2026-W49', T0 + 100))).toBe(false);
});
