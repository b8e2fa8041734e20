import { beforeEach, expect, test } from 'vitest';
import { devices } from '../../src/session/devices';
import type { Devices } from '../../src/session/devices';
import type { Change } from '../../src/state/changes';
import { reduce } from '../../src/state/reduce';
import { initialState } from '../../src/state/state';
import type { State } from '../../src/state/state';
import { NO_ANSWER } from '../../src/wire/codes';
import type { DeviceCalls } from '../../src/wire/device-calls';
import type { HttpAnswer, HttpError } from '../../src/wire/http';

let state: State;
let calls: string[];
let here: Devices;
/** What the server answers next. */
let answer: HttpAnswer<unknown>;

const refused = (code: HttpError['code']): HttpAnswer<never> => ({
  isOk: false,
  error: { code, message: '' },
});

beforeEach(() => {
  [state, calls] = [initialState(0, 'ANA'), []];
  const asked = <T>(call: string): Promise<HttpAnswer<T>> => {
    calls.push(call);
    return Promise.resolve(answer as HttpAnswer<T>);
  };
  const http: DeviceCalls = {
    link: () => asked('link'),
    redeem: (code) => asked(`redeem ${code}`),
    signOut: (where) => asked(`sign out ${where}`),
  };
  here = devices(
    {
      call: () => Promise.reject(new Error('by hand here')),
      signIn: {
        cameIn: (player) => Promise.resolve(void calls.push(`came in ${player}`)),
        signedOut: (why) => Promise.resolve(void calls.push(why)),
        stopped: (code) => Promise.resolve(void calls.push(`stopped ${String(code)}`)),
      },
      connection: { restart: () => calls.push('restart') },
      router: { go: ({ at }) => calls.push(`go ${at}`) },
      dispatch: (change: Change) => (state = reduce(state, change)),
      tell: (news) => calls.push(`tell ${news.is}${'player' in news ? ` ${news.player}` : ''}`),
      state: () => state,
    },
    http,
  );
});

test('a code is shown with its end', async () => {
  answer = { isOk: true, body: { code: 'ABCDE12345', expires_at: 5 } };
  await here.makeCode();

  expect(state.linkCode).toEqual({ at: 'shown', code: 'ABCDE12345', expires_at: 5 });
});

test('no code says why', async () => {
  answer = refused('BUSY');
  await here.makeCode();

  expect([state.linkCode, calls]).toEqual([{ at: 'refused', code: 'BUSY' }, ['link']]);
});

test('whoever turns out to be signed out is, on the screen too', async () => {
  answer = refused('UNAUTHENTICATED');
  await here.makeCode();

  expect(calls).toEqual(['link', 'stopped 4401']);
});

test('a code makes this device its maker’s', async () => {
  answer = { isOk: true, body: { player: 'BO', handle: 'Bo', ticket: 'T', expires_at: 1 } };
  await here.redeem('ABCDE12345');

  expect(calls).toEqual(['redeem ABCDE12345', 'came in BO', 'go start']);
});

test('a code that does not work changes nothing but the form', async () => {
  answer = refused('INVITE_INVALID');
  await here.redeem('ABCDE12345');

  expect([state.signIn, calls]).toEqual([{ at: 'refused', code: 'INVITE_INVALID' }, ['redeem ABCDE12345']]);
});

test('where the answer is lost the code may have worked: the next welcome says who this is', async () => {
  answer = refused(NO_ANSWER);
  await here.redeem('ABCDE12345');

  expect(state.signIn).toEqual({ at: 'refused', code: NO_ANSWER });
  expect(calls).toEqual(['redeem ABCDE12345', 'restart']);
});

test.each(['here', 'everywhere'] as const)('signing out %s tells the other tabs and wipes', async (where) => {
  answer = { isOk: true, body: null };
  await here.signOut(where);

  expect(calls).toEqual([`sign out ${where}`, 'tell left ANA', 'signed-out', 'go start']);
});

test('without an answer nobody is signed out, and nothing is lost', async () => {
  answer = refused(NO_ANSWER);
  await here.signOut('here');

  expect([state.leave, calls]).toEqual([{ at: 'refused', code: NO_ANSWER }, ['sign out here']]);
});

test('whoever the server has signed out already is wiped as well', async () => {
  answer = refused('UNAUTHENTICATED');
  await here.signOut('here');

  expect(calls).toEqual(['sign out here', 'tell left ANA', 'signed-out', 'go start']);
});

test('whoever wants to be out everywhere, but had been signed out already, is out here only and is told', async () => {
  answer = refused('UNAUTHENTICATED');
  await here.signOut('everywhere');

  expect(calls).toEqual(['sign out everywhere', 'tell left ANA', 'only-here', 'go start']);
});
