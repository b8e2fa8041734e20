import { expect, test } from 'vitest';
import type { OutboxEntry, Progress } from '../../src/outbox/entry';
import { EMPTY_SQUAD, foldSquad } from '../../src/state/fold-squad';
import { boardOf, chipOf, daresOf, gainOf, openInvite, pendingOf } from '../../src/state/select';
import { UNSEEN_SQUAD, initialState } from '../../src/state/state';
import type { State } from '../../src/state/state';
import type { CommandBodies, LedgerEntry, Week } from '../../src/wire/types.generated';
import { T0, accepted, anaJoined, boJoined, event, started } from '../hand/squad';

const view = [anaJoined, boJoined, accepted].reduce(foldSquad, EMPTY_SQUAD);
const base: State = {
  ...initialState(T0, 'BO'),
  squads: { S: { n: 5, view, isLive: true, weeks: [] } },
  connection: { at: 'open' },
};

function entry<K extends keyof CommandBodies>(
  k: K,
  b: CommandBodies[K],
  progress: Progress = { status: 'queued' },
): OutboxEntry {
  return { id: `C-${k}`, u: 'BO', s: 'S', k, b, at: T0, progress } as OutboxEntry;
}

const withOutbox = (...outbox: OutboxEntry[]): State => ({ ...base, outbox });

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

test('an entry is replaced by the event with its command id', () => {
  const mine = entry('dare.start', { dare: 'D1' }, { status: 'sending' });
  const state = withOutbox(mine);
  expect(pendingOf(state, 'S')).toEqual([mine]);
  const told = foldSquad(view, { ...started, c: mine.id });

  expect(pendingOf({ ...state, squads: { S: { n: 6, view: told, isLive: true, weeks: [] } } }, 'S')).toEqual(
    [],
  );
});

test.each([
  [{ at: 'open' }, true, 'live'],
  [{ at: 'open' }, false, 'catching-up'],
  [{ at: 'connecting' }, false, 'catching-up'],
  [{ at: 'waiting' }, false, 'offline'],
  [{ at: 'stopped', closeCode: 4430 }, false, 'offline'],
] as const)('connection %o, live %s: the chip says %s', (connection, isLive, chip) => {
  expect(chipOf({ ...base, connection }, { ...UNSEEN_SQUAD, isLive })).toBe(chip);
});

const week: Week = {
  ...{ week: 'W1', starts_at: T0, ends_at: T0 + 100, state: 'OPEN' },
  rows: [{ player: 'ANA', handle: 'Ana', score: 30, rejections: 1, rank: 1 }],
};

test('the board is this week’s', () => {
  expect(boardOf({ n: 5, view, isLive: true, weeks: [{ r: 1, b: week }] }, T0 + 1)).toEqual(week);
});

test('at its end the next week is shown, empty', () => {
  const board = boardOf({ n: 5, view, isLive: true, weeks: [{ r: 1, b: week }] }, T0 + 100);

  expect(board?.starts_at).toBe(T0 + 100);
  expect(board?.rows.map(({ handle, score }) => [handle, score])).toEqual([
    ['Ana', 0],
    ['Bo', 0],
  ]);
});

test('an invite of mine works until it expires', () => {
  const invite = event(6, 'invite.issued', { code: 'ABC', expires_at: T0 + 50, max_uses: 5 });
  const invited = foldSquad(view, invite);

  expect(openInvite(invited, T0)?.code).toBe('ABC');
  expect(openInvite(invited, T0 + 50)).toBeNull();
});

test('somebody else’s invite has no code to show', () => {
  const invite = event(6, 'invite.issued', { expires_at: T0 + 50, max_uses: 5 });

  expect(openInvite(foldSquad(view, invite), T0)).toBeNull();
});

test('the gain of a dare is its main entry in the ledger', () => {
  const me = {
    player: 'BO',
    handle: 'Bo',
    tz: 'UTC',
    xp: 82,
    level: 1,
    level_at: 0,
    next_at: 100,
    top_level: 1,
  };
  const recent: LedgerEntry[] = [
    { entry: 'E', kind: 'MAIN', amount: 82, at: T0, squad: 'S', dare: 'D1', n: 5, outcome: 'REJECTED' },
  ];

  expect(gainOf({ ...base, me: { r: 1, b: { ...me, squads: [], recent } } }, 'D1')?.amount).toBe(82);
});
