import { expect, test } from 'vitest';
import { boardOf, lastBoardOf } from '../../src/state/boards';
import type { Week } from '../../src/wire/types.generated';
import { T0 } from '../hand/squad';
import { view } from '../hand/state';

const week: Week = {
  ...{ week: 'W1', starts_at: T0, ends_at: T0 + 100, state: 'OPEN' },
  rows: [{ player: 'ANA', handle: 'Ana', score: 30, rejections: 1, rank: 1 }],
};

test('the board is this week’s', () => {
  expect(boardOf({ view, weeks: [{ r: 1, b: week }] }, T0 + 1)).toEqual(week);
});

test('at its end the next week is shown, empty', () => {
  const board = boardOf({ view, weeks: [{ r: 1, b: week }] }, T0 + 100);

  expect(board?.starts_at).toBe(T0 + 100);
  expect(board?.rows.map(({ handle, score }) => [handle, score])).toEqual([
    ['Ana', 0],
    ['Bo', 0],
  ]);
});

test('a week that is over is the last one, and one that runs is not', () => {
  const squad = { view, weeks: [{ r: 1, b: week }] };

  expect(lastBoardOf(squad, T0 + 100)).toEqual(week);
  expect(lastBoardOf(squad, T0 + 99)).toBeNull();
});
