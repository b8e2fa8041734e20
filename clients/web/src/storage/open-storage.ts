/** This device's memory, usable at once: each call waits for the database, so that the first screen need not. */
import { memoryStorage } from './storage';
import type { Storage } from './storage';

/** Some browsers hang here when their storage is broken. */
const OPEN_WITHIN_MS = 2000;
/** A slow net may take its time over the code. */
const LOAD_WITHIN_MS = 20_000;

/**
 * Where a database is forbidden, or does not open, the memory lasts as long as the page.
 * Nothing is written of whoever is not here (any more): another tab may have signed them out.
 */
export function openStorage(isHere: (player: string) => boolean): Storage {
  const opened = open().catch(memoryStorage);
  const openedFor = async (player: string): Promise<Storage> => {
    const storage = await opened;
    if (!isHere(player)) throw new Error('not here');
    return storage;
  };
  return {
    outbox: {
      list: async (player) => (await opened).outbox.list(player),
      put: async (entry) => (await openedFor(entry.u)).outbox.put(entry),
      remove: async (id) => (await opened).outbox.remove(id),
    },
    squads: {
      list: async (player) => (await opened).squads.list(player),
      put: async (squad) => (await openedFor(squad.u)).squads.put(squad),
      remove: async (player, squad) => (await opened).squads.remove(player, squad),
    },
    kept: {
      get: async (key) => (await opened).kept.get(key),
      put: async (key, value) => (await ('u' in value ? openedFor(value.u) : opened)).kept.put(key, value),
      remove: async (key) => (await opened).kept.remove(key),
    },
  };
}

/** Its code is not in the first load either. */
async function open(): Promise<Storage> {
  const { openIndexedDb } = await within(LOAD_WITHIN_MS, import('./indexed-db'));
  return within(OPEN_WITHIN_MS, openIndexedDb());
}

function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  const tooLate = new Promise<never>((_, reject) => {
    setTimeout(() => {
      reject(new Error('too late'));
    }, limitMs);
  });
  return Promise.race([work, tooLate]);
}
