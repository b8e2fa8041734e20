import { expect, test } from 'vitest';
import { EMPTY_SQUAD, foldSquad } from '../../src/state/fold-squad';
import type { FeedRow } from '../../src/wire/types.generated';
import { feedLine } from '../../src/words/feed-line';
import { T0, accepted, anaJoined, boJoined, reported, started } from '../hand/squad';

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
  expect(feedLine([9, 'battle.opened', T0, null, null, {}], view, 'ANA', null).isShown).toBe(false);
});

test('a dare that was not taken is news for whoever dared, and for nobody else', () => {
  const body = { dare: 'D', issuer: 'ANA', target: 'BO' };
  const passed: FeedRow = [9, 'dare.not_taken', T0, null, null, { dare: 'D' }];
  const told = { ...view, feed: [...view.feed, [8, 'dare.issued', T0, 'ANA', null, body] as FeedRow] };

  expect(feedLine(passed, told, 'ANA', null).isShown).toBe(true);
  expect(feedLine(passed, told, 'CAT', null).isShown).toBe(false);
});
