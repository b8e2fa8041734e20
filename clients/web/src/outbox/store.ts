/** Where the outbox keeps its entries. */
import type { OutboxEntry } from './entry';

export interface OutboxStore {
  /** The player's entries, by id. */
  list(player: string): Promise<OutboxEntry[]>;
  put(entry: OutboxEntry): Promise<void>;
  remove(id: string): Promise<void>;
}
