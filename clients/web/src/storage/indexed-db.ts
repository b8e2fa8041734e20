/** The device's memory in IndexedDB. */
import { openDB } from 'idb';
import type { DBSchema } from 'idb';
import type { OutboxEntry } from '../outbox/entry';
import type { Kept, KeptSquad, Storage } from './storage';

interface Schema extends DBSchema {
  outbox: { key: string; value: OutboxEntry; indexes: { u: string } };
  squads: { key: [string, string]; value: KeptSquad; indexes: { u: string } };
  kept: { key: string; value: Kept[keyof Kept] };
}

const NAME = 'gutsy';
const VERSION = 1;

export async function openIndexedDb(): Promise<Storage> {
  const db = await openDB<Schema>(NAME, VERSION, {
    upgrade(fresh) {
      fresh.createObjectStore('outbox', { keyPath: 'id' }).createIndex('u', 'u');
      fresh.createObjectStore('squads', { keyPath: ['u', 's'] }).createIndex('u', 'u');
      fresh.createObjectStore('kept');
    },
  });
  return {
    outbox: {
      list: (player) => db.getAllFromIndex('outbox', 'u', player),
      put: async (entry) => void (await db.put('outbox', entry)),
      remove: (id) => db.delete('outbox', id),
    },
    squads: {
      list: (player) => db.getAllFromIndex('squads', 'u', player),
      put: async (squad) => void (await db.put('squads', squad)),
      remove: (player, squad) => db.delete('squads', [player, squad]),
    },
    kept: {
      get: async <K extends keyof Kept>(key: K) => (await db.get('kept', key)) as Kept[K] | undefined,
      put: async (key, value) => void (await db.put('kept', value, key)),
    },
    // One transaction: all of it, or nothing that somebody could take for all.
    forget: async (player, stays) => {
      const all = db.transaction(['outbox', 'squads', 'kept'], 'readwrite');
      const squads = all.objectStore('squads');
      const outbox = all.objectStore('outbox');
      const kept = all.objectStore('kept');
      for (const key of await squads.index('u').getAllKeys(player)) await squads.delete(key);
      const entries = stays === 'outbox' ? [] : await outbox.index('u').getAllKeys(player);
      for (const key of entries) await outbox.delete(key);
      const me = (await kept.get('me')) as Kept['me'] | undefined;
      if (me?.u === player) await kept.delete('me'); // else it is the next player's already
      await all.done;
    },
  };
}
