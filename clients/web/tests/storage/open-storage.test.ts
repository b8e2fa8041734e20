import { expect, test } from 'vitest';
import { openStorage } from '../../src/storage/open-storage';
import { emptyView } from '../hand/squad';

// Node has no IndexedDB, as some browsers have none: the memory lasts as long as the page.
const entry = { k: 'dare.start', s: 'S', b: { dare: 'D' }, at: 0, progress: { status: 'queued' } } as const;
const squad = { l: 'LOG', s: 'S', n: 7, view: emptyView(), weeks: [] };
const me = { r: 1, b: {} } as never;

test('what is of somebody who is not here any more is not written', async () => {
  let here: string | null = 'ANA';
  const storage = openStorage((player) => player === here);
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
  const storage = openStorage(() => false);
  await storage.kept.put('deck', []);

  expect(await storage.kept.get('deck')).toEqual([]);
});

test('what is kept of somebody who is gone can be taken away', async () => {
  let isHere = true;
  const storage = openStorage(() => isHere);
  await storage.squads.put({ ...squad, u: 'ANA' });
  isHere = false;
  await storage.squads.remove('ANA', 'S');

  expect(await storage.squads.list('ANA')).toEqual([]);
});
