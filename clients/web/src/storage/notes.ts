/** Two short notes that must be there before the database opens: who was here, and a guest id not used up yet. */
import type { Notes } from '../session/sign-in';
import { random128 } from '../wire/ulid';

const PLAYER = 'gutsy.player';
const GUEST = 'gutsy.guest';

export const browserNotes: Notes = {
  player: () => read(PLAYER),
  setPlayer(player) {
    write(PLAYER, player);
    write(GUEST, null);
  },
  /** The next visit begins with a name; what is kept of the player stays apart, under its id. */
  forgetPlayer() {
    write(PLAYER, null);
  },
  /** The same id until it became a player: asking twice (a lost answer, a second tap) makes one guest, not two. */
  guestId() {
    const id = read(GUEST) ?? random128();
    write(GUEST, id);
    return id;
  },
  dropGuestId() {
    write(GUEST, null);
  },
};

/** Storage may be forbidden; then a note lasts as long as the page. */
const fallback = new Map<string, string>();

function read(key: string): string | null {
  try {
    return localStorage.getItem(key) ?? fallback.get(key) ?? null;
  } catch {
    return fallback.get(key) ?? null;
  }
}

function write(key: string, value: string | null): void {
  // Kept in one place only: what another tab takes away must not be left in this one.
  fallback.delete(key);
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    if (value !== null) fallback.set(key, value);
  }
}
