import { beforeEach, expect, test } from 'vitest';
import { SignIn } from '../../src/session/sign-in';
import type { Notes } from '../../src/session/sign-in';
import type { Change } from '../../src/state/changes';
import { reduce } from '../../src/state/reduce';
import { initialState } from '../../src/state/state';
import type { State } from '../../src/state/state';
import type { Stays } from '../../src/storage/storage';
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
/** What all tabs of the browser share. */
let noted: { player: string | null; guest: string | null; leaving: Map<string, Stays> };
let clock: HandClock;
/** What happens while a player is forgotten. */
let forgetting: ((player: string) => void) | null;
/** Whether the storage works. */
let isBroken: boolean;

const refused = (
  code: HttpError['code'],
  free?: string,
): { isOk: false; error: { code: HttpError['code']; message: string; free?: string } } => ({
  isOk: false,
  error: { code, message: '', ...(free === undefined ? {} : { free }) },
});

function signIn(player: string | null): SignIn {
  noted = { player, guest: null, leaving: new Map() };
  return tab(player);
}

function tab(player: string | null): SignIn {
  state = initialState(0, player);
  const notes: Notes = {
    player: () => noted.player,
    setPlayer: (next) => {
      noted = { ...noted, player: next, guest: null };
      noted.leaving.delete(next);
    },
    forgetPlayer: () => (noted.player = null),
    leaving: () => [...noted.leaving],
    setLeaving: (gone, stays) => {
      if (stays === null) noted.leaving.delete(gone);
      else noted.leaving.set(gone, stays);
    },
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
    memory: { read: () => Promise.resolve({ log: null, squads: [], me: null }) },
    storage: {
      forget: (u, stays) => {
        forgetting?.(u);
        calls.push(`forget ${u}${stays === 'nothing' ? '' : ` but ${stays}`}`);
        return isBroken ? Promise.reject(new Error('broken')) : Promise.resolve();
      },
    },
    outbox: { open: (u) => Promise.resolve(void calls.push(`outbox ${String(u)}`)) },
    drafts: { belongTo: (u) => calls.push(`drafts ${String(u)}`) },
    sync: { open: (u) => calls.push(`sync ${String(u)}`), useTicket: (a) => calls.push(`ticket ${a}`) },
    tabs: { tell: (news) => calls.push(`tell ${news.is}`) },
    router: { go: ({ at }) => calls.push(`go ${at}`) },
    connection: {
      restart: () => calls.push('restart'),
      stop: () => calls.push('stop'),
      send: ({ t }) => calls.push(`send ${t}`),
    },
    dispatch: (change: Change) => (state = reduce(state, change)),
    state: () => state,
  });
}

beforeEach(() => {
  [calls, guests, clock, forgetting, isBroken] = [[], [], new HandClock(), null, false];
  guest = { isOk: true, body: { player: 'ANA', handle: 'Ana', ticket: 'T', expires_at: 1 } };
  ticket = { isOk: true, body: { ticket: 'T2', expires_at: 1 } };
});

test('a new guest becomes the player, other tabs hear of it, and only then it goes on', async () => {
  await signIn(null).asGuest('Ana', () => calls.push('then'));

  expect(calls).toEqual([
    ...['stop', 'drafts ANA', 'sync ANA', 'outbox ANA', 'restart'],
    ...['tell came', 'then'],
  ]);
  expect([noted.player, noted.guest]).toEqual(['ANA', null]);
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
  await here.stopped(4401, 'sign in first');
  expect(calls).toEqual(['ticket T2', 'restart']);
  await here.stopped(4401, 'sign in first');

  expect(state.session).toEqual({ at: 'out', why: 'ended' });
});

test('after a welcome the next 4401 may try again', async () => {
  const here = signIn('ANA');
  await here.stopped(4401, 'sign in first');
  here.welcomed();
  await here.stopped(4401, 'sign in first');

  expect(calls).toEqual(['ticket T2', 'restart', 'ticket T2', 'restart']);
});

test('no session means the name is asked', async () => {
  ticket = refused('UNAUTHENTICATED');
  await signIn('ANA').stopped(4401, 'sign in first');

  expect(state.session).toEqual({ at: 'out', why: 'ended' });
  expect(noted.player).toBeNull();
});

test('no answer to the ticket means trying later, not signing out', async () => {
  ticket = refused(NO_ANSWER);
  const here = signIn('ANA');
  await here.stopped(4401, 'sign in first');
  expect(state.session).toEqual({ at: 'in', player: 'ANA' });
  ticket = { isOk: true, body: { ticket: 'T2', expires_at: 1 } };
  clock.advance(5000);
  await Promise.resolve();
  await Promise.resolve();

  expect(calls).toContain('restart');
});

test('a visitor nobody knows is just not signed in', async () => {
  await signIn(null).stopped(4401, 'sign in first');

  expect(calls).toEqual([]);
  expect(state.session).toEqual({ at: 'out' });
});

test('other 44xx are not about signing in', async () => {
  await signIn('ANA').stopped(4430, '');

  expect(calls).toEqual([]);
});

test('a session about to end gets a new ticket on the live socket', async () => {
  await signIn('ANA').renew();

  expect(calls).toEqual(['send auth']);
});

test('who has erased themselves is out, and nothing of them stays here', async () => {
  await signIn('ANA').signedOut('erased');

  expect(state.session).toEqual({ at: 'out', why: 'erased' });
  expect(calls).toEqual(['stop', 'sync null', 'outbox null', 'forget ANA', 'drafts null']);
  expect(noted.player).toBeNull();
});

test('a socket that closes while an erasure is on its way says that it was done', async () => {
  const here = signIn('ANA');
  const entry = { id: 'C', u: 'ANA', k: 'player.erase', b: { confirm: 'Ana' }, at: 0 } as const;
  state = reduce(state, { is: 'outbox', entries: [{ ...entry, progress: { status: 'sending' } }] });
  ticket = refused('UNAUTHENTICATED');
  await here.stopped(4401, 'sign in first');

  expect(state.session).toEqual({ at: 'out', why: 'erased' });
});

test('a sign-in that ran out leaves what was not sent yet, and nothing else', async () => {
  ticket = refused('UNAUTHENTICATED');
  await signIn('ANA').stopped(4401, 'sign in first');

  expect(calls).toEqual(['stop', 'sync null', 'outbox null', 'forget ANA but outbox', 'drafts null']);
});

test.each([
  ['the browser knows of no sign-in', refused('UNAUTHENTICATED')],
  ['there is no answer', refused(NO_ANSWER)],
])('signed out on another device, all is wiped when %s', async (_, answer) => {
  ticket = answer;
  await signIn('ANA').stopped(4401, 'signed out');

  expect(state.session).toEqual({ at: 'out', why: 'signed-out' });
  expect(calls).toEqual(['stop', 'sync null', 'outbox null', 'forget ANA', 'drafts null']);
  expect(noted.player).toBeNull();
});

test('signed out and in again in another tab, nothing is wiped', async () => {
  await signIn('ANA').stopped(4401, 'signed out');

  expect(calls).toEqual(['ticket T2', 'restart']);
  expect(state.session).toEqual({ at: 'in', player: 'ANA' });
});

test('nobody is noted any more before anything is wiped, so that no tab writes it back', async () => {
  const seen: (string | null)[] = [];
  forgetting = () => seen.push(noted.player);
  await signIn('ANA').signedOut('signed-out');

  expect(seen).toEqual([null]);
});

test('the screen says signed out only when all is wiped', async () => {
  const seen: State['session'][] = [];
  forgetting = () => seen.push(state.session);
  await signIn('ANA').signedOut('signed-out');

  expect(seen).toEqual([{ at: 'in', player: 'ANA' }]);
});

test('another tab that signs out signs this one out, but for another player', async () => {
  const here = signIn('ANA');
  await here.heard('left', 'BO');
  expect(state.session).toEqual({ at: 'in', player: 'ANA' });
  await here.heard('left', 'ANA');

  expect(state.session).toEqual({ at: 'out', why: 'signed-out' });
});

test('another tab that came in as somebody else takes this one along, with no draft and no half-filled form', async () => {
  const here = signIn('ANA');
  noted.player = 'BO'; // by the other tab
  await here.heard('came', 'BO');
  await here.heard('came', 'BO');

  expect(state.session).toEqual({ at: 'in', player: 'BO' });
  expect(calls).toEqual(['stop', 'drafts BO', 'go start', 'sync BO', 'outbox BO', 'restart']);
});

test('an invite stays on the screen, whoever looks at it', async () => {
  const here = signIn('ANA');
  state = reduce(state, { is: 'went', route: { at: 'join', code: 'CODE' } });
  await here.become('BO');

  expect(calls).not.toContain('go start');
});

test('whoever was here before is not heard any more once another is here', async () => {
  const here = signIn('ANA');
  const before: unknown[] = [];
  const coming = here.become('BO');
  before.push(...calls);
  await coming;

  expect(before[0]).toBe('stop');
});

test('a tab that was thrown away while somebody signed out opens without what they had half written', async () => {
  await signIn(null).open();

  expect(calls).toEqual(['drafts null', 'restart']);
});

test('signing out of one player does not forget the other who is noted already', async () => {
  const here = signIn('ANA');
  noted.player = 'BO';
  await here.signedOut('signed-out');

  expect(noted.player).toBe('BO');
});

test('whoever comes in while another is wiped is in', async () => {
  const here = signIn('ANA');
  forgetting = () => void here.become('BO');
  await here.signedOut('signed-out');

  expect(state.session).toEqual({ at: 'in', player: 'BO' });
});

test('whoever is out already cannot be signed out', async () => {
  await signIn(null).signedOut('signed-out');

  expect(calls).toEqual([]);
});

test('the socket that closes while somebody who erased themselves is wiped changes nothing', async () => {
  const here = signIn('ANA');
  ticket = refused('UNAUTHENTICATED');
  const stopped: Promise<void>[] = [];
  forgetting = () => stopped.push(here.stopped(4401, 'nobody by this name'));
  await here.signedOut('erased');
  await Promise.all(stopped);

  expect(state.session).toEqual({ at: 'out', why: 'erased' });
  expect(calls).toEqual(['stop', 'sync null', 'outbox null', 'forget ANA', 'drafts null']);
});

test('what could not be wiped is not said to be, and the next start finishes it', async () => {
  isBroken = true;
  await signIn('ANA').signedOut('signed-out');
  expect(state.session).toEqual({ at: 'out', why: 'not-wiped' });
  expect([...noted.leaving]).toEqual([['ANA', 'nothing']]);

  isBroken = false;
  calls = [];
  await tab(null).open();

  expect(calls).toEqual(['forget ANA', 'drafts null', 'restart']);
  expect([...noted.leaving]).toEqual([]);
});

test('a page that dies while it wipes leaves word of it', async () => {
  const seen: [string, Stays][][] = [];
  const here = signIn('ANA');
  forgetting = () => seen.push([...noted.leaving]);
  await here.signedOut('ended');

  expect(seen).toEqual([[['ANA', 'outbox']]]);
  expect([...noted.leaving]).toEqual([]);
});
