/** Which language this device speaks: what the person chose here, else what their browser asks for. */
export const LOCALES = ['en', 'de'] as const;
export type Locale = (typeof LOCALES)[number];

const NOTE = 'gutsy.locale';

export function localeFor(note: string | null, languages: readonly string[]): Locale {
  const wanted = [note ?? '', ...languages].map((tag) => tag.slice(0, 2).toLowerCase());
  return wanted.flatMap((tag) => LOCALES.filter((known) => known === tag))[0] ?? 'en';
}

export const locale = localeFor(readNote(), navigator.languages);

/** Kept on this device; the page comes back in another language, with all that waits in the outbox. */
export function choose(chosen: Locale): void {
  try {
    localStorage.setItem(NOTE, chosen);
  } catch {
    return; // a browser that keeps nothing has only its own languages
  }
  if (chosen !== locale) location.reload();
}

function readNote(): string | null {
  try {
    return localStorage.getItem(NOTE);
  } catch {
    return null;
  }
}
