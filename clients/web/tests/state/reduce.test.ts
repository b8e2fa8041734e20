import { expect, test } from 'vitest';
import type { Change } from '../../src/state/changes';
import { reduce } from '../../src/state/reduce';
import { initialState } from '../../src/state/state';
import type { InviteState, State } from '../../src/state/state';
import { NO_ANSWER } from '../../src/wire/codes';
import type { Invitation, Me, Week } from '../../src/wire/types.generated';
import { anaJoined, boJoined, emptyView } from '../hand/squad';

const start = initialState(0, 'ANA');
const after = (...changes: Change[]): State => changes.reduce(reduce, start);
const me = (over: Partial<Me> = {}): Me => ({
  ...{ player: 'ANA', handle: 'Ana', tz: 'UTC', xp: 0, level: 1, level_at: 0, next_at: 100, top_level: 1 },
  ...{ squads: [], recent: [] },
  ...over,
});
const week = (name: string, starts_at: number, over: Partial<Week> = {}): Week => ({
  ...{ week: name, starts_at, ends_at: starts_at + 7, state: 'OPEN', rows: [] },
  ...over,
});

test('events are folded into their squad and move its n, blanks too', () => {
  const state = after({ is: 'happened', squad: 'S', n: 4, events: [anaJoined, boJoined] });

  expect(state.squads['S']?.n).toBe(4);
  expect(state.squads['S']?.view?.roster.length).toBe(2);
});

test('losing the connection means that nothing is live', () => {
  const state = after({ is: 'live', squad: 'S' }, { is: 'connection', status: { at: 'waiting' } });

  expect(state.squads['S']?.isLive).toBe(false);
});

test('an older profile does not replace a newer one', () => {
  const state = after({ is: 'me', r: 9, view: me({ xp: 90 }) }, { is: 'me', r: 8, view: me({ xp: 80 }) });

  expect(state.me?.b.xp).toBe(90);
});

test('a new top level is celebrated once', () => {
  const risen = after({ is: 'me', r: 1, view: me() }, { is: 'me', r: 2, view: me({ top_level: 2 }) });
  expect(risen.newLevel).toBe(2);
  const calm = reduce(risen, { is: 'celebrated' });

  expect(reduce(calm, { is: 'me', r: 3, view: me({ top_level: 2 }) }).newLevel).toBeNull();
});

test('the first profile of a visit is no rise', () => {
  expect(after({ is: 'me', r: 1, view: me({ top_level: 7 }) }).newLevel).toBeNull();
});

test('while one week settles both weeks are kept, and no third', () => {
  const state = after(
    { is: 'week', squad: 'S', r: 1, view: week('W1', 0) },
    { is: 'week', squad: 'S', r: 2, view: week('W3', 14) },
    { is: 'week', squad: 'S', r: 3, view: week('W2', 7) },
  );

  expect(state.squads['S']?.weeks.map(({ b }) => b.week)).toEqual(['W2', 'W3']);
});

test('an older board does not replace a newer one', () => {
  const state = after(
    { is: 'week', squad: 'S', r: 5, view: week('W1', 0, { state: 'SETTLING' }) },
    { is: 'week', squad: 'S', r: 4, view: week('W1', 0) },
  );

  expect(state.squads['S']?.weeks[0]?.b.state).toBe('SETTLING');
});

test('another player starts with nothing of this one’s', () => {
  const state = after(
    { is: 'me', r: 1, view: me() },
    { is: 'snapped', squad: 'S', n: 1, view: emptyView() },
    { is: 'signed-in', player: 'BO' },
  );

  expect(state).toMatchObject({ session: { player: 'BO' }, me: null, squads: {} });
});

test('another log drops squads, not the outbox', () => {
  const entry = { id: 'C', u: 'ANA', s: 'S', k: 'dare.start', b: { dare: 'D' }, at: 0 } as const;
  const entries = [{ ...entry, progress: { status: 'queued' } as const }];
  const state = after(
    { is: 'snapped', squad: 'S', n: 4, view: emptyView() },
    { is: 'outbox', entries },
    { is: 'other-log' },
  );

  expect(state.squads['S']).toMatchObject({ n: null, view: null });
  expect(state.outbox).toEqual(entries);
});

test('out of a squad is out of sight', () => {
  const state = after({ is: 'snapped', squad: 'S', n: 4, view: emptyView() }, { is: 'out', squad: 'S' });

  expect(state.squads).toEqual({});
});

test('what this device remembers does not replace what the server sent', () => {
  const kept = { u: 'ANA', l: 'L', s: 'S', n: 2, view: { ...emptyView(), name: 'Old' }, weeks: [] };
  const state = after(
    { is: 'snapped', squad: 'S', n: 4, view: emptyView() },
    { is: 'remembered', squads: [kept], me: null },
  );

  expect(state.squads['S']?.n).toBe(4);
});

test('the device clock is set right by the server’s', () => {
  expect(after({ is: 'welcomed', serverNow: 1500, now: 1000 }).skewMs).toBe(500);
});

test('an invite that was loaded stays while it is asked again, and without an answer', () => {
  const preview = { name: 'Crew', members: 1, size: 20 } as Invitation;
  const open = { at: 'open', preview } as const;
  const about = (invite: InviteState): Change => ({ is: 'invite', code: 'CODE', invite });
  const again = after(about(open), about({ at: 'loading' }), about({ at: 'refused', code: NO_ANSWER }));
  expect(again.invites['CODE']).toEqual(open);

  expect(reduce(again, about({ at: 'refused', code: 'INVITE_EXPIRED' })).invites['CODE']).toEqual({
    ...{ at: 'refused', code: 'INVITE_EXPIRED' },
  });
});
