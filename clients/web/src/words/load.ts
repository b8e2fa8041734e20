/** Loads the words of one language, the first ones and those of the other screens; no other language comes along. */
import { locale } from './locale';
import type { Locale } from './locale';
import type { Words } from './en';
import type { InsideWords } from './en-inside';
import { speakInside } from './inside';
import { speak } from './words';

const FIRST: Record<Locale, () => Promise<Words>> = {
  en: async () => (await import('./en')).en,
  de: async () => (await import('./de')).de,
};

const INSIDE: Record<Locale, () => Promise<InsideWords>> = {
  en: async () => (await import('./en-inside')).enInside,
  de: async () => (await import('./de-inside')).deInside,
};

export async function loadWords(): Promise<void> {
  speak(await FIRST[locale]());
}

export async function loadInsideWords(): Promise<void> {
  speakInside(await INSIDE[locale]());
}
