import { expect, test } from 'vitest';
import { EMPTY_SQUAD, foldSquad } from '../../src/state/fold-squad';
import type { EventBodies, FeedRow } from '../../src/wire/types.generated';
import { feedLine } from '../../src/words/feed-line';
import type { FeedLine } from '../../src/words/feed-line';
import type { SquadEvent } from '../../src/state/fold-squad';
import {
  T0,
  accepted,
  anaJoined,
  asked,
  boJoined,
  cheered,
  corrected,
  event,
  reported,
  started,
} from '../hand/squad';

const view = [anaJoined, boJoined, accepted, started, reported].reduce(foldSquad, EMPTY_SQUAD);
const row = (n: number): FeedRow => view.feed.find(([at]) => at === n) as FeedRow;

test('a report says who got what, and the line', () => {
  expect(feedLine(row(7), view, 'ANA', null)).toMatchObject({
    ...{ title: 'Bo got a no', dare: 'Ask for a free slice.', quote: 'She laughed.', outcome: 'REJECTED' },
  });
});

test('I am "you"', () => {
  expect(feedLine(row(7), view, 'BO', null).title).toBe('You got a no');
  expect(feedLine(row(5), view, 'ANA', null).title).toBe('Bo took on a dare from you');
});

test('somebody the roster does not know is a former member', () => {
  expect(feedLine([9, 'member.left', T0, 'X', null, { player: 'X' }], view, 'ANA', null).title).toBe(
    'Former member left',
  );
});

test('an unknown kind is not shown', () => {
  expect(feedLine([9, 'dare.transmogrified', T0, null, null, {}], view, 'ANA', null).isShown).toBe(false);
});

test('a dare that was not taken is news for whoever dared, and for nobody else', () => {
  const body = { dare: 'D', issuer: 'ANA', target: 'BO' };
  const passed: FeedRow = [9, 'dare.not_taken', T0, null, null, { dare: 'D' }];
  const told = { ...view, feed: [...view.feed, [8, 'dare.issued', T0, 'ANA', null, body] as FeedRow] };

  expect(feedLine(passed, told, 'ANA', null).isShown).toBe(true);
  expect(feedLine(passed, told, 'CAT', null).isShown).toBe(false);
});

/** The line of the last of some more events, as somebody reads it. */
function lastLine(me: string, ...events: SquadEvent[]): FeedLine {
  const after = events.reduce(foldSquad, view);
  return feedLine(after.feed.at(-1) as FeedRow, after, me, null);
}

test('a report that was put right shows what is in force, and says so', () => {
  const after = foldSquad(view, corrected);

  expect(feedLine(row(7), after, 'ANA', null)).toMatchObject({
    ...{ title: 'Bo got a yes', outcome: 'GRANTED', quote: 'She laughed.', note: 'Put right afterwards' },
  });
  expect(lastLine('ANA', corrected).isShown).toBe(false);
});

test('a correction of a report that is long gone has a line of its own', () => {
  const alone = foldSquad(EMPTY_SQUAD, corrected);

  expect(feedLine(alone.feed[0] as FeedRow, alone, 'ANA', null)).toMatchObject({
    ...{ outcome: 'GRANTED', isShown: true },
  });
});

test('cheers are no lines: they stand with the report, or with the yes before there is one', () => {
  expect(lastLine('BO', cheered).isShown).toBe(false);
  expect(feedLine(row(7), view, 'ANA', null).cheer).toEqual({ dare: 'D1', target: 'BO' });
  expect(feedLine(row(5), view, 'ANA', null).cheer).toBeUndefined();
  const before = [anaJoined, boJoined, accepted].reduce(foldSquad, EMPTY_SQUAD);

  expect(feedLine(row(5), before, 'ANA', null).cheer).toEqual({ dare: 'D1', target: 'BO' });
});

test.each([
  ['squad.renamed', { name: 'Hawks' }, 'Ana renamed the squad: Hawks'],
  ['squad.renamed', {}, 'Ana renamed the squad: your squad'],
  ['member.kicked', { player: 'BO' }, 'Ana took Bo out of the squad'],
  ['member.banned', { player: 'BO' }, 'Ana banned Bo'],
  ['member.unbanned', { player: 'BO' }, 'Bo may join again'],
  ['role.changed', { player: 'BO', role: 'CAPTAIN' }, 'Bo is a captain now'],
  ['role.changed', { player: 'BO', role: 'MEMBER' }, 'Bo is a captain no more'],
  ['week.closed', { week: '2023-W46' }, 'The board of the week is final'],
] as const)('%s of %o reads: %s', (k, body, title) => {
  expect(lastLine('CAT', event(8, k, body as EventBodies[typeof k]))).toMatchObject({ title, isShown: true });
});

test('what changed about a squad is said in one line', () => {
  const changed = { size: 9, join_policy: 'APPROVAL', tz: 'America/New_York' } as const;

  expect(lastLine('BO', event(8, 'squad.settings_changed', changed)).note).toBe(
    'Room for 9 · New people ask to join · Weeks run on Eastern Time, from the next one on',
  );
});

test('who asks is named, and who lets them in', () => {
  expect(lastLine('BO', asked).title).toBe('Cat asks to join');
  const joined = event(11, 'member.joined', { player: 'CAT', handle: 'Cat', role: 'MEMBER' }, 'ANA');

  expect(lastLine('BO', asked, joined).title).toBe('Cat joined, let in by Ana');
});

test.each([
  ['join.declined', { player: 'CAT' }],
  ['join.cancelled', { player: 'CAT' }],
  ['invite.revoked', { invite: 'k' }],
] as const)('%s is nobody’s news', (k, body) => {
  expect(lastLine('BO', event(8, k, body as never)).isShown).toBe(false);
});

test('a battle that is over leads to its result', () => {
  const over = event(30, 'battle.finished', { battle: 'B', week: '2023-W46' }, null);
  const view = foldSquad(EMPTY_SQUAD, over);

  expect(feedLine(view.feed[0] as FeedRow, view, 'BO', null)).toMatchObject({ battle: 'B', isShown: true });
});
