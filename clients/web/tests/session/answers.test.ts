import { beforeEach, expect, test } from 'vitest';
import type { OutboxEntry } from '../../src/outbox/entry';
import type { Answer } from '../../src/outbox/entry';
import { heedAnswers } from '../../src/session/answers';
import { reduce } from '../../src/state/reduce';
import { initialState } from '../../src/state/state';
import type { State } from '../../src/state/state';
import type { Route } from '../../src/router/route';
import type { CommandBodies } from '../../src/wire/types.generated';

let state: State;
let calls: string[];
let isFromHere: boolean;
let heed: (id: string, answer: Answer) => void;
const saved: Answer = { isOk: true, b: { squad: 'S' } };
const refused = (code: string): Answer => ({ isOk: false, refused: { code, message: '' } });

function waiting<K extends keyof CommandBodies>(k: K, b: CommandBodies[K], route: Route): void {
  const entry = { id: 'C', u: 'ANA', k, b, at: 0, progress: { status: 'sending' } } as OutboxEntry;
  state = reduce(reduce(state, { is: 'outbox', entries: [entry] }), { is: 'went', route });
}

beforeEach(() => {
  [state, calls, isFromHere] = [initialState(0, 'ANA'), [], true];
  const heedEntry = heedAnswers({
    outbox: { isFromHere: () => isFromHere },
    sync: { follow: (squad) => calls.push(`follow ${squad}`) },
    signIn: { signedOut: (why) => Promise.resolve(void calls.push(why)) },
    router: { go: ({ at }, how) => calls.push(`${how ?? 'go'} ${at}`) },
    loadInvite: (code) => calls.push(`invite ${code}`),
    dispatch: (change) => (state = reduce(state, change)),
    state: () => state,
  });
  heed = (id, answer) => {
    const entry = state.outbox.find((known) => known.id === id);
    if (entry !== undefined) heedEntry(entry, answer);
  };
});

test('a squad that was made is followed and shown', () => {
  waiting('squad.create', { name: 'Owls', tz: 'UTC' }, { at: 'start' });
  heed('C', saved);

  expect(calls).toEqual(['follow S', 'replace squad']);
});

test('a squad that was made in another tab does not change this one’s screen', () => {
  isFromHere = false;
  waiting('squad.create', { name: 'Owls', tz: 'UTC' }, { at: 'start' });
  heed('C', saved);

  expect(calls).toEqual(['follow S']);
});

test('whoever has gone elsewhere meanwhile stays there', () => {
  waiting('squad.join', { code: 'CODE' }, { at: 'you' });
  heed('C', saved);

  expect(calls).toEqual(['follow S']);
});

test('asking leads to the squad’s door, which is not followed', () => {
  waiting('squad.request', { code: 'CODE' }, { at: 'join', code: 'CODE' });
  heed('C', saved);

  expect(calls).toEqual(['replace squad']);
  expect(state.standing).toEqual({ S: 'asking' });
});

test('an invite that died between the look and the tap is dead', () => {
  waiting('squad.join', { code: 'CODE' }, { at: 'join', code: 'CODE' });
  heed('C', refused('INVITE_EXPIRED'));

  expect([state.invites['CODE'], calls]).toEqual([{ at: 'refused', code: 'INVITE_EXPIRED' }, []]);
});

test('where one has to ask by now the invite is looked at again', () => {
  waiting('squad.join', { code: 'CODE' }, { at: 'join', code: 'CODE' });
  heed('C', refused('FORBIDDEN'));

  expect(calls).toEqual(['invite CODE']);
});

test('whoever is erased is out, and whoever is not stays', () => {
  waiting('player.erase', { confirm: 'Ana' }, { at: 'you' });
  heed('C', refused('BAD_INPUT'));
  expect(calls).toEqual([]);
  heed('C', saved);

  expect(calls).toEqual(['erased']);
});
