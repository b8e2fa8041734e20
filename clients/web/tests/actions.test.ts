import { beforeEach, expect, test } from 'vitest';
import { commandActions } from '../src/actions';
import type { ActionPorts, Actions } from '../src/actions';
import type { Change } from '../src/state/changes';
import { draftsIn } from '../src/storage/drafts';
import { initialState } from '../src/state/state';
import type { State } from '../src/state/state';
import { NO_ANSWER } from '../src/wire/codes';
import type { HttpAnswer } from '../src/wire/http';
import type { LedgerAnswer, LedgerLine } from '../src/wire/types.generated';
import { pathOf } from '../src/router/route';

let calls: string[];
let changes: Change[];
let actions: Actions;
let state: State;
let ledgerAnswer: Promise<HttpAnswer<LedgerAnswer>>;
const noAnswer = { isOk: false as const, error: { code: NO_ANSWER, message: '' } } as const;

beforeEach(() => {
  [calls, changes] = [[], []];
  state = initialState(0, 'ANA');
  ledgerAnswer = Promise.resolve(noAnswer);
  const ports: ActionPorts = {
    http: {
      invite: () => Promise.resolve(noAnswer),
      week: () => Promise.resolve(noAnswer),
      ledger: (before) => {
        calls.push(`ledger ${before ?? 'newest'}`);
        return ledgerAnswer;
      },
    },
    drafts: draftsIn(() => {
      throw new Error('none here');
    }),
    outbox: {
      add: (k) => {
        calls.push(`add ${k}`);
        return 'C';
      },
      retry: () => undefined,
      discard: () => undefined,
    },
    signIn: {
      asGuest: (handle, then) => {
        calls.push(`guest ${handle}`);
        then();
        return Promise.resolve();
      },
    },
    connection: { restart: () => undefined },
    router: { go: (route, how) => calls.push(`${how ?? 'go'} ${pathOf(route)}`) },
    dispatch: (change) => changes.push(change),
    state: () => state,
    loadDeck: () => Promise.resolve(),
    devices: {} as ActionPorts['devices'], // handed on as it is
  };
  actions = commandActions(ports);
});

test('who makes a squad at another squad’s address leaves that address first', () => {
  actions.begin('Ana', 'Crew');

  expect(calls).toEqual(['replace /', 'guest Ana', 'add squad.create']);
});

test('an invite asked again quietly does not go back to loading', async () => {
  actions.loadInvite('CODE', 'quietly');
  await Promise.resolve();
  await Promise.resolve();

  expect(changes).toEqual([{ is: 'invite', code: 'CODE', invite: { at: 'refused', code: NO_ANSWER } }]);
});

test('a new guest may come in by asking', () => {
  actions.enter('Ana', 'CODE', 'squad.request');

  expect(calls).toEqual(['guest Ana', 'add squad.request']);
});

const line = (entry: string): LedgerLine => ({
  ...{ entry, kind: 'MAIN', amount: 20, squad: 'S', dare: 'D', n: 7, caused_at: 0 },
});

test('more of the ledger goes on from the last entry that is there', async () => {
  state = { ...state, ledger: { entries: [line('E2'), line('E1')], hasMore: true, reading: { at: 'done' } } };
  actions.loadLedger('newest');
  actions.loadLedger('more');

  expect(calls).toEqual(['ledger newest', 'ledger E1']);
  await ledgerAnswer;
});

test('a ledger that comes after somebody else has signed in is not shown', async () => {
  const page = { entries: [line('E1')], more: false, q: 1 };
  ledgerAnswer = Promise.resolve({ isOk: true, body: page });
  actions.loadLedger('newest');
  state = initialState(0, 'BO');
  await new Promise((done) => setImmediate(done));

  expect(changes.filter(({ is }) => is === 'ledger')).toEqual([]);
});

test('a week that cannot be had says why', async () => {
  actions.loadWeek('S', '2026-W47');
  await new Promise((done) => setImmediate(done));

  expect(changes.at(-1)).toEqual({
    ...{ is: 'past-week', squad: 'S', week: '2026-W47' },
    past: { at: 'refused', code: NO_ANSWER },
  });
});
