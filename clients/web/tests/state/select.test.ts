import { expect, test } from 'vitest';
import { foldSquad } from '../../src/state/fold-squad';
import { chipOf, isGone, nameOf, pendingOf } from '../../src/state/select';
import { UNSEEN_SQUAD } from '../../src/state/state';
import { asked, event, started } from '../hand/squad';
import { base, entry, view, withOutbox } from '../hand/state';

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
  [{ at: 'stopped', closeCode: 4430, reason: '' }, false, 'offline'],
] as const)('connection %o, live %s: the chip says %s', (connection, isLive, chip) => {
  expect(chipOf({ ...base, connection }, { ...UNSEEN_SQUAD, isLive })).toBe(chip);
});

test('who asks to be let in, or may not be, has a name all the same', () => {
  const asking = foldSquad(view, asked);
  expect(nameOf(asking, 'CAT')).toBe('Cat');

  expect(nameOf(foldSquad(asking, event(11, 'member.banned', { player: 'CAT' })), 'CAT')).toBe('Cat');
});

test('a squad that the server does not send is gone, as soon as it is there to ask', () => {
  expect(isGone(base, 'OTHER')).toBe(true);

  expect(isGone({ ...base, connection: { at: 'connecting' } }, 'OTHER')).toBe(false);
});

test('a squad that I ask to join has no wait for the net either', () => {
  const level = { xp: 0, level: 1, level_at: 0, next_at: 100, top_level: 1 };
  const asking = [{ s: 'OTHER', name: 'Owls', at: 0 }];
  const b = { player: 'BO', tz: 'UTC', ...level, squads: [], asked: asking, recent: [] };

  expect(isGone({ ...base, connection: { at: 'waiting' }, me: { r: 1, b } }, 'OTHER')).toBe(true);
});

test('why a squad is gone is known without a net, too', () => {
  const offline = { ...base, connection: { at: 'waiting' } } as const;

  expect(isGone({ ...offline, standing: { OTHER: 'kicked' } }, 'OTHER')).toBe(true);
});
