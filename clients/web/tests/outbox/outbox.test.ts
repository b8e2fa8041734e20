import { beforeEach, expect, test } from 'vitest';
import type { Answer, OutboxEntry } from '../../src/outbox/entry';
import { Outbox } from '../../src/outbox/outbox';
import type { OutboxStore } from '../../src/outbox/store';
import { memoryStorage } from '../../src/storage/memory-storage';
import type { Cmd } from '../../src/wire/types.generated';
import { HandClock } from '../hand/clock';
import { handIds } from '../hand/ids';

let clock: HandClock;
let store: OutboxStore;
let sent: Cmd[];
let shown: readonly OutboxEntry[];
let answers: Record<string, Answer>;
let newId: () => string;
let told: number;

function outboxOf(over: Partial<{ store: OutboxStore }> = {}): Outbox {
  return new Outbox({
    ...{ store, clock, newId, random: () => 0 },
    send: (command) => sent.push(command),
    changed: (entries) => (shown = entries),
    answered: (id, answer) => (answers[id] = answer),
    tellTabs: () => (told += 1),
    ...over,
  });
}

async function open(outbox: Outbox, player = 'ANA'): Promise<Outbox> {
  await outbox.open(player);
  outbox.lead(true);
  outbox.ready(true);
  return outbox;
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
const statuses = (): string[] => shown.map(({ progress }) => progress.status);
const nowhere = (): null => null;

beforeEach(() => {
  clock = new HandClock();
  store = memoryStorage().outbox;
  [sent, shown, answers, told] = [[], [], {}, 0];
  newId = handIds();
});

test('a command is on the screen at once and in the store before it is sent', async () => {
  const outbox = await open(outboxOf());
  outbox.add('dare.start', { dare: 'D' }, 'S');
  expect(statuses()).toEqual(['queued']);
  expect(sent).toEqual([]);
  await settled();

  expect((await store.list('ANA')).length).toBe(1);
  expect(sent).toEqual([{ t: 'cmd', id: 'ID-001', k: 'dare.start', b: { dare: 'D' }, s: 'S' }]);
});

test('what was tapped in this tab is told from what another tab has put into the store', async () => {
  const outbox = await open(outboxOf());
  const other = await open(outboxOf());
  const id = outbox.add('squad.create', { name: 'Owls', tz: 'UTC' });
  await settled();
  await other.refresh();

  expect([outbox, other].map((tab) => tab.isFromHere(id ?? ''))).toEqual([true, false]);
});

test('one command of a squad is in flight, the next goes after its answer', async () => {
  const outbox = await open(outboxOf());
  outbox.add('dare.accept', { dare: 'D' }, 'S');
  outbox.add('dare.start', { dare: 'D' }, 'S');
  await settled();
  expect(sent.map(({ k }) => k)).toEqual(['dare.accept']);
  outbox.ack({ t: 'ack', id: 'ID-001', s: 'S', n: 5 }, () => 5);

  expect(sent.map(({ k }) => k)).toEqual(['dare.accept', 'dare.start']);
});

test('squads do not wait for one another', async () => {
  const outbox = await open(outboxOf());
  outbox.add('dare.start', { dare: 'D' }, 'S');
  outbox.add('dare.start', { dare: 'E' }, 'T');
  await settled();

  expect(sent.map(({ s }) => s)).toEqual(['S', 'T']);
});

test('what is unanswered goes again after the next welcome, under the same id', async () => {
  const outbox = await open(outboxOf());
  outbox.add('dare.start', { dare: 'D' }, 'S');
  await settled();
  outbox.ready(false);
  expect(statuses()).toEqual(['queued']);
  outbox.ready(true);

  expect(sent.map(({ id }) => id)).toEqual(['ID-001', 'ID-001']);
});

test('a reload finds "sending" as "queued" and sends it under the same id', async () => {
  const first = await open(outboxOf());
  first.add('dare.start', { dare: 'D' }, 'S');
  await settled();
  const second = outboxOf();
  await second.open('ANA');
  expect(statuses()).toEqual(['queued']);
  second.lead(true);
  second.ready(true);

  expect(sent.map(({ id }) => id)).toEqual(['ID-001', 'ID-001']);
});

test('offline a command waits', async () => {
  const outbox = outboxOf();
  await outbox.open('ANA');
  outbox.lead(true);
  outbox.add('dare.start', { dare: 'D' }, 'S');
  await settled();

  expect(statuses()).toEqual(['queued']);
  expect(sent).toEqual([]);
});

test('an acknowledged command is out of the store and saved until its event is here', async () => {
  const outbox = await open(outboxOf());
  outbox.add('dare.start', { dare: 'D' }, 'S');
  await settled();
  outbox.ack({ t: 'ack', id: 'ID-001', s: 'S', n: 5 }, () => 4);
  await settled();
  expect(statuses()).toEqual(['saved']);
  expect(await store.list('ANA')).toEqual([]);
  outbox.reached('S', 5);

  expect(statuses()).toEqual([]);
});

test('an event that came before its ack leaves nothing behind', async () => {
  const outbox = await open(outboxOf());
  outbox.add('dare.start', { dare: 'D' }, 'S');
  await settled();
  outbox.reached('S', 5);
  outbox.ack({ t: 'ack', id: 'ID-001', s: 'S', n: 5 }, () => 5);

  expect(statuses()).toEqual([]);
});

test('the answer to a command is told', async () => {
  const outbox = await open(outboxOf());
  outbox.add('squad.create', { name: 'Owls', tz: 'UTC' });
  await settled();
  outbox.ack({ t: 'ack', id: 'ID-001', s: 'S', n: 2, b: { squad: 'S' } }, nowhere);

  expect(answers['ID-001']).toEqual({ isOk: true, s: 'S', b: { squad: 'S' } });
});

test.each(['BUSY', 'INTERNAL', 'UNAUTHENTICATED'])('%s is not final: the same id goes again', async (c) => {
  const outbox = await open(outboxOf());
  outbox.add('dare.start', { dare: 'D' }, 'S');
  await settled();
  outbox.err({ t: 'err', id: 'ID-001', c, m: '', w: 700 });
  expect(statuses()).toEqual(['queued']);
  clock.advance(699);
  expect(sent.length).toBe(1);
  clock.advance(1);

  expect(sent.map(({ id }) => id)).toEqual(['ID-001', 'ID-001']);
});

test('while one waits out a BUSY, the next of its squad waits too', async () => {
  const outbox = await open(outboxOf());
  outbox.add('dare.accept', { dare: 'D' }, 'S');
  outbox.add('dare.start', { dare: 'D' }, 'S');
  await settled();
  outbox.err({ t: 'err', id: 'ID-001', c: 'BUSY', m: '', w: 700 });

  expect(sent.map(({ k }) => k)).toEqual(['dare.accept']);
});

test('a refused command needs me and lets the next one go', async () => {
  const outbox = await open(outboxOf());
  outbox.add('dare.accept', { dare: 'D' }, 'S');
  outbox.add('dare.start', { dare: 'E' }, 'S');
  await settled();
  outbox.err({ t: 'err', id: 'ID-001', c: 'WRONG_STATE', m: '' });

  expect(statuses()).toEqual(['needs-you', 'sending']);
});

test('a refused command is still there after a reload', async () => {
  const outbox = await open(outboxOf());
  outbox.add('dare.accept', { dare: 'D' }, 'S');
  await settled();
  outbox.err({ t: 'err', id: 'ID-001', c: 'WRONG_STATE', m: '' });
  await settled();
  await outboxOf().open('ANA');

  expect(shown[0]?.progress).toEqual({ status: 'needs-you', refused: { code: 'WRONG_STATE', message: '' } });
});

test('trying a refused command again is a new id', async () => {
  const outbox = await open(outboxOf());
  outbox.add('dare.accept', { dare: 'D' }, 'S');
  await settled();
  outbox.err({ t: 'err', id: 'ID-001', c: 'WRONG_STATE', m: '' });
  outbox.retry('ID-001');
  await settled();

  expect(sent.map(({ id }) => id)).toEqual(['ID-001', 'ID-002']);
  expect((await store.list('ANA')).map(({ id }) => id)).toEqual(['ID-002']);
});

test('a refused command can be let go', async () => {
  const outbox = await open(outboxOf());
  outbox.add('dare.accept', { dare: 'D' }, 'S');
  await settled();
  outbox.err({ t: 'err', id: 'ID-001', c: 'WRONG_STATE', m: '' });
  outbox.discard('ID-001');
  await settled();

  expect(shown).toEqual([]);
  expect(await store.list('ANA')).toEqual([]);
});

test('what another player left here is kept apart and not sent', async () => {
  const anas = outboxOf();
  await anas.open('ANA');
  anas.add('dare.start', { dare: 'D' }, 'S');
  await settled();
  await open(outboxOf(), 'BO');

  expect(shown).toEqual([]);
  expect(sent).toEqual([]);
  expect((await store.list('ANA')).length).toBe(1);
});

test('only the tab that drains sends', async () => {
  const outbox = outboxOf();
  await outbox.open('ANA');
  outbox.ready(true);
  outbox.add('dare.start', { dare: 'D' }, 'S');
  await settled();
  expect(sent).toEqual([]);
  expect(told).toBeGreaterThan(0);
  outbox.lead(true);

  await settled();
  expect(sent.length).toBe(1);
});

test('the draining tab sends what another tab added', async () => {
  const draining = await open(outboxOf());
  await store.put({
    ...{ id: 'ID-900', u: 'ANA', s: 'S', k: 'dare.start', b: { dare: 'D' }, at: clock.now() },
    progress: { status: 'queued' },
  });
  await draining.refresh();

  expect(sent.map(({ id }) => id)).toEqual(['ID-900']);
});

test('a tab forgets what another tab has brought home', async () => {
  const watching = outboxOf();
  await watching.open('ANA');
  watching.add('dare.start', { dare: 'D' }, 'S');
  await settled();
  await store.remove('ID-001');
  await watching.refresh();

  expect(shown).toEqual([]);
});

test('after 30 days a command asks before it goes', async () => {
  const first = outboxOf();
  await first.open('ANA');
  first.add('dare.report', { dare: 'D', outcome: 'REJECTED' }, 'S');
  await settled();
  clock.advance(31 * 24 * 3600 * 1000);
  await open(outboxOf());

  expect(statuses()).toEqual(['needs-you']);
  expect(sent).toEqual([]);
});

test('a store that fails does not keep a command from going', async () => {
  const broken: OutboxStore = { ...store, put: () => Promise.reject(new Error('full')) };
  const outbox = await open(outboxOf({ store: broken }));
  outbox.add('dare.start', { dare: 'D' }, 'S');
  await settled();
  await outbox.refresh();

  expect(sent.length).toBe(1);
  expect(statuses()).toEqual(['sending']);
});

test('a wait that the server names is known to the screen, while it waits and where it needs me', async () => {
  const outbox = await open(outboxOf());
  outbox.ready(true);
  outbox.lead(true);
  const id = outbox.add('dare.accept', { dare: 'D1' }, 'S') ?? '';
  await settled();
  outbox.err({ t: 'err', id, c: 'BUSY', m: '', w: 5000 });
  expect(shown[0]?.progress).toEqual({ status: 'queued', until: clock.now() + 5000 });
  outbox.err({ t: 'err', id, c: 'QUOTA', m: '', w: 60_000 });

  expect(shown[0]?.progress).toMatchObject({ refused: { code: 'QUOTA', until: clock.now() + 60_000 } });
});
