/** The words in use. One language so far; another one is a second module of the same type. */
import { en } from './en';
import type { Words } from './en';

export const words: Words = en;

/** What a refused command says to a person. */
export function refusalText(code: string): string {
  return words.refusals[code] ?? words.refusals.other;
}
