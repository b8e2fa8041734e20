import { beforeEach, expect, test } from 'vitest';
import { reduce } from '../../src/state/reduce';
import { initialState } from '../../src/state/state';
import { MemoryOfState } from '../../src/storage/memory-of-state';
import { memoryStorage } from '../../src/storage/memory-storage';
import type { Storage } from '../../src/storage/storage';
import type { Me, SquadView } from '../../src/wire/types.generated';
import { HandClock } from '../hand/clock';
import { emptyView } from '../hand/squad';

let clock: HandClock;
let storage: Storage;
let log: string | null;
let memory: MemoryOfState;
const seen = reduce(initialState(0, 'ANA'), { is: 'snapped', squad: 'S', n: 7, view: emptyView() });

beforeEach(() => {
  clock = new HandClock();
  storage = memoryStorage();
  log = 'LOG';
  memory = new MemoryOfState(storage, clock, () => log);
});

test('a squad is kept with its n a moment later', async () => {
  memory.note(seen);
  expect(await storage.squads.list('ANA')).toEqual([]);
  clock.advance(300);

  expect((await memory.read('ANA')).squads).toEqual([
    { u: 'ANA', l: 'LOG', s: 'S', n: 7, view: emptyView(), weeks: [] },
  ]);
});

test('flush writes the newest state at once', async () => {
  memory.note(seen);
  memory.note(reduce(seen, { is: 'happened', squad: 'S', n: 8, events: [] }));
  memory.flush();

  expect((await memory.read('ANA')).squads[0]?.n).toBe(8);
});

test('a squad that is left is not kept', async () => {
  memory.note(seen);
  memory.flush();
  memory.note(reduce(seen, { is: 'out', squad: 'S' }));
  memory.flush();

  expect((await memory.read('ANA')).squads).toEqual([]);
});

test('another log’s squads are not kept', async () => {
  memory.note(seen);
  memory.flush();
  log = 'OTHER';
  memory.note(reduce(seen, { is: 'other-log' }));
  memory.flush();

  expect((await memory.read('ANA')).squads).toEqual([]);
});

test('a squad that an older page kept, without what this one shows, comes anew', async () => {
  const before = Object.fromEntries(Object.entries(emptyView()).filter(([field]) => field !== 'invites'));
  const kept = { u: 'ANA', l: 'LOG', n: 7, weeks: [] };
  await storage.squads.put({ ...kept, s: 'OLD', view: before as unknown as SquadView });
  await storage.squads.put({ ...kept, s: 'NEW', view: emptyView() });

  expect((await memory.read('ANA')).squads.map(({ s }) => s)).toEqual(['NEW']);
});

test('one player’s memory is not another’s', async () => {
  memory.note(seen);
  memory.flush();

  expect(await memory.read('BO')).toEqual({ log: null, squads: [], me: null });
});

test('nothing stays of a player who is to be forgotten, and all of another', async () => {
  const entry = { k: 'dare.start', s: 'S', b: { dare: 'D' }, at: 0, progress: { status: 'queued' } } as const;
  await storage.outbox.put({ ...entry, id: 'C1', u: 'ANA' });
  await storage.outbox.put({ ...entry, id: 'C2', u: 'BO' });
  memory.note(seen);
  memory.flush();
  await storage.forget('ANA', 'nothing');

  expect(await memory.read('ANA')).toEqual({ log: null, squads: [], me: null });
  expect([await storage.outbox.list('ANA'), (await storage.outbox.list('BO')).length]).toEqual([[], 1]);
});

test('of a player whose sign-in ran out only what was not sent yet stays', async () => {
  const entry = { k: 'dare.start', s: 'S', b: { dare: 'D' }, at: 0, progress: { status: 'queued' } } as const;
  await storage.outbox.put({ ...entry, id: 'C1', u: 'ANA' });
  memory.note(seen);
  memory.flush();
  await storage.forget('ANA', 'outbox');

  expect((await memory.read('ANA')).squads).toEqual([]);
  expect((await storage.outbox.list('ANA')).map(({ id }) => id)).toEqual(['C1']);
});

test('of the next player, who is here already, nothing is forgotten', async () => {
  await storage.kept.put('me', { u: 'BO', r: 1, b: {} as Me });
  await storage.forget('ANA', 'nothing');

  expect(await storage.kept.get('me')).toEqual({ u: 'BO', r: 1, b: {} });
});
