/** Every word in use: for the screens that are loaded when they are wanted, and not before these words. */
import type { Words } from './en';
import type { InsideWords } from './en-inside';
import { words as first } from './words';

export let words: Words & InsideWords;

export function speakInside(chosen: InsideWords): void {
  words = { ...first, ...chosen };
}

export { refusalText } from './words';
