/** The words in use. One language so far; another one is a second module of the same type. */
import { en } from './en';
import type { Words } from './en';

export const words: Words = en;

/** What a refused sign-in or invite says to a person; `inside` knows the other commands. */
export function refusalText(code: string): string {
  return words.refusals[code] ?? words.refusals.other;
}
