/** What an id says of its making. */
import { ALPHABET, TIME_CHARS } from './ulid';

/** When it was made, Unix ms. */
export function ulidMs(id: string): number {
  return [...id.slice(0, TIME_CHARS)].reduce((ms, char) => ms * 32 + ALPHABET.indexOf(char), 0);
}
