import { beforeEach, expect, test } from 'vitest';
import type { Change } from '../../src/state/changes';
import { BEHIND_FOR_MS, Sync } from '../../src/wire/sync';
import type { ClientMessage, ServerMessage, SquadView, Welcome } from '../../src/wire/types.generated';
import { HandClock } from '../hand/clock';
import { handIds } from '../hand/ids';
import { emptyView } from '../hand/squad';

let clock: HandClock;
let changes: Change[];
let sent: ClientMessage[];
let outbox: string[];
let others: string[];
let sync: Sync;
const view: SquadView = emptyView();

beforeEach(() => {
  clock = new HandClock();
  [changes, sent, outbox, others] = [[], [], [], []];
  sync = new Sync({
    ...{ clock, clientId: 'CLIENT', newId: handIds() },
    send: (message) => sent.push(message),
    dispatch: (change) => changes.push(change),
    outbox: {
      ready: (isReady) => outbox.push(`ready ${String(isReady)}`),
      ack: ({ id }) => outbox.push(`ack ${id}`),
      err: ({ id }) => outbox.push(`err ${id ?? ''}`),
      reached: (squad, n) => outbox.push(`reached ${squad} ${String(n)}`),
    },
    otherPlayer: (player) => others.push(player),
    ticketWanted: () => others.push('ticket'),
  });
  sync.open('ANA', 'LOG', new Map([['S', 4]]));
});

const named = new Set(['S']);
const say = (message: ServerMessage): void => {
  sync.receive(message, named);
};
const ev = (n: number): ServerMessage => ({
  t: 'ev',
  s: 'S',
  n,
  k: 'dare.settled',
  at: n,
  b: {},
});
const welcome = (over: Partial<Welcome> = {}): Welcome => ({
  ...{ t: 'welcome', v: 1, u: 'ANA', l: 'LOG', now: clock.now() + 500, exp: 0, ping: 25_000, max: 1 },
  ...{ s: { S: 4 } },
  ...over,
});
const applied = (): number[] =>
  changes.flatMap((change) => (change.is === 'happened' ? change.events.map(({ n }) => n) : []));
const subs = (): unknown[] => sent.filter(({ t }) => t === 'sub').map((sub) => ({ ...sub, id: '' }));

test('hello names what this device has', () => {
  expect(sync.hello()).toEqual({ t: 'hello', v: 1, c: 'CLIENT', l: 'LOG', s: { S: 4 } });
});

test('a first visit asks for snapshots of nothing', () => {
  sync.open('ANA', null, new Map());

  expect(sync.hello()).toEqual({ t: 'hello', v: 1, c: 'CLIENT', s: {} });
});

test('an event is applied once', () => {
  say(ev(5));
  say(ev(5));

  expect(applied()).toEqual([5]);
});

test('a gap is asked for once, from what is there', () => {
  say(ev(7));
  say(ev(8));

  expect(applied()).toEqual([]);
  expect(subs()).toEqual([{ t: 'sub', id: '', s: 'S', n: 4 }]);
});

test('the answer to a gap releases what was held', () => {
  say(ev(7));
  say({ t: 'evs', s: 'S', n: 5, b: [['dare.settled', 5, null, null, {}], null] });

  expect(applied()).toEqual([5, 7]);
});

test('a snapshot replaces what was there', () => {
  say({ t: 'snap', s: 'S', n: 9, b: view });
  say(ev(9));
  say(ev(10));

  expect(applied()).toEqual([10]);
  expect(changes[0]).toEqual({ is: 'snapped', squad: 'S', n: 9, view });
});

test('a snapshot in parts is applied when it is whole', () => {
  const row = { player: 'ANA', handle: 'Ana', role: 'OWNER', joined_at: 1 } as const;
  say({ t: 'snap', s: 'S', n: 9, b: { ...view, roster: [row] }, p: [0, 2] });
  expect(changes).toEqual([]);
  say({ t: 'snap', s: 'S', n: 9, b: { roster: [row] } as unknown as SquadView, p: [1, 2] });

  expect(changes[0]).toEqual({ is: 'snapped', squad: 'S', n: 9, view: { ...view, roster: [row, row] } });
});

test('parts of a snapshot that broke off are not mixed with those of the next link', () => {
  const part = (i: number, over: Partial<SquadView>): ServerMessage => ({
    ...{ t: 'snap', s: 'S', n: 9, p: [i, 2] },
    b: over as SquadView,
  });
  say(part(1, { name: 'of a longer one' }));
  sync.hello();
  say(part(0, view));
  expect(changes).toEqual([]);
  say(part(0, view));
  expect(changes).toEqual([]);
  say(part(1, { size: 7 }));

  expect(changes[0]).toEqual({ is: 'snapped', squad: 'S', n: 9, view: { ...view, size: 7 } });
});

test('squads of mine that the hello did not name are followed', () => {
  say(welcome({ s: { S: 4, NEW: 2 } }));

  expect(subs()).toEqual([{ t: 'sub', id: '', s: 'NEW' }]);
});

test('a squad that was followed before the link was open is asked for after the welcome', () => {
  sync.follow('NEW');
  say(welcome({ s: { S: 4, NEW: 2 } }));

  expect(subs().length).toBe(2);
});

test('a squad that is not mine any more is forgotten', () => {
  say(welcome({ s: { S: -1 } }));

  expect(changes).toContainEqual({ is: 'out', squad: 'S' });
  expect(sync.hello().s).toEqual({});
});

test('being out is forgetting the squad', () => {
  say({ t: 'out', s: 'S', why: 'kicked' });
  expect(changes).toContainEqual({ is: 'out', squad: 'S', why: 'kicked' });
  say(ev(5));

  expect(applied()).toEqual([]);
});

test('another log drops local state, not the outbox', () => {
  say(welcome({ l: 'OTHER' }));

  expect(changes[0]).toEqual({ is: 'other-log' });
  expect(sync.hello()).toMatchObject({ l: 'OTHER', s: { S: null } });
  expect(outbox).toEqual(['ready true']);
});

test('another player is told apart before anything is sent', () => {
  say(welcome({ u: 'BO' }));

  expect(others).toEqual(['BO']);
  expect(outbox).toEqual([]);
});

test('the outbox goes after each welcome', () => {
  say(welcome());

  expect(outbox).toEqual(['ready true']);
});

test('behind the heads for 2 s is asked for again', () => {
  say({ t: 'ping', now: 1, h: { S: 6 } });
  expect(subs()).toEqual([]);
  clock.advance(BEHIND_FOR_MS);

  expect(subs()).toEqual([{ t: 'sub', id: '', s: 'S', n: 4 }]);
});

test('what arrives within 2 s of the ping is in time', () => {
  say({ t: 'ping', now: 1, h: { S: 5 } });
  say(ev(5));
  clock.advance(BEHIND_FOR_MS);

  expect(subs()).toEqual([]);
});

test('an answer to a sub is not the outbox’s', () => {
  say(ev(7));
  say({ t: 'ack', id: 'ID-001', b: { head: 7 } });

  expect(outbox).not.toContain('ack ID-001');
});

test('a sub refused for good forgets the squad', () => {
  say(ev(7));
  say({ t: 'err', id: 'ID-001', c: 'FORBIDDEN', m: '' });

  expect(changes).toContainEqual({ is: 'out', squad: 'S' });
});

test('a command that is not signed in wants a ticket', () => {
  say({ t: 'err', id: 'X', c: 'UNAUTHENTICATED', m: '' });

  expect(others).toEqual(['ticket']);
  expect(outbox).toEqual(['err X']);
});

test('squads in my profile are followed', () => {
  const me = {
    player: 'ANA',
    handle: 'Ana',
    tz: 'UTC',
    xp: 0,
    level: 1,
    level_at: 0,
    next_at: 100,
    top_level: 1,
  };
  const squads = [{ s: 'NEW', name: 'New', members: 1, role: 'OWNER' as const }];
  say({ t: 'view', k: 'me', r: 1, b: { ...me, squads, asked: [], recent: [] } });

  expect(subs()).toEqual([{ t: 'sub', id: '', s: 'NEW' }]);
});

test('a ticket is shown in hello until another player, or nobody, is here', () => {
  sync.useTicket('T');
  expect(sync.hello().a).toBe('T');
  sync.open('ANA', 'LOG', new Map());

  expect(sync.hello().a).toBeUndefined();
});

test('a ticket is for one welcome: the cookie lets the next link in', () => {
  sync.useTicket('T');
  sync.hello();
  say(welcome());

  expect(sync.hello().a).toBeUndefined();
});

test('who is around is told of squads that are followed', () => {
  say({ t: 'pres', s: 'S', b: { BO: 3 } });
  say({ t: 'pres', s: 'OTHER', b: { BO: 3 } });

  expect(changes).toEqual([{ is: 'around', squad: 'S', around: { BO: 3 } }]);
});

test('a battle’s table is told on, of followed squads only', () => {
  const table = { battle: 'B', state: 'LIVE', n: 9, rows: [] } as const;
  say({ t: 'view', k: 'battle', s: 'S', r: 5, b: { ...table, rows: [] } });
  say({ t: 'view', k: 'battle', s: 'T', r: 5, b: { ...table, rows: [] } });

  expect(changes).toEqual([{ is: 'battle', squad: 'S', r: 5, view: table }]);
});
