/** When to open the next socket after one closed, and when not to. Pure. */
import type { Random } from './ports';

const FIRST_MS = 500;
const CEILING_MS = 20_000;

/** Full jitter: rand(0, min(20 s, 0.5 s * 2^k)), so that a thousand clients do not come back at one instant. */
export function reconnectDelayMs(failures: number, random: Random): number {
  return random() * Math.min(CEILING_MS, FIRST_MS * 2 ** failures);
}

/** 44xx means: not by yourself. Signing in again or a tap may still lead back. */
export function mayReconnect(closeCode: number): boolean {
  return closeCode < 4400 || closeCode > 4499;
}

/** The wait that the server asks for in a close reason `retry=ms` (1013, 4503); 0 without one. */
export function askedWaitMs(reason: string): number {
  return Number(/^retry=(\d{1,7})$/.exec(reason)?.[1] ?? 0);
}
