/** ULIDs: time-ordered ids in 26 characters of Crockford's base 32, strictly rising within one maker. */
import type { Clock, Random } from './ports';

export const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
export const TIME_CHARS = 10;
const RANDOM_CHARS = 16; // the first one begins in the lower half, so that counting up never overflows

/** Makes ids; two made in the same millisecond still rise, so the outbox may sort by id. */
export function ulidMaker(clock: Clock, random: Random): () => string {
  let lastMs = 0;
  let digits: number[] = [];
  return () => {
    const now = Math.max(clock.now(), lastMs);
    if (now === lastMs && digits.length > 0) digits = plusOne(digits);
    else digits = Array.from({ length: RANDOM_CHARS }, (_, i) => Math.floor(random() * (i === 0 ? 16 : 32)));
    lastMs = now;
    return timeText(now) + digits.map((digit) => ALPHABET.charAt(digit)).join('');
  };
}

/** 0..1 from the system's own source; Math.random is not for ids. */
export const strongRandom: Random = () => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32;

/** 128 random bits as 32 hex characters. */
export function random128(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

function timeText(ms: number): string {
  let text = '';
  for (let rest = ms, i = 0; i < TIME_CHARS; i++, rest = Math.floor(rest / 32))
    text = ALPHABET.charAt(rest % 32) + text;
  return text;
}

function plusOne(digits: readonly number[]): number[] {
  const next = [...digits];
  for (let i = next.length - 1; i >= 0; i--) {
    next[i] = ((next[i] ?? 0) + 1) % 32;
    if (next[i] !== 0) break;
  }
  return next;
}
