/** The first words in use. They are there before anything else runs (see `load`). */
import type { Words } from './en';

export let words: Words;

export function speak(chosen: Words): void {
  words = chosen;
}

/** What a refused command says to a person; some codes mean something else for one field. */
export function refusalText(code: string, field?: string): string {
  const refusals: Record<string, string> & Pick<Words['refusals'], 'other'> = words.refusals;
  return refusals[`${code} ${field ?? ''}`] ?? refusals[code] ?? refusals.other;
}
