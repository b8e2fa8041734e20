/** The first words in use. They are there before anything else runs (see `load`). */
import type { Words } from './en';

export let words: Words;

export function speak(chosen: Words): void {
  words = chosen;
}

export function refusalText(code: string): string {
  return refusalIn(words.refusals, code);
}

/** What a refused command says to a person; some codes mean something else for one field. */
export function refusalIn(
  refusals: Record<string, string> & { other: string },
  code: string,
  field?: string,
): string {
  return refusals[`${code} ${field ?? ''}`] ?? refusals[code] ?? refusals.other;
}
