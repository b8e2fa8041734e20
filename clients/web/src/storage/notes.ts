/** Short notes that must be there before the database opens: who is here, who leaves, a guest id not used up yet. */
import type { Notes } from '../session/sign-in';
import type { Stays } from './storage';
import { random128 } from '../wire/ulid';

const PLAYER = 'gutsy.player';
const GUEST = 'gutsy.guest';
const LEAVING = 'gutsy.leaving';

export const browserNotes: Notes = {
  player: () => read(PLAYER),
  /** Whoever comes back before all of theirs was wiped keeps it. */
  setPlayer(player) {
    write(PLAYER, player);
    write(GUEST, null);
    this.setLeaving(player, null);
  },
  /** The next visit begins with a name. */
  forgetPlayer() {
    write(PLAYER, null);
  },
  leaving: () => [...leaving()] as [string, Stays][],
  setLeaving(player, stays) {
    const all = leaving();
    if (stays === null) all.delete(player);
    else all.set(player, stays);
    write(LEAVING, String(all) || null);
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

function leaving(): URLSearchParams {
  return new URLSearchParams(read(LEAVING) ?? '');
}

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
