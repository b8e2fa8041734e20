import { beforeEach, expect, test } from 'vitest';
import { SignIn } from '../../src/session/sign-in';
import type { Notes } from '../../src/session/sign-in';
import type { Change } from '../../src/state/changes';
import { reduce } from '../../src/state/reduce';
import { initialState } from '../../src/state/state';
import type { State } from '../../src/state/state';
import { NO_ANSWER } from '../../src/wire/codes';
import type { Http, HttpAnswer, HttpError } from '../../src/wire/http';
import type { Guest, Ticket } from '../../src/wire/types.generated';
import { HandClock } from '../hand/clock';
import { handIds } from '../hand/ids';

let state: State;
let calls: string[];
let guests: Guest[];
let guest: Awaited<ReturnType<Http['guest']>>;
let ticket: HttpAnswer<Ticket>;
let noted: { player: string | null; guest: string | null };
let clock: HandClock;

const refused = (
  code: HttpError['code'],
  free?: string,
): { isOk: false; error: { code: HttpError['code']; message: string; free?: string } } => ({
  isOk: false,
  error: { code, message: '', ...(free === undefined ? {} : { free }) },
});

function signIn(player: string | null): SignIn {
  noted = { player, guest: null };
  state = initialState(0, player);
  const notes: Notes = {
    player: () => noted.player,
    setPlayer: (next) => (noted = { player: next, guest: null }),
    forgetPlayer: () => (noted.player = null),
    guestId: () => (noted.guest ??= 'GUEST'),
    dropGuestId: () => (noted.guest = null),
  };
  return new SignIn({
    http: {
      guest: (request) => {
        guests.push(request);
        return Promise.resolve(guest);
      },
      ticket: () => Promise.resolve(ticket),
    },
    ...{ clock, notes, locale: 'de', newId: handIds() },
    memory: {
      read: () => Promise.resolve({ log: null, squads: [], me: null }),
      forget: (u) => Promise.resolve(void calls.push(`forget ${u}`)),
    },
    outbox: { open: (u) => Promise.resolve(void calls.push(`outbox ${String(u)}`)) },
    sync: { open: (u) => calls.push(`sync ${String(u)}`), useTicket: (a) => calls.push(`ticket ${a}`) },
    connection: { restart: () => calls.push('restart'), send: ({ t }) => calls.push(`send ${t}`) },
    dispatch: (change: Change) => (state = reduce(state, change)),
    state: () => state,
  });
}

beforeEach(() => {
  [calls, guests, clock] = [[], [], new HandClock()];
  guest = { isOk: true, body: { player: 'ANA', handle: 'Ana', ticket: 'T', expires_at: 1 } };
  ticket = { isOk: true, body: { ticket: 'T2', expires_at: 1 } };
});

test('a new guest becomes the player, and only then goes on', async () => {
  await signIn(null).asGuest('Ana', () => calls.push('then'));

  expect(calls).toEqual(['sync ANA', 'outbox ANA', 'restart', 'then']);
  expect(noted).toEqual({ player: 'ANA', guest: null });
});

test('a guest comes with the language in use', async () => {
  await signIn(null).asGuest('Ana', () => undefined);

  expect(guests.map(({ locale }) => locale)).toEqual(['de']);
});

test('asking twice uses one guest id', async () => {
  const here = signIn(null);
  guest = refused(NO_ANSWER);
  await here.asGuest('Ana', () => undefined);
  await here.asGuest('Ana', () => undefined);

  expect(guests.map(({ id }) => id)).toEqual(['GUEST', 'GUEST']);
});

test('a taken name comes back with a free one', async () => {
  guest = refused('HANDLE_TAKEN', 'Ana2');
  await signIn(null).asGuest('Ana', () => calls.push('then'));

  expect(state.signIn).toEqual({ at: 'refused', code: 'HANDLE_TAKEN', free: 'Ana2' });
  expect(calls).toEqual([]);
});

test('4401 tries a ticket once', async () => {
  const here = signIn('ANA');
  await here.stopped(4401);
  expect(calls).toEqual(['ticket T2', 'restart']);
  await here.stopped(4401);

  expect(state.session).toEqual({ at: 'out', why: 'ended' });
});

test('after a welcome the next 4401 may try again', async () => {
  const here = signIn('ANA');
  await here.stopped(4401);
  here.welcomed();
  await here.stopped(4401);

  expect(calls).toEqual(['ticket T2', 'restart', 'ticket T2', 'restart']);
});

test('no session means the name is asked', async () => {
  ticket = refused('UNAUTHENTICATED');
  await signIn('ANA').stopped(4401);

  expect(state.session).toEqual({ at: 'out', why: 'ended' });
  expect(noted.player).toBeNull();
});

test('no answer to the ticket means trying later, not signing out', async () => {
  ticket = refused(NO_ANSWER);
  const here = signIn('ANA');
  await here.stopped(4401);
  expect(state.session).toEqual({ at: 'in', player: 'ANA' });
  ticket = { isOk: true, body: { ticket: 'T2', expires_at: 1 } };
  clock.advance(5000);
  await Promise.resolve();
  await Promise.resolve();

  expect(calls).toContain('restart');
});

test('a visitor nobody knows is just not signed in', async () => {
  await signIn(null).stopped(4401);

  expect(calls).toEqual([]);
  expect(state.session).toEqual({ at: 'out' });
});

test('other 44xx are not about signing in', async () => {
  await signIn('ANA').stopped(4430);

  expect(calls).toEqual([]);
});

test('a session about to end gets a new ticket on the live socket', async () => {
  await signIn('ANA').renew();

  expect(calls).toEqual(['send auth']);
});

test('who has erased themselves is out, and nothing of them stays here', async () => {
  await signIn('ANA').erased();

  expect(state.session).toEqual({ at: 'out', why: 'erased' });
  expect(calls).toEqual(['sync null', 'outbox null', 'forget ANA']);
  expect(noted.player).toBeNull();
});

test('a socket that closes while an erasure is on its way says that it was done', async () => {
  const here = signIn('ANA');
  const entry = { id: 'C', u: 'ANA', k: 'player.erase', b: { confirm: 'Ana' }, at: 0 } as const;
  state = reduce(state, { is: 'outbox', entries: [{ ...entry, progress: { status: 'sending' } }] });
  ticket = refused('UNAUTHENTICATED');
  await here.stopped(4401);

  expect(state.session).toEqual({ at: 'out', why: 'erased' });
});
