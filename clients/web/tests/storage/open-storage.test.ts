import { expect, test } from 'vitest';
import { openStorage } from '../../src/storage/open-storage';
import { memoryStorage } from '../../src/storage/memory-storage';
import type { Storage } from '../../src/storage/storage';
import { HandClock } from '../hand/clock';
import { emptyView } from '../hand/squad';

// Node has no IndexedDB, as some browsers have none: the memory lasts as long as the page.
const entry = { k: 'dare.start', s: 'S', b: { dare: 'D' }, at: 0, progress: { status: 'queued' } } as const;
const squad = { l: 'LOG', s: 'S', n: 7, view: emptyView(), weeks: [] };
const me = { r: 1, b: {} } as never;

test('what is of somebody who is not here any more is not written', async () => {
  let here: string | null = 'ANA';
  const storage = openStorage((player) => player === here, new HandClock());
  await storage.outbox.put({ ...entry, id: 'C1', u: 'ANA' });
  here = null;
  const late = await Promise.allSettled([
    storage.outbox.put({ ...entry, id: 'C2', u: 'ANA' }),
    storage.squads.put({ ...squad, u: 'ANA' }),
    storage.kept.put('me', { ...(me as object), u: 'ANA' } as never),
  ]);

  expect(late.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect((await storage.outbox.list('ANA')).map(({ id }) => id)).toEqual(['C1']);
  expect([await storage.squads.list('ANA'), await storage.kept.get('me')]).toEqual([[], undefined]);
});

test('what is nobody’s is written whoever is here', async () => {
  const storage = openStorage(() => false, new HandClock());
  await storage.kept.put('deck', []);

  expect(await storage.kept.get('deck')).toEqual([]);
});

test('what is kept of somebody who is gone can be taken away', async () => {
  let isHere = true;
  const storage = openStorage(() => isHere, new HandClock());
  await storage.squads.put({ ...squad, u: 'ANA' });
  isHere = false;
  await storage.squads.remove('ANA', 'S');

  expect(await storage.squads.list('ANA')).toEqual([]);
});

test('a database that opened too late is wiped as well', async () => {
  const clock = new HandClock();
  const database = memoryStorage();
  await database.squads.put({ ...squad, u: 'ANA' });
  let open = (_: Storage): void => undefined;
  const slow = new Promise<Storage>((resolve) => (open = resolve));
  const storage = openStorage(
    () => true,
    clock,
    () => Promise.resolve({ openIndexedDb: () => slow }),
  );
  await Promise.resolve();
  await Promise.resolve();
  clock.advance(2000);
  await storage.squads.put({ ...squad, u: 'ANA' });
  open(database);
  await storage.forget('ANA', 'nothing');

  expect([await storage.squads.list('ANA'), await database.squads.list('ANA')]).toEqual([[], []]);
});

test('a database that does not open cannot be said to be wiped', async () => {
  const broken = (): Promise<Storage> => Promise.reject(new Error('broken'));
  const storage = openStorage(
    () => true,
    new HandClock(),
    () => Promise.resolve({ openIndexedDb: broken }),
  );

  await expect(storage.forget('ANA', 'nothing')).rejects.toThrow('broken');
});
