import { expect, test } from 'vitest';
import { activeBattle } from '../../src/state/active-battle';
import {
  battleOf,
  battleXp,
  canStart,
  graceUntil,
  markPassed,
  mayJoin,
  phaseOf,
  reportsOfOthers,
  resultOf,
  secondsUntil,
  tableOf,
} from '../../src/state/battles';
import { reduce } from '../../src/state/reduce';
import { serverNow } from '../../src/state/select';
import type { BattleNow, Me } from '../../src/wire/types.generated';
import {
  ENDS_AT,
  MINUTE_MS,
  anaIn,
  boIn,
  cancelled,
  counting,
  finished,
  inBattle,
  live,
  opened,
  score,
  table,
  told,
  took,
  viewOf,
} from '../hand/battle';
import { T0 } from '../hand/squad';
import { base } from '../hand/state';

const battleAfter = (...events: Parameters<typeof viewOf>): BattleNow =>
  viewOf(...events).battle as BattleNow;
const lobby = battleAfter(opened(), anaIn);
const running = battleAfter(opened(), anaIn, counting, live);

test('of two tables the newer one stays, whichever comes last', () => {
  const say = (state: typeof base, r: number, n: number): typeof base =>
    reduce(state, { is: 'battle', squad: 'S', r, view: table(n, []) });

  expect(tableOf(say(say(base, 2, 20), 1, 10), 'S', 'B')?.n).toBe(20);
  expect(tableOf(say(say(base, 2, 20), 3, 30), 'S', 'B')?.n).toBe(30);
});

test('with another log the old table is worth nothing', () => {
  const known = reduce(base, { is: 'battle', squad: 'S', r: 9, view: table(1, []) });

  expect(tableOf(reduce(known, { is: 'other-log' }), 'S', 'B')).toBeNull();
});

test('a table of another battle is not this one’s', () => {
  expect(tableOf(inBattle([opened()], table(1, [])), 'S', 'B2')).toBeNull();
  expect(battleOf(inBattle([opened()]), 'S', 'B2')).toBeNull();
});

test('a battle is on until it is over or called off', () => {
  expect(activeBattle(viewOf(opened()))?.state).toBe('LOBBY');
  expect(activeBattle(viewOf(opened(), counting, live, finished))).toBeNull();
  expect(activeBattle(viewOf(opened(), cancelled))).toBeNull();
});

test('the countdown is right on a phone whose clock is an hour wrong', () => {
  const wrong = T0 + 3_600_000;
  const state = reduce({ ...base, now: wrong }, { is: 'welcomed', serverNow: T0, now: wrong });
  const left = (ms: number): number => secondsUntil(T0 + 5000, serverNow({ ...state, now: wrong + ms }));

  expect([0, 1, 1000, 4999, 5000, 9000].map(left)).toEqual([5, 5, 4, 1, 0, 0]);
});

test('time is told at 60, 30 and 10 seconds, once each', () => {
  const seconds = Array.from({ length: 70 }, (_, i) => 70 - i);
  const told = seconds.flatMap((left, i) => markPassed(seconds[i - 1] ?? left, left) ?? []);

  expect(told).toEqual([60, 30, 10]);
});

test('a page that slept tells only where it is now', () => {
  expect(markPassed(65, 9)).toBe(10);
  expect(markPassed(45, 44)).toBeNull();
});

test('time is up by the clock, before the server says so', () => {
  expect(phaseOf(running, ENDS_AT - 1)).toBe('LIVE');
  expect(phaseOf(running, ENDS_AT)).toBe('GRACE');
  expect(graceUntil(running)).toBe(ENDS_AT + MINUTE_MS);
  expect(graceUntil({ ...running, ruleset: 0 })).toBe(ENDS_AT + 3000);
});

test('it takes two to start', () => {
  expect(canStart(lobby)).toBe(false);
  expect(canStart(battleAfter(opened(), anaIn, boIn))).toBe(true);
});

test('one joins once, in time, and a duel has two', () => {
  const duel = battleAfter(opened({ mode: 'DUEL' }), anaIn, boIn);

  expect(mayJoin(lobby, 'BO', T0)).toBe(true);
  expect(mayJoin(lobby, 'ANA', T0)).toBe(false);
  expect(mayJoin(lobby, null, T0)).toBe(false);
  expect(mayJoin(duel, 'CAT', T0)).toBe(false);
  expect(mayJoin(running, 'BO', ENDS_AT - 20 * MINUTE_MS - 1)).toBe(true);
  expect(mayJoin(running, 'BO', ENDS_AT - 20 * MINUTE_MS)).toBe(false);
  expect(mayJoin({ ...running, state: 'GRACE' }, 'BO', T0)).toBe(false);
});

test('whoever shares the first place shares the victory; two in a duel draw', () => {
  const rows = [score('ANA', { reports: 2 }), score('BO', { reports: 2 }), score('CAT', { rank: 3 })];

  expect(resultOf('NO_RACE', rows)).toEqual({ at: 'won', winners: rows.slice(0, 2) });
  expect(resultOf('DUEL', rows)).toEqual({ at: 'draw' });
  expect(resultOf('DUEL', rows.slice(0, 1))).toEqual({ at: 'won', winners: rows.slice(0, 1) });
  expect(resultOf('NO_RACE', [score('ANA')])).toEqual({ at: 'nobody' });
});

test('the XP of a battle are those of this battle', () => {
  const line = { entry: 'E', kind: 'BATTLE', amount: 30, squad: 'S', battle: 'B', n: 9 };
  const recent = [line, { ...line, entry: 'F', battle: 'B2' }, { ...line, entry: 'G', kind: 'MAIN' }];

  expect(battleXp({ ...base, me: { r: 1, b: { recent } as unknown as Me } }, 'B')).toBe(30);
  expect(battleXp(base, 'B')).toBe(0);
});

test('reports of others that count here can be cheered for', () => {
  const view = viewOf(
    opened(),
    ...took(30, 'D7', 'c0'),
    told(32, 'D7', 'c0', T0, 'B'),
    told(33, 'D8', 'c0', T0),
  );
  const dares = (me: string): string[] => reportsOfOthers(view, 'B', me).map(({ b }) => b.dare);

  expect(dares('ANA')).toEqual(['D7']);
  expect(dares('BO')).toEqual([]);
});
