import { expect, test } from 'vitest';
import { daresOf, gainOf } from '../../src/state/dares';
import type { State } from '../../src/state/state';
import type { LedgerEntry } from '../../src/wire/types.generated';
import { T0 } from '../hand/squad';
import { base, entry, withOutbox } from '../hand/state';

test('a command on its way already shows in the dare', () => {
  expect(daresOf(withOutbox(entry('dare.start', { dare: 'D1' })), 'S')[0]?.state).toBe('IN_PROGRESS');
});

test('a report on its way shows its outcome, also by counts', () => {
  const counts = { asked: 3, no: 2, yes: 1, ignored: 0 };
  const row = daresOf(withOutbox(entry('dare.report', { dare: 'D1', counts })), 'S')[0];

  expect(row).toMatchObject({ state: 'REPORTED', outcome: 'REJECTED' });
});

test('not today takes the dare away at once', () => {
  expect(daresOf(withOutbox(entry('dare.bail', { dare: 'D1' })), 'S')).toEqual([]);
});

test('a refused command shows what is', () => {
  const refused = { status: 'needs-you', refused: { code: 'WRONG_STATE', message: '' } } as const;

  expect(daresOf(withOutbox(entry('dare.start', { dare: 'D1' }, refused)), 'S')[0]?.state).toBe('ACCEPTED');
});

function withRecent(...recent: LedgerEntry[]): State {
  const level = { xp: 82, level: 1, level_at: 0, next_at: 100, top_level: 1 };
  const b = { player: 'BO', handle: 'Bo', tz: 'UTC', ...level, squads: [], asked: [], recent };
  return { ...base, me: { r: 1, b } };
}

const gain = { entry: 'E', kind: 'MAIN', amount: 82, at: T0, squad: 'S', dare: 'D1', n: 5 };

test('the gain of a dare is its main entry in the ledger', () => {
  const share = { ...gain, entry: 'F', kind: 'ISSUER', amount: 5 };

  expect(gainOf(withRecent(share, gain), 'D1')?.amount).toBe(82);
});

test('the gain of a report put right is the newest grant, not what was taken back', () => {
  const anew = { ...gain, entry: 'G', amount: 55, n: 6 };
  const back = { ...gain, entry: 'F', amount: -82, n: 6, reverses: 'E' };

  expect(gainOf(withRecent(back, anew, gain), 'D1')?.amount).toBe(55);
});

test('a correction on its way already shows in the dare', () => {
  const state = withOutbox(entry('dare.correct', { dare: 'D1', outcome: 'GRANTED' }));

  expect(daresOf(state, 'S')[0]?.outcome).toBe('GRANTED');
});
