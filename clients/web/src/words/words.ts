/** The words in use. One language so far; another one is a second module of the same type. */
import { en } from './en';
import type { Words } from './en';

export const words: Words = en;

/** What a refused command says to a person; some codes mean something else for one field. */
export function refusalText(code: string, field?: string): string {
  return words.refusals[`${code} ${field ?? ''}`] ?? words.refusals[code] ?? words.refusals.other;
}
