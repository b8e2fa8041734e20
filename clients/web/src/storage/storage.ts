/** What this device remembers between visits: the outbox, each squad as last seen, the deck and the profile. */
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
}

/** What of a player is left on the device, when the rest of theirs is wiped. */
export type Stays = 'nothing' | 'outbox';

export interface Storage {
  outbox: OutboxStore;
  squads: SquadStore;
  kept: KeptStore;
  /** Nothing of a player is kept any more, but for what stays. */
  forget(player: string, stays: Stays): Promise<void>;
}
