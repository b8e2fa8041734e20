/** What is half written on a screen, until it is sent: phones throw pages away. Lasts as long as the tab. */
const PREFIX = 'gutsy.draft.';
/** Whose they are; empty: nobody's yet. */
const OWNER = 'gutsy.drafts-of';

export type Shelf = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

export interface Drafts {
  read<T extends object>(key: string): Partial<T>;
  write(key: string, draft: object): void;
  drop(key: string): void;
  /** Whoever is here now, null: nobody. Nothing stays that somebody else left half written in this tab. */
  belongTo(player: string | null): void;
}

/** `storage` may be forbidden: then nothing is kept, and nothing breaks. */
export function draftsIn(storage: () => Shelf): Drafts {
  return {
    read: <T extends object>(key: string): Partial<T> => {
      try {
        return JSON.parse(storage().getItem(PREFIX + key) ?? '{}') as Partial<T>;
      } catch {
        return {};
      }
    },
    write: (key, draft) => {
      attempt(() => {
        storage().setItem(PREFIX + key, JSON.stringify(draft));
      });
    },
    drop: (key) => {
      attempt(() => {
        storage().removeItem(PREFIX + key);
      });
    },
    belongTo: (player) => {
      attempt(() => {
        const all = storage();
        const owner = all.getItem(OWNER);
        all.setItem(OWNER, player ?? '');
        if (owner === null || owner === (player ?? '')) return;
        const keys = Array.from({ length: all.length }, (_, i) => all.key(i) ?? '');
        for (const key of keys) if (key.startsWith(PREFIX)) all.removeItem(key);
      });
    },
  };
}

export const drafts = draftsIn(() => sessionStorage);

function attempt(change: () => void): void {
  try {
    change();
  } catch {
    // Kept on the screen only.
  }
}
