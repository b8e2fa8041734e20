// A client by somebody who has read the protocol and nothing else: walks every step of it, once,
// and prints what happened as one JSON object. Usage: node client.js http://127.0.0.1:8000

import { randomBytes } from 'node:crypto';
import { decode, encode } from '@msgpack/msgpack';
import WebSocket from 'ws';

const base = process.argv[2];
const transcript = {};
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A ULID: 48 bits of time, 80 of chance, in Crockford's base32. */
function ulid() {
  let number = (BigInt(Date.now()) << 80n) | BigInt(`0x${randomBytes(10).toString('hex')}`);
  let text = '';
  for (let i = 0; i < 26; i++) {
    text = ALPHABET[Number(number & 31n)] + text;
    number >>= 5n;
  }
  return text;
}

async function post(path, body, ticket) {
  const headers = { 'content-type': 'application/json' };
  if (ticket) headers.authorization = `Bearer ${ticket}`;
  const answer = await fetch(base + path, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: answer.status, body: await answer.json() };
}

async function get(path, ticket) {
  const headers = ticket ? { authorization: `Bearer ${ticket}` } : {};
  const answer = await fetch(base + path, { headers });
  return { status: answer.status, body: await answer.json() };
}

async function guest(handle) {
  const id = randomBytes(16).toString('hex');
  const { status, body } = await post('/api/guest', { id, handle, tz: 'UTC', adult: true });
  if (status !== 201) throw new Error(JSON.stringify(body));
  return body;
}

/** A connection: keeps every message, and lets one wait for the next that fits. */
class Connection {
  constructor({ subprotocols = ['gutsy.v1'], headers = {} } = {}) {
    this.messages = [];
    this.waiting = [];
    this.closed = new Promise((resolve) => (this.onclose = resolve));
    this.socket = new WebSocket(`${base.replace('http', 'ws')}/ws`, subprotocols, {
      perMessageDeflate: false,
      headers,
    });
    this.socket.on('message', (data, isBinary) => {
      if (!isBinary) throw new Error('a text message');
      const message = decode(data);
      this.messages.push(message);
      this.waiting = this.waiting.filter(([fits, resolve]) => !fits(message) || resolve(message));
    });
    this.socket.on('close', (code, reason) => this.onclose({ code, reason: reason.toString() }));
    this.socket.on('error', () => {});
  }

  opened() {
    return new Promise((resolve, reject) => {
      this.socket.on('open', () => resolve(this.socket.protocol));
      this.socket.on('unexpected-response', (_, answer) => reject(answer.statusCode));
    });
  }

  say(message) {
    this.socket.send(encode(message));
  }

  /** The first message that fits, of those that came and those to come. */
  hear(fits, what) {
    const found = this.messages.find(fits);
    if (found) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const kinds = this.messages.map((m) => m.t).join(' ');
        reject(new Error(`never heard ${what}; heard: ${kinds}`));
      }, 10_000);
      this.waiting.push([fits, (message) => (clearTimeout(timer), resolve(message), true)]);
    });
  }

  answer(id) {
    return this.hear((m) => (m.t === 'ack' || m.t === 'err') && m.id === id, `answer to ${id}`);
  }

  async cmd(k, b, s, id = ulid()) {
    this.messages = this.messages.filter((m) => m.id !== id);
    this.say({ t: 'cmd', id, k, b, ...(s ? { s } : {}) });
    return this.answer(id);
  }

  /** The frames of a squad that carry numbers. */
  numbered(s) {
    return this.messages.filter((m) => m.s === s && ['ev', 'evs', 'snap', 'live', 'out'].includes(m.t));
  }

  event(s, n) {
    return this.hear((m) => m.t === 'ev' && m.s === s && m.n === n, `event ${n}`);
  }
}

async function connected(ticket, squads = {}, more = {}) {
  const connection = new Connection();
  await connection.opened();
  connection.say({ t: 'hello', v: 1, c: 'foreign', a: ticket, s: squads, app: 'foreign 1', ...more });
  connection.welcome = await connection.hear((m) => m.t === 'welcome', 'welcome');
  return connection;
}

async function closedAfter(say, options) {
  const connection = new Connection(options);
  await connection.opened();
  say(connection);
  return (await connection.closed).code;
}

async function walk() {
  const [ada, bob, cleo] = [await guest('Ada L'), await guest('Bob R'), await guest('Cleo P')];

  // hello, welcome, view me
  const first = new Connection();
  transcript.subprotocol = await first.opened();
  first.say({ t: 'hello', v: 1, c: 'foreign', a: ada.ticket, s: {}, unknown_key: [1, { a: null }] });
  transcript.welcome = await first.hear((m) => m.t === 'welcome', 'welcome');
  transcript.player = ada.player;
  transcript.me = await first.hear((m) => m.t === 'view' && m.k === 'me', 'view me');

  // cmd: ack, dup, another command under the same id, refusals
  const id = ulid();
  const created = await first.cmd('squad.create', { name: 'Foreigners', tz: 'Europe/Berlin' }, null, id);
  const squad = created.b.squad;
  transcript.squad = squad;
  transcript.created = created;
  transcript.dup = await first.cmd('squad.create', { tz: 'Europe/Berlin', name: 'Foreigners' }, null, id);
  transcript.reused = await first.cmd('squad.create', { name: 'Other', tz: 'UTC' }, null, id);
  transcript.refused = await first.cmd('squad.create', { name: 'Other', tz: 'Mars' });
  transcript.unknown_command = await first.cmd('squad.dance', {}, squad);

  // sub: from the start
  first.say({ t: 'sub', id: 'sub-1', s: squad, n: 0 });
  transcript.sub = await first.answer('sub-1');
  await first.hear((m) => m.t === 'live' && m.s === squad, 'live');
  transcript.from_the_start = first.numbered(squad);
  transcript.week = await first.hear((m) => m.t === 'view' && m.k === 'week', 'view week');

  // an invite, looked at and used
  const invite = await first.cmd('squad.invite', {}, squad);
  transcript.invite = invite;
  transcript.invite_event = await first.event(squad, 3);
  transcript.invitation = (await get(`/api/invites/${invite.b.code.toLowerCase()}`)).body;
  const second = await connected(bob.ticket);
  transcript.joined = await second.cmd('squad.join', { code: invite.b.code });
  second.say({ t: 'sub', id: 'sub-2', s: squad });
  await second.hear((m) => m.t === 'live', 'live');
  transcript.snap = second.numbered(squad);
  const third = await connected(cleo.ticket, { [squad]: 0 });
  transcript.stranger = third.welcome.s;
  await third.cmd('squad.join', { code: invite.b.code });
  third.say({ t: 'sub', id: 'sub-3', s: squad, n: 0 });
  await third.hear((m) => m.t === 'live', 'live');
  transcript.replay = third.numbered(squad);

  // a dare that is not taken: whole for two, a blank for the third
  const offer = await first.cmd('dare.issue', { target: bob.player, card: 'which-apple' }, squad);
  transcript.offer = [await first.event(squad, 6), await second.event(squad, 6), await third.event(squad, 6)];
  await second.cmd('dare.decline', { dare: offer.b.dare }, squad);
  transcript.declined = [await first.event(squad, 7), await second.event(squad, 7), await third.event(squad, 7)];

  // a dare that is taken and reported over HTTP: events for all, views for whom they concern
  const words = { text: 'Ask for a purple umbrella', kind: 'ASK', difficulty: 3, categories: ['money'] };
  const dare = (await first.cmd('dare.issue', { target: bob.player, ...words }, squad)).b.dare;
  transcript.own_words = (await second.event(squad, 8)).b;
  await second.cmd('dare.accept', { dare }, squad);
  transcript.accepted = (await third.event(squad, 9)).k;
  await second.cmd('dare.start', { dare }, squad);
  const report = { id: ulid(), k: 'dare.report', s: squad, b: { dare, outcome: 'REJECTED', line: 'No!' } };
  transcript.http_ack = await post('/api/cmd', report, bob.ticket);
  transcript.http_dup = await post('/api/cmd', report, bob.ticket);
  transcript.reported = await third.event(squad, 11);
  const scored = (m) => m.t === 'view' && m.k === 'week' && m.b.rows[0].score > 0;
  transcript.board = (await third.hear(scored, 'the board')).b.rows;
  transcript.mine = (await second.hear((m) => m.t === 'view' && m.k === 'me' && m.b.xp > 0, 'my xp')).b;

  // unknown messages, and a new ticket
  first.say({ t: 'dance', id: 'dance-1', with: 'me' });
  transcript.unknown = await first.answer('dance-1');
  first.say({ t: 'act', s: squad, st: 1 });
  const renewed = await post('/api/ticket', {}, ada.ticket);
  first.say({ t: 'auth', id: 'auth-1', a: renewed.body.ticket });
  transcript.auth = await first.answer('auth-1');

  // ping and pong
  transcript.ping = await first.hear((m) => m.t === 'ping', 'ping');
  first.say({ t: 'pong' });

  // unsub, cut, come back
  first.say({ t: 'unsub', id: 'unsub-1', s: squad });
  transcript.unsub = await first.answer('unsub-1');
  first.socket.close();
  transcript.own_close = (await first.closed).code;
  const back = await connected(ada.ticket, { [squad]: 7 }, { l: transcript.welcome.l });
  await back.hear((m) => m.t === 'live', 'live');
  transcript.resumed = back.numbered(squad);
  const lost = await connected(ada.ticket, { [squad]: 7 }, { l: 'of another log' });
  await lost.hear((m) => m.t === 'live', 'live');
  transcript.other_log = lost.numbered(squad).map((m) => m.t);

  // leaving: the leave, out, and silence
  await second.cmd('squad.leave', {}, squad);
  await second.hear((m) => m.t === 'out', 'out');
  await back.cmd('squad.invite', {}, squad);
  await back.event(squad, 13);
  transcript.left = second.numbered(squad).slice(-2);

  // closes
  transcript.closes = {
    text: await closedAfter((c) => c.socket.send('{"t":"hello"}')),
    'no message': await closedAfter((c) => c.socket.send(Buffer.from([0xc1]))),
    'no hello first': await closedAfter((c) => c.say({ t: 'pong' })),
    'no ticket': await closedAfter((c) => c.say({ t: 'hello', v: 1, c: 'x' })),
    'another version': await closedAfter((c) => c.say({ t: 'hello', v: 2, c: 'x' })),
    'too big': await closedAfter((c) => c.socket.send(Buffer.alloc(20_000))),
  };
  transcript.statuses = {
    subprotocol: await new Connection({ subprotocols: ['chat'] }).opened().catch((status) => status),
    origin: await new Connection({ headers: { origin: 'https://evil.example' } }).opened().catch((s) => s),
  };
  for (const connection of [second, third, back, lost]) connection.socket.close();
}

walk().then(
  () => console.log(JSON.stringify(transcript)),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
