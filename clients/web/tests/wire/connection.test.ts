import { beforeEach, expect, test } from 'vitest';
import { Connection } from '../../src/wire/connection';
import type { ConnectionStatus } from '../../src/wire/connection';
import type { ServerMessage } from '../../src/wire/types.generated';
import { HandClock } from '../hand/clock';
import { HandSockets } from '../hand/sockets';

let clock: HandClock;
let sockets: HandSockets;
let connection: Connection;
let statuses: string[];
let received: ServerMessage[];

beforeEach(() => {
  clock = new HandClock();
  sockets = new HandSockets();
  statuses = [];
  received = [];
  connection = new Connection({
    ...{ clock, openSocket: sockets.openSocket, random: () => 1 },
    hello: () => ({ t: 'hello', v: 1, c: 'CLIENT', s: { S: 3 } }),
    received: (message) => received.push(message),
    changed: (status: ConnectionStatus) => statuses.push(status.at),
  });
  connection.start();
});

test('hello is the first word', () => {
  sockets.last.open();

  expect(sockets.last.sent).toEqual([{ t: 'hello', v: 1, c: 'CLIENT', s: { S: 3 } }]);
});

test('it is open from the welcome on', () => {
  sockets.last.open();
  expect(statuses).toEqual(['connecting']);
  sockets.last.welcome();

  expect(statuses).toEqual(['connecting', 'open']);
});

test('a ping is answered', () => {
  sockets.last.welcome();
  sockets.last.say({ t: 'ping', now: 1, h: {} });

  expect(sockets.last.sent.at(-1)).toEqual({ t: 'pong' });
});

test('no message for ping + 10 s is death, whatever the net says', () => {
  sockets.last.welcome();
  clock.advance(34_999);
  expect(statuses.at(-1)).toBe('open');
  clock.advance(1);

  expect(statuses.at(-1)).toBe('waiting');
  expect(sockets.all[0]?.isClosed).toBe(true);
});

test('any message counts as life', () => {
  sockets.last.welcome();
  clock.advance(30_000);
  sockets.last.say({ t: 'live', s: 'S', n: 3 });
  clock.advance(30_000);

  expect(statuses.at(-1)).toBe('open');
});

test('a handshake that never ends is given up', () => {
  clock.advance(15_000);

  expect(statuses.at(-1)).toBe('waiting');
});

test('failures in a row wait longer and longer', () => {
  for (const delayMs of [500, 1000, 2000]) {
    const opened = sockets.all.length;
    sockets.last.drop();
    clock.advance(delayMs - 1);
    expect(sockets.all.length).toBe(opened);
    clock.advance(1);
    expect(sockets.all.length).toBe(opened + 1);
  }
});

test('a welcome that does not last does not reset the wait', () => {
  sockets.last.drop();
  clock.advance(500);
  sockets.last.welcome();
  sockets.last.drop();
  clock.advance(999);

  expect(sockets.all.length).toBe(2);
});

test('a good connection counts from zero again', () => {
  sockets.last.drop();
  clock.advance(500);
  sockets.last.welcome();
  clock.advance(10_000);
  sockets.last.drop();
  clock.advance(500);

  expect(sockets.all.length).toBe(3);
});

test('a nudge ends the waiting at once', () => {
  sockets.last.drop();
  connection.nudge();

  expect(sockets.all.length).toBe(2);
});

test('a nudge while the next try is on its way opens no second socket', () => {
  sockets.last.drop();
  connection.nudge();
  connection.nudge();
  sockets.last.drop();
  clock.advance(1000);
  connection.nudge();

  expect(sockets.all.length).toBe(3);
});

test('stopped, it hears nothing more and waits for nothing until it is started again', () => {
  sockets.last.welcome();
  connection.stop();
  sockets.all[0]?.say({ t: 'live', s: 'S', n: 1 });
  connection.nudge();
  clock.advance(60_000);
  expect([sockets.all.length, sockets.all[0]?.isClosed, statuses.at(-1)]).toEqual([1, true, 'idle']);
  expect(received.some(({ t }) => t === 'live')).toBe(false);
  connection.restart();

  expect(sockets.all.length).toBe(2);
});

test('a nudge finds a link that died while the phone slept', () => {
  sockets.last.welcome();
  clock.now = () => 1_700_000_000_000 + 3_600_000; // timers slept, time did not
  connection.nudge();

  expect(statuses.at(-1)).toBe('waiting');
});

test('44xx stops it, and a nudge does not start it', () => {
  sockets.last.welcome();
  sockets.last.drop(4430);
  connection.nudge();
  clock.advance(60_000);

  expect(statuses.at(-1)).toBe('stopped');
  expect(sockets.all.length).toBe(1);
});

test('a stopped connection says with which reason', () => {
  let last: ConnectionStatus | null = null;
  connection = new Connection({
    ...{ clock, openSocket: sockets.openSocket, random: () => 1 },
    hello: () => ({ t: 'hello', v: 1, c: 'CLIENT', s: {} }),
    received: () => undefined,
    changed: (status: ConnectionStatus) => (last = status),
  });
  connection.start();
  sockets.last.drop(4401, 'signed out');

  expect(last).toEqual({ at: 'stopped', closeCode: 4401, reason: 'signed out' });
});

test('the server may ask for a longer wait', () => {
  sockets.last.drop(1013, 'retry=3000');
  clock.advance(3499);
  expect(sockets.all.length).toBe(1);
  clock.advance(1);

  expect(sockets.all.length).toBe(2);
});

test('nothing is sent before the welcome', () => {
  sockets.last.open();
  connection.send({ t: 'pong' });

  expect(sockets.last.sent.length).toBe(1);
});

test('while a node drains the old link serves until the next one is live', () => {
  const [old] = sockets.all;
  old?.welcome({ S: 3 });
  old?.say({ t: 'drain', by: 10_000, lo: 1000, hi: 2000 });
  clock.advance(2000);
  sockets.last.welcome({ S: 3 });
  expect(old?.isClosed).toBe(false);
  sockets.last.say({ t: 'live', s: 'S', n: 3 });

  expect(old?.isClosed).toBe(true);
  expect(statuses).toEqual(['connecting', 'open']);
});

test('a next node that cannot be reached is tried again while the old one drains', () => {
  const [old] = sockets.all;
  old?.welcome({ S: 3 });
  old?.say({ t: 'drain', by: 10_000, lo: 0, hi: 0 });
  clock.advance(0);
  sockets.last.drop();
  clock.advance(1999);
  expect(sockets.all.length).toBe(2);
  clock.advance(1);
  sockets.last.welcome({ S: 3 });
  sockets.last.say({ t: 'live', s: 'S', n: 3 });

  expect(sockets.all.length).toBe(3);
  expect(old?.isClosed).toBe(true);
  expect(statuses).toEqual(['connecting', 'open']);
});

test.each([
  ['longer than the old one lasts', 1013, 'retry=9000'],
  ['not to come by itself', 4401, ''],
])('a next node that asks %s is not tried again', (_, code, reason) => {
  const [old] = sockets.all;
  old?.welcome();
  old?.say({ t: 'drain', by: 10_000, lo: 0, hi: 0 });
  clock.advance(0);
  sockets.last.drop(code, reason);
  clock.advance(12_000);

  expect(sockets.all.length).toBe(2);
  expect(old?.isClosed).toBe(false);
});

test('when the old one closes while a move waits there is one way on', () => {
  const [old] = sockets.all;
  old?.welcome();
  old?.say({ t: 'drain', by: 10_000, lo: 0, hi: 0 });
  clock.advance(0);
  sockets.last.drop();
  old?.drop(1012);
  clock.advance(10_000);

  expect(sockets.all.length).toBe(3);
});

test('a drained node that closes first costs nothing once the next is there', () => {
  const [old] = sockets.all;
  old?.welcome({ S: 3 });
  old?.say({ t: 'drain', by: 10_000, lo: 0, hi: 0 });
  clock.advance(0);
  sockets.last.welcome({ S: 3 });
  old?.drop(1001);

  expect(statuses).toEqual(['connecting', 'open']);
});

test('restart leaves the old socket and opens another', () => {
  sockets.last.welcome();
  connection.restart();
  sockets.all[0]?.say({ t: 'live', s: 'S', n: 1 });

  expect(sockets.all.length).toBe(2);
  expect(received.some(({ t }) => t === 'live')).toBe(false);
});
