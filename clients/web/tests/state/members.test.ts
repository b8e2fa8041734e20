import { expect, test } from 'vitest';
import { foldSquad } from '../../src/state/fold-squad';
import { leads, membersOf, outranks, roleOf } from '../../src/state/members';
import { event } from '../hand/squad';
import { view } from '../hand/state';

test.each(['member.left', 'member.kicked', 'member.banned'] as const)('after %s one is in no roster', (k) => {
  const without = foldSquad(view, event(6, k, { player: 'BO' }));

  expect(membersOf(without).map(({ player }) => player)).toEqual(['ANA']);
  expect(roleOf(without, 'BO')).toBeUndefined();
});

test('owners and captains lead, members and strangers do not', () => {
  expect(['OWNER', 'CAPTAIN', 'MEMBER', undefined].map((role) => leads(role as never))).toEqual([
    ...[true, true, false, false],
  ]);
});

test('nobody acts on an equal or a higher role', () => {
  const roles = ['MEMBER', 'CAPTAIN', 'OWNER'] as const;

  expect(roles.map((role) => roles.filter((other) => outranks(role, other)))).toEqual([
    ...[[], ['MEMBER'], ['MEMBER', 'CAPTAIN']],
  ]);
});
