/** This device's memory, usable at once: each call waits for the database, so that the first screen need not. */
import type { Clock } from '../wire/ports';
import type { Storage } from './storage';

/** Some browsers hang here when their storage is broken. */
const OPEN_WITHIN_MS = 2000;
/** A slow net may take its time over the code. */
const LOAD_WITHIN_MS = 20_000;
/** Whoever leaves waits for this one. */
const FORGET_WITHIN_MS = 10_000;

export type DatabaseCode = () => Promise<{ openIndexedDb: () => Promise<Storage> }>;

const memory = async (): Promise<Storage> => (await import('./memory-storage')).memoryStorage();

/** Its code is not in the first load either. Where there is none, nothing outlives the page. */
const browserDatabase: DatabaseCode = () =>
  'indexedDB' in globalThis ? import('./indexed-db') : Promise.resolve({ openIndexedDb: memory });

/**
 * Where a database is forbidden, or does not open, the memory lasts as long as the page.
 * Nothing is written of whoever is not here (any more): another tab may have signed them out.
 */
export function openStorage(
  isHere: (player: string) => boolean,
  clock: Clock,
  code: DatabaseCode = browserDatabase,
): Storage {
  const open = async (limitMs: number): Promise<Storage> => {
    const { openIndexedDb } = await within(LOAD_WITHIN_MS, code(), clock);
    return within(limitMs, openIndexedDb(), clock);
  };
  const opened = open(OPEN_WITHIN_MS).catch(memory);
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
    },
    // Asked for anew: where the page has a memory of its own, a database that was only too slow may hold the rest.
    forget: async (player, stays) => {
      for (const storage of [await opened, await open(FORGET_WITHIN_MS)]) await storage.forget(player, stays);
    },
  };
}

function within<T>(limitMs: number, work: Promise<T>, clock: Clock): Promise<T> {
  const tooLate = new Promise<never>((_, reject) => {
    clock.after(limitMs, () => {
      reject(new Error('too late'));
    });
  });
  return Promise.race([work, tooLate]);
}
