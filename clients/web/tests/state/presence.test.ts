import { expect, test } from 'vitest';
import { AWAY, GOING_IN, HERE, presentIn, toTell } from '../../src/state/presence';
import type { SquadEvent } from '../../src/state/fold-squad';
import type { State } from '../../src/state/state';
import { anaIn, boIn, counting, inBattle, live, opened, took, wentIn } from '../hand/battle';
import { started } from '../hand/squad';
import { base, told } from '../hand/state';

const around = (players: Record<string, number>): State => ({
  ...base,
  squads: { S: { ...told(), ...base.squads['S'], around: players } as State['squads'][string] },
});
const atDare = (state: State): State => ({ ...state, route: { at: 'dare', squad: 'S', dare: 'D1' } });

test('the others who are here are shown, those going in first', () => {
  const state = { ...around({ ANA: GOING_IN, BO: HERE }), session: { at: 'in' as const, player: 'CAT' } };

  expect(presentIn(state, 'S')).toEqual([
    { player: 'ANA', name: 'Ana', isGoingIn: true },
    { player: 'BO', name: 'Bo', isGoingIn: false },
  ]);
});

test('neither oneself nor who is away nor who is no member is shown', () => {
  expect(presentIn(around({ ANA: AWAY, BO: HERE, DAN: HERE }), 'S')).toEqual([]);
});

test('nobody is around in a squad that is not here', () => {
  expect(presentIn(base, 'OTHER')).toEqual([]);
});

test('only squads that are live are told', () => {
  const squads = { ...base.squads, T: { ...told().squads['S'], isLive: false } } as State['squads'];

  expect(toTell({ ...base, squads }, true)).toEqual(new Map([['S', HERE]]));
});

test('whoever does nothing is away', () => {
  expect(toTell(base, false)).toEqual(new Map([['S', AWAY]]));
});

test('at a started dare of mine I am going in, also with the phone in the pocket', () => {
  expect(toTell(atDare(told(started)), false)).toEqual(new Map([['S', GOING_IN]]));
});

test('in the battle that it was started in I am going in as well', () => {
  const card = [opened(), anaIn, boIn, counting, live, ...took(30, 'D7', 'c0')];
  const inArena = (events: SquadEvent[], battle = 'B'): State => ({
    ...inBattle(events),
    route: { at: 'arena', squad: 'S', battle },
  });

  expect(toTell(inArena([...card, wentIn(32, 'D7')]), false)).toEqual(new Map([['S', GOING_IN]]));
  expect(toTell(inArena(card), false)).toEqual(new Map([['S', AWAY]]));
  expect(toTell(inArena([...card, wentIn(32, 'D7')], 'OTHER'), false)).toEqual(new Map([['S', AWAY]]));
});

test('a dare that was not started is no going in, nor is somebody else’s', () => {
  const ana = { at: 'in', player: 'ANA' } as const;

  expect(toTell(atDare(told()), true)).toEqual(new Map([['S', HERE]]));
  expect(toTell({ ...atDare(told(started)), session: ana }, true)).toEqual(new Map([['S', HERE]]));
});
