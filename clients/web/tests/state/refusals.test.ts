import { expect, test } from 'vitest';
import { mayRetry, refusesInvite, wantsAsking } from '../../src/state/refusals';

test.each(['INVITE_INVALID', 'INVITE_EXPIRED', 'INVITE_USED_UP', 'SQUAD_FULL', 'BANNED'])(
  '%s is about the invite itself',
  (code) => {
    expect(refusesInvite(code)).toBe(true);
  },
);

test('too many squads is about the person, not the invite', () => {
  expect(refusesInvite('TOO_MANY_SQUADS')).toBe(false);
});

test.each(['INVITE_INVALID', 'BANNED', 'FORBIDDEN', 'NOT_FOUND', 'WRONG_STATE', 'DEADLINE_PASSED'])(
  '%s will not change by trying again',
  (code) => {
    expect(mayRetry(code)).toBe(false);
  },
);

test.each(['SQUAD_FULL', 'QUOTA', 'TOO_MANY_SQUADS', 'TARGET_UNAVAILABLE', 'OLD'])(
  '%s may be tried again',
  (code) => {
    expect(mayRetry(code)).toBe(true);
  },
);

test('who may not join at once may ask', () => {
  expect(wantsAsking('FORBIDDEN')).toBe(true);
  expect(wantsAsking('BANNED')).toBe(false);
});
