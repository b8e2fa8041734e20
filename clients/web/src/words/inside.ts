/** Every word there is: for the screens that are loaded when they are wanted. */
import { enInside } from './en-inside';
import { words as first } from './words';

export const words = { ...first, ...enInside, refusals: { ...first.refusals, ...enInside.refusals } };

/** What a refused command says to a person; some codes mean something else for one field. */
export function refusalText(code: string, field?: string): string {
  return words.refusals[`${code} ${field ?? ''}`] ?? words.refusals[code] ?? words.refusals.other;
}
