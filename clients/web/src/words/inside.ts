/** Every word in use: for the screens that are loaded when they are wanted, and not before these words. */
import type { Words } from './en';
import type { InsideWords } from './en-inside';
import { words as first, refusalIn } from './words';

export let words: Words & InsideWords;

export function speakInside(chosen: InsideWords): void {
  words = { ...first, ...chosen, refusals: { ...first.refusals, ...chosen.refusals } };
}

/** What is said to whoever has just gone out; nothing where no screen behind the door was ever shown. */
export function goodbye(why: keyof InsideWords['goodbye']): string {
  return (words as typeof words | undefined)?.goodbye[why] ?? '';
}

export function refusalText(code: string, field?: string): string {
  return refusalIn(words.refusals, code, field);
}
