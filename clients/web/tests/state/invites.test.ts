import { expect, test } from 'vitest';
import { FEED_MAX, foldSquad } from '../../src/state/fold-squad';
import { openInvite, openInvites } from '../../src/state/invites';
import { T0, event } from '../hand/squad';
import { view } from '../hand/state';

const mine = event(6, 'invite.issued', { invite: 'k', code: 'ABC', expires_at: T0 + 50, max_uses: 5 });
const theirs = event(7, 'invite.issued', { invite: 'l', expires_at: T0 + 90, max_uses: 2 }, 'BO');

test('an invite of mine works until it expires', () => {
  const invited = foldSquad(view, mine);

  expect(openInvite(invited, T0 + 49)?.code).toBe('ABC');
  expect(openInvite(invited, T0 + 50)).toBeNull();
});

test('somebody else’s invite has no code to show', () => {
  expect(openInvite(foldSquad(view, theirs), T0)).toBeNull();
});

test('the newest invite stands first, and one that is over not at all', () => {
  const invited = [mine, theirs].reduce(foldSquad, view);

  expect(openInvites(invited, T0).map(({ invite, by }) => [invite, by])).toEqual([
    ['l', 'BO'],
    ['k', 'ANA'],
  ]);
  expect(openInvites(invited, T0 + 50).map(({ invite }) => invite)).toEqual(['l']);
});

test('an invite that was closed is open no more', () => {
  const closed = [mine, theirs, event(8, 'invite.revoked', { invite: 'k' })].reduce(foldSquad, view);

  expect(openInvites(closed, T0).map(({ invite }) => invite)).toEqual(['l']);
});

test('an invite that left the feed is still open, until it is closed', () => {
  const cheers = Array.from({ length: FEED_MAX }, (_, i) =>
    event(i + 7, 'cheer.given', { dare: 'D1', target: 'BO', emoji: '🔥' }),
  );
  const later = [mine, ...cheers].reduce(foldSquad, view);
  const closed = foldSquad(later, event(99, 'invite.revoked', { invite: 'k' }));

  expect(later.feed.some(([, k]) => k === 'invite.issued')).toBe(false);
  expect([openInvite(later, T0)?.code, openInvite(closed, T0)]).toEqual(['ABC', null]);
});

test('an invite that is used up is open no more', () => {
  const cat = { player: 'CAT', handle: 'Cat', role: 'MEMBER', invite: 'l' } as const;
  const once = [mine, theirs, event(8, 'member.joined', cat)].reduce(foldSquad, view);
  const twice = foldSquad(once, event(9, 'member.joined', { ...cat, player: 'DAN' }));

  expect(openInvites(once, T0).map(({ invite }) => invite)).toEqual(['l', 'k']);
  expect(openInvites(twice, T0).map(({ invite }) => invite)).toEqual(['k']);
});
