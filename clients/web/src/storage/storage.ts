/** What this device remembers between visits: the outbox, each squad as last seen, the deck and the profile. */
import type { OutboxEntry } from '../outbox/entry';
import type { OutboxStore } from '../outbox/store';
import type { WeekBoard } from '../state/state';
import type { DeckCard, Me, SquadView } from '../wire/types.generated';

/** One squad as of n, in one record: n and what it stands for can never disagree. */
export interface KeptSquad {
  u: string;
  /** The log it was read from. */
  l: string;
  s: string;
  n: number;
  view: SquadView;
  weeks: WeekBoard[];
}

export interface SquadStore {
  list(player: string): Promise<KeptSquad[]>;
  put(squad: KeptSquad): Promise<void>;
  remove(player: string, squad: string): Promise<void>;
}

export interface Kept {
  me: { u: string; r: number; b: Me };
  deck: DeckCard[];
}

export interface KeptStore {
  get<K extends keyof Kept>(key: K): Promise<Kept[K] | undefined>;
  put<K extends keyof Kept>(key: K, value: Kept[K]): Promise<void>;
  remove(key: keyof Kept): Promise<void>;
}

export interface Storage {
  outbox: OutboxStore;
  squads: SquadStore;
  kept: KeptStore;
}

/** The second implementation: for tests, and for browsers that allow no database. */
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
      remove: (key) => Promise.resolve(void kept.delete(key)),
    },
  };
}
