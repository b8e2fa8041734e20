import { expect, test } from 'vitest';
import type { Change } from '../../src/state/changes';
import { reduce } from '../../src/state/reduce';
import { initialState } from '../../src/state/state';
import type { InviteState, State } from '../../src/state/state';
import { NO_ANSWER } from '../../src/wire/codes';
import type { Invitation, LedgerAnswer, LedgerLine, Me, Week } from '../../src/wire/types.generated';
import { anaJoined, boJoined, emptyView, event } from '../hand/squad';

const start = initialState(0, 'ANA');
const after = (...changes: Change[]): State => changes.reduce(reduce, start);
const me = (over: Partial<Me> = {}): Me => ({
  ...{ player: 'ANA', handle: 'Ana', tz: 'UTC', xp: 0, level: 1, level_at: 0, next_at: 100, top_level: 1 },
  ...{ squads: [], asked: [], recent: [] },
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

test('who was kicked or banned knows it until the squad is theirs to see again', () => {
  const state = after({ is: 'followed', squad: 'S' }, { is: 'out', squad: 'S', why: 'kicked' });
  expect(state.standing).toEqual({ S: 'kicked' });

  expect(reduce(state, { is: 'snapped', squad: 'S', n: 4, view: emptyView() }).standing).toEqual({});
});

test('who leaves by themselves needs no telling', () => {
  expect(after({ is: 'out', squad: 'S', why: 'left' }).standing).toEqual({});
});

const asking = { s: 'S', name: 'Owls', at: 0 };

test('who asks waits until the profile knows more', () => {
  const state = after({ is: 'asked', squad: 'S' });
  expect(state.standing).toEqual({ S: 'asking' });

  expect(reduce(state, { is: 'me', r: 1, view: me({ asked: [asking] }) }).standing).toEqual({});
});

test('who asks no more and is not in was not let in', () => {
  const state = after({ is: 'me', r: 1, view: me({ asked: [asking] }) }, { is: 'me', r: 2, view: me() });

  expect(state.standing).toEqual({ S: 'declined' });
});

test('who asks no more and is in was let in', () => {
  const squads = [{ s: 'S', name: 'Owls', members: 2, role: 'MEMBER' as const }];
  const state = after(
    { is: 'me', r: 1, view: me({ asked: [asking] }) },
    { is: 'me', r: 2, view: me({ squads }) },
  );

  expect(state.standing).toEqual({});
});

test('a week that was closed is final, and no other', () => {
  const state = after(
    { is: 'week', squad: 'S', r: 1, view: week('W1', 0, { state: 'SETTLING' }) },
    { is: 'week', squad: 'S', r: 2, view: week('W2', 7) },
    { is: 'happened', squad: 'S', n: 4, events: [event(4, 'week.closed', { week: 'W1' }, null)] },
  );

  expect(state.squads['S']?.weeks.map(({ b }) => b.state)).toEqual(['FINAL', 'OPEN']);
});

test('a profile that an older version of the page kept has what it lacks', () => {
  const before = JSON.parse(JSON.stringify({ ...me(), asked: undefined })) as Me;
  const state = after({ is: 'remembered', squads: [], me: { r: 1, b: before } });

  expect(state.me?.b).toEqual(me());
});

test('who is around is what was said last, and nobody without a connection', () => {
  const told = after(
    { is: 'around', squad: 'S', around: { BO: 1, CAT: 3 } },
    { is: 'around', squad: 'S', around: { BO: 2 } },
  );
  expect(told.squads['S']?.around).toEqual({ BO: 2 });
  const gone = reduce(told, { is: 'connection', status: { at: 'waiting' } });

  expect(gone.squads['S']?.around).toEqual({});
});

test('a past week stays on the screen while it is asked again, and if no answer comes', () => {
  const board = week('2026-W40', 0);
  const seen = after({ is: 'past-week', squad: 'S', week: board.week, past: { at: 'there', board } });
  const asked = reduce(seen, { is: 'past-week', squad: 'S', week: board.week, past: { at: 'loading' } });

  expect(asked.pastWeeks).toEqual(seen.pastWeeks);
});

test('a ledger has no gap and each entry once: what was read stays where a page joins it', () => {
  const line = (entry: string): LedgerLine => ({
    ...{ entry, kind: 'MAIN', amount: 20, squad: 'S', dare: 'D', n: 7, caused_at: 0 },
  });
  const page = (more: boolean, ...entries: string[]): LedgerAnswer => ({
    ...{ entries: entries.map(line), more, q: 1 },
  });
  const read = after(
    { is: 'ledger', page: page(true, 'E3', 'E2'), after: null },
    { is: 'ledger', page: page(false, 'E2', 'E1'), after: 'E2' },
  );
  expect(read.ledger).toMatchObject({ hasMore: false, reading: { at: 'done' } });
  expect(read.ledger.entries.map(({ entry }) => entry)).toEqual(['E3', 'E2', 'E1']);
  const anew = reduce(read, { is: 'ledger', page: page(true, 'E4', 'E3'), after: null });

  expect(anew.ledger.entries.map(({ entry }) => entry)).toEqual(['E4', 'E3', 'E2', 'E1']);
  expect(anew.ledger.hasMore).toBe(false);
  const afterMany = reduce(anew, { is: 'ledger', page: page(true, 'E9', 'E8'), after: null });
  expect(afterMany.ledger.entries.map(({ entry }) => entry)).toEqual(['E9', 'E8']);
  const late = reduce(afterMany, { is: 'ledger', page: page(true, 'E0'), after: 'E1' });

  expect(late.ledger).toEqual(afterMany.ledger);
});

test('what was read of a ledger is nobody else’s', () => {
  const read = after(
    { is: 'signed-in', player: 'ANA' },
    { is: 'reading-ledger', reading: { at: 'refused', code: NO_ANSWER } },
    { is: 'signed-in', player: 'BO' },
  );

  expect(read.ledger).toEqual(initialState(0, null).ledger);
});

test('that there is a newer page is known to whoever signs out, too', () => {
  expect(after({ is: 'outdated' }, { is: 'signed-out', why: 'ended' }).isOutdated).toBe(true);
});
