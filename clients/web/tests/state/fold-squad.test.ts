import { expect, test } from 'vitest';
import { EMPTY_SQUAD, FEED_MAX, foldSquad } from '../../src/state/fold-squad';
import type { SquadEvent } from '../../src/state/fold-squad';
import type { SquadView } from '../../src/wire/types.generated';
import { T0, accepted, anaJoined, boJoined, created, event, issued, reported, started } from '../hand/squad';

const fold = (...events: SquadEvent[]): SquadView => events.reduce(foldSquad, EMPTY_SQUAD);
const three = { dare: 'D1', issuer: 'ANA', target: 'BO' };

test('a squad is created with its name, zone and size', () => {
  expect(fold(created)).toMatchObject({ name: 'Owls', tz: 'UTC', size: 20, join_policy: 'CODE' });
});

test('members stand in the roster in join order', () => {
  expect(fold(created, anaJoined, boJoined).roster).toEqual([
    { player: 'ANA', handle: 'Ana', role: 'OWNER', joined_at: T0 + 2 },
    { player: 'BO', handle: 'Bo', role: 'MEMBER', joined_at: T0 + 3 },
  ]);
});

test('who leaves stays in the roster, flagged', () => {
  const left = event(4, 'member.left', { player: 'ANA' });

  expect(fold(anaJoined, boJoined, left).roster.map((row) => row.left)).toEqual([true, undefined]);
});

test('who comes back has the old place and no flag', () => {
  const left = event(4, 'member.left', { player: 'ANA' });
  const back = event(5, 'member.joined', { player: 'ANA', handle: 'Ana', role: 'MEMBER' });

  expect(fold(anaJoined, boJoined, left, back).roster.map(({ player, left: l }) => [player, l])).toEqual([
    ['ANA', undefined],
    ['BO', undefined],
  ]);
});

test('an issued dare is offered', () => {
  expect(fold(issued).dares).toEqual([
    {
      ...{ ...three, text: 'Ask for a free slice.', kind: 'ASK', difficulty: 3, categories: [] },
      ...{ state: 'OFFERED', answer_by: T0 + 100 },
    },
  ]);
});

test('an accepted dare replaces its offer in place', () => {
  const other = event(5, 'dare.issued', { ...(issued.b as typeof issued.b & object), dare: 'D2' } as never);
  const view = fold(issued, other, accepted);

  expect(
    view.dares.map(({ dare, state, answer_by, attempt_by }) => [dare, state, answer_by, attempt_by]),
  ).toEqual([
    ['D1', 'ACCEPTED', undefined, T0 + 1000],
    ['D2', 'OFFERED', T0 + 100, undefined],
  ]);
});

test('a dare first seen when accepted is added', () => {
  expect(fold(accepted).dares.map(({ state }) => state)).toEqual(['ACCEPTED']);
});

test('a started dare is in progress until its start lapses', () => {
  expect(fold(accepted, started).dares[0]).toMatchObject({ state: 'IN_PROGRESS', lapses_at: T0 + 500 });
  const lapsed = fold(accepted, started, event(7, 'dare.start_lapsed', three)).dares[0];

  expect(lapsed).toMatchObject({ state: 'ACCEPTED', attempt_by: T0 + 1000 });
  expect(lapsed).not.toHaveProperty('lapses_at');
});

test('a reported dare has its outcome and line', () => {
  const row = fold(accepted, started, reported).dares[0];

  expect(row).toMatchObject({
    ...{ state: 'REPORTED', outcome: 'REJECTED', line: 'She laughed.', settles_at: T0 + 9000 },
  });
  expect(row).not.toHaveProperty('lapses_at');
  expect(row).not.toHaveProperty('counts');
});

test('a report of an unknown dare is in the feed only', () => {
  const view = fold(reported);

  expect(view.dares).toEqual([]);
  expect(view.feed.length).toBe(1);
});

test.each([
  event(6, 'dare.declined', three),
  event(6, 'dare.bailed', three),
  event(6, 'dare.expired', three),
  event(6, 'dare.withdrawn', three),
  event(6, 'dare.not_taken', { dare: 'D1' }, null),
  event(6, 'dare.settled', three, null),
])('$k ends the dare', (end) => {
  expect(fold(accepted, end).dares).toEqual([]);
});

test('an unknown kind is in the feed and changes nothing else', () => {
  const unknown: SquadEvent = { n: 3, k: 'battle.went_live', at: T0, u: null, c: null, b: { battle: 'B' } };
  const view = fold(created, unknown);

  expect(view).toEqual({
    ...fold(created),
    feed: [...fold(created).feed, [3, unknown.k, T0, null, null, unknown.b]],
  });
});

test('the feed holds the last 50', () => {
  const many = Array.from({ length: 60 }, (_, i) => event(i + 1, 'dare.not_taken', { dare: 'X' }, null));

  expect(fold(...many).feed.length).toBe(FEED_MAX);
  expect(fold(...many).feed[0]?.[0]).toBe(11);
});

test('folding changes nothing that was there', () => {
  const before = fold(accepted, started);
  const copy = structuredClone(before);
  foldSquad(before, reported);

  expect(before).toEqual(copy);
});
