import { expect, test } from 'vitest';
import { openDareIn } from '../../src/state/battles';
import { countsFrom, lastReport, threeOf, turnOf } from '../../src/state/turn';
import type { State } from '../../src/state/state';
import type { BattleNow } from '../../src/wire/types.generated';
import {
  anaIn,
  boIn,
  counting,
  deckOf,
  inBattle,
  live,
  opened,
  score,
  table,
  told,
  took,
  wentIn,
} from '../hand/battle';
import { T0 } from '../hand/squad';
import { entry } from '../hand/state';

const begun = [opened(), anaIn, boIn, counting, live];
const fresh = table(24, [score('BO'), score('ANA')]);
const battleIn = (state: State): BattleNow => state.squads['S']?.view?.battle as BattleNow;
const turn = (state: State): ReturnType<typeof turnOf> => turnOf(state, 'S', battleIn(state));

test('the first card is the first of the deck', () => {
  expect(turn(inBattle(begun, fresh))).toEqual({ at: 'next', card: 'c0', taken: 0 });
});

test('which card is next, nobody knows without the table', () => {
  expect(turn(inBattle(begun))).toEqual({ at: 'unknown' });
});

test('before my own view tells of the first card, the feed does', () => {
  const events = [...begun, ...took(30, 'D7', 'c0'), told(33, 'D7', 'c0', T0, 'B')];
  const state = inBattle(events, fresh);
  const silent = { ...state, me: state.me && { ...state.me, b: { ...state.me.b, squads: [] } } };

  expect(turn(silent)).toEqual({ at: 'next', card: 'c1', taken: 1 });
  expect(turn({ ...state, me: null })).toEqual({ at: 'unknown' });
});

test('while a card is asked for, it is on its way', () => {
  const state = inBattle(begun, fresh);
  const card = { target: 'BO', card: 'c0', battle: 'B' };
  const asked = entry('dare.issue', card);
  const refused = entry('dare.issue', card, {
    status: 'needs-you',
    refused: { code: 'BATTLE_CLOSED', message: '' },
  });

  expect(turn({ ...state, outbox: [asked] })).toEqual({ at: 'taking' });
  expect(turn({ ...state, outbox: [refused] })).toMatchObject({ at: 'next', card: 'c0' });
});

test('a card in hand, going in with it, and the next one', () => {
  const inHand = [...begun, ...took(30, 'D7', 'c0')];
  const goingIn = [...inHand, wentIn(32, 'D7')];
  const reported = [...goingIn, told(33, 'D7', 'c0', T0, 'B')];

  expect(turn(inBattle(inHand, fresh))).toMatchObject({ at: 'card', row: { dare: 'D7' } });
  expect(turn(inBattle(goingIn, fresh))).toMatchObject({ at: 'in', row: { dare: 'D7' } });
  expect(turn(inBattle(reported, fresh))).toEqual({ at: 'next', card: 'c1', taken: 1 });
});

test('a card that the table counts already is not counted twice', () => {
  const events = [...begun, ...took(30, 'D7', 'c0'), told(33, 'D7', 'c0', T0, 'B')];

  expect(turn(inBattle(events, table(30, [score('BO')]), 1))).toMatchObject({ card: 'c1' });
});

test('a card that is passed on at once shows the next one, also before the table knows', () => {
  const state = inBattle([...begun, ...took(30, 'D7', 'c0')], fresh);

  expect(turn({ ...state, outbox: [entry('dare.bail', { dare: 'D7' })] })).toMatchObject({ card: 'c1' });
});

test('after the last card, or the tenth report, one is done', () => {
  expect(turn(inBattle(begun, table(24, [score('BO')]), 3))).toEqual({ at: 'done', why: 'cards' });
  expect(turn(inBattle(begun, table(24, [score('BO', { reports: 10 })])))).toEqual({
    at: 'done',
    why: 'reports',
  });
});

test('a card that is not told of stays mine, also when the battle is over', () => {
  const inHand = inBattle([...begun, ...took(30, 'D7', 'c0')], fresh);
  const reported = inBattle(
    [...begun, ...took(30, 'D7', 'c0'), wentIn(32, 'D7'), told(33, 'D7', 'c0', T0, 'B')],
    fresh,
  );

  expect(openDareIn(inHand, 'S', 'B')).toBe('D7');
  expect(openDareIn(inHand, 'S', 'OTHER')).toBeNull();
  expect(openDareIn(reported, 'S', 'B')).toBeNull();
});

test('where everybody chooses, any card is next', () => {
  const free = [opened({ mode: 'NO_RACE', cards: [] }), ...begun.slice(1)];

  expect(turn(inBattle(free, table(24, [score('BO')]), 4))).toEqual({
    at: 'next',
    card: null,
    taken: 4,
  });
});

test('the next report counts three minutes after the last that did', () => {
  const once = inBattle([...begun, ...took(30, 'D7', 'c0'), told(33, 'D7', 'c0', T0 + 5, 'B')], fresh);
  const early = inBattle([...begun, ...took(30, 'D7', 'c0'), told(33, 'D7', 'c0', T0 + 5)], fresh);

  expect(countsFrom(once, 'S', battleIn(once))).toBe(T0 + 5 + 180_000);
  expect(countsFrom(once, 'S', { ...battleIn(once), ruleset: 0 })).toBe(T0 + 5 + 1000);
  expect(countsFrom(early, 'S', battleIn(early))).toBeNull();
});

test('whether the last report counts is known once the log has it', () => {
  const inHand = [...begun, ...took(30, 'D7', 'c0'), wentIn(32, 'D7')];
  const last = (state: State): ReturnType<typeof lastReport> => lastReport(state, 'S', battleIn(state));
  const sending = {
    ...inBattle(inHand),
    outbox: [entry('dare.report', { dare: 'D7', outcome: 'REJECTED' })],
  };

  expect(last(inBattle(inHand))).toBeNull();
  expect(last(sending)).toEqual({ outcome: 'REJECTED', isCounted: null });
  expect(last(inBattle([...inHand, told(33, 'D7', 'c0', T0, 'B')]))?.isCounted).toBe(true);
  expect(last(inBattle([...inHand, told(33, 'D7', 'c0', T0)]))?.isCounted).toBe(false);
});

test('three safe cards come by chance, the same again for the same seed, and others when asked', () => {
  const deck = deckOf(
    ['a', 3, true],
    ['b', 1, true],
    ['c', 2, true],
    ['d', 5, false],
    ['e', 4, true],
    ['f', 1, true],
    ['g', 2, true],
  );
  const ids = (seed: string, turned = 0): string[] => threeOf(deck, seed, turned).map(({ card }) => card);

  expect(ids('1')).toEqual(ids('1'));
  expect([...ids('1'), ...ids('1', 1)].toSorted()).toEqual(['a', 'b', 'c', 'e', 'f', 'g']);
  expect(ids('1', 2)).toEqual(ids('1'));
  expect(new Set(['1', '2', '3', '4'].map((seed) => ids(seed).join())).size).toBeGreaterThan(1);
  expect(threeOf([], '1')).toEqual([]);
});
