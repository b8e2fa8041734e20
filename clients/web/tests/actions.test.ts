import { beforeEach, expect, test } from 'vitest';
import { commandActions } from '../src/actions';
import type { ActionPorts, Actions } from '../src/actions';
import type { Change } from '../src/state/changes';
import { draftsIn } from '../src/storage/drafts';
import { NO_ANSWER } from '../src/wire/codes';
import { pathOf } from '../src/router/route';

let calls: string[];
let changes: Change[];
let actions: Actions;
const noAnswer = { isOk: false as const, error: { code: NO_ANSWER, message: '' } } as const;

beforeEach(() => {
  [calls, changes] = [[], []];
  const ports: ActionPorts = {
    http: { invite: () => Promise.resolve(noAnswer) },
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
    loadDeck: () => Promise.resolve(),
    inside: {} as ActionPorts['inside'], // handed on as it is
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
