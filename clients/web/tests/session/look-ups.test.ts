import { beforeEach, expect, test } from 'vitest';
import { lookUps } from '../../src/session/look-ups';
import type { LookUps } from '../../src/session/look-ups';
import { reduce } from '../../src/state/reduce';
import { initialState, weekKey } from '../../src/state/state';
import type { State } from '../../src/state/state';
import { NO_ANSWER } from '../../src/wire/codes';
import type { HttpAnswer } from '../../src/wire/http';
import type { LedgerAnswer, LedgerLine } from '../../src/wire/types.generated';

let state: State;
let asked: string[];
let answer: HttpAnswer<unknown>;
let look: LookUps;
const noAnswer: HttpAnswer<never> = { isOk: false, error: { code: NO_ANSWER, message: '' } };
const line = (entry: string): LedgerLine => ({
  ...{ entry, kind: 'MAIN', amount: 20, squad: 'S', dare: 'D', n: 7, caused_at: 0 },
});
const page = (...entries: string[]): HttpAnswer<LedgerAnswer> => ({
  isOk: true,
  body: { entries: entries.map(line), more: true, q: 1 },
});

beforeEach(() => {
  [state, asked, answer] = [initialState(0, 'ANA'), [], noAnswer];
  look = lookUps({
    call: <T>(_: string, path: string) => {
      asked.push(path);
      return Promise.resolve(answer as HttpAnswer<T>);
    },
    dispatch: (change) => (state = reduce(state, change)),
    state: () => state,
  });
});

test('more of the ledger goes on from the last entry that is there', async () => {
  answer = page('E2', 'E1');
  await look.loadLedger('newest');
  answer = page('E0');
  await look.loadLedger('more');

  expect(asked).toEqual(['/api/me/ledger?limit=20', '/api/me/ledger?limit=20&before=E1']);
  expect(state.ledger.entries.map(({ entry }) => entry)).toEqual(['E2', 'E1', 'E0']);
});

test('more that comes after newer entries have taken the place of the last one leaves no gap', async () => {
  answer = page('E2', 'E1');
  await look.loadLedger('newest');
  answer = page('E0');
  const more = look.loadLedger('more');
  state = reduce(state, {
    is: 'ledger',
    page: { entries: [line('E9'), line('E8')], more: true, q: 1 },
    after: null,
  });
  await more;

  expect(state.ledger.entries.map(({ entry }) => entry)).toEqual(['E9', 'E8']);
});

test('a ledger that comes after somebody else has signed in is not shown', async () => {
  answer = page('E1');
  const reading = look.loadLedger('newest');
  state = initialState(0, 'BO');
  await reading;

  expect(state.ledger.entries).toEqual([]);
});

test('a ledger that cannot be had says why', async () => {
  await look.loadLedger('newest');

  expect(state.ledger.reading).toEqual({ at: 'refused', code: NO_ANSWER });
});

test('a week that cannot be had says why', async () => {
  await look.loadWeek('S', '2026-W47');

  expect(asked).toEqual(['/api/squads/S/weeks/2026-W47']);
  expect(state.pastWeeks[weekKey('S', '2026-W47')]).toEqual({ at: 'refused', code: NO_ANSWER });
});
