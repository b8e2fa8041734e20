/** A memory that lasts as long as the page: for browsers that allow no database, and for tests. */
import type { OutboxEntry } from '../outbox/entry';
import type { Kept, KeptSquad, Storage } from './storage';

export function memoryStorage(): Storage {
  const entries = new Map<string, OutboxEntry>();
  const squads = new Map<string, KeptSquad>();
  const kept = new Map<keyof Kept, Kept[keyof Kept]>();
  return {
    outbox: {
      list: (player) => Promise.resolve([...entries.values()].filter((entry) => entry.u === player)),
      put: (entry) => Promise.resolve(void entries.set(entry.id, structuredClone(entry))),
      remove: (id) => Promise.resolve(void entries.delete(id)),
    },
    squads: {
      list: (player) => Promise.resolve([...squads.values()].filter((squad) => squad.u === player)),
      put: (squad) => Promise.resolve(void squads.set(`${squad.u}/${squad.s}`, structuredClone(squad))),
      remove: (player, squad) => Promise.resolve(void squads.delete(`${player}/${squad}`)),
    },
    kept: {
      get: <K extends keyof Kept>(key: K) => Promise.resolve(kept.get(key) as Kept[K] | undefined),
      put: (key, value) => Promise.resolve(void kept.set(key, structuredClone(value))),
    },
    forget: (player, stays) => {
      for (const rows of [squads, ...(stays === 'outbox' ? [] : [entries])])
        for (const [key, { u }] of rows) if (u === player) rows.delete(key);
      const me = kept.get('me') as Kept['me'] | undefined;
      if (me?.u === player) kept.delete('me');
      return Promise.resolve();
    },
  };
}
