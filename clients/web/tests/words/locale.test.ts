import { expect, test, vi } from 'vitest';
import { choose, locale, localeFor } from '../../src/words/locale';

test('without a choice it is the first of the browser’s languages that we speak', () => {
  expect(localeFor(null, ['fr-FR', 'de-AT', 'en'])).toBe('de');
  expect(localeFor(null, ['en-GB', 'de'])).toBe('en');
});

test('without a language that we speak it is English', () => {
  expect(localeFor(null, ['tlh', 'fr-FR'])).toBe('en');
  expect(localeFor(null, [])).toBe('en');
});

test('what somebody chose here counts more than their browser', () => {
  expect(localeFor('de', ['en-GB'])).toBe('de');
});

test('a choice of a language that is gone decides nothing', () => {
  expect(localeFor('xx', ['de'])).toBe('de');
});

test('only another language loads the page again', () => {
  const kept: string[] = [];
  let loads = 0;
  vi.stubGlobal('localStorage', { setItem: (_: string, tag: string) => kept.push(tag) });
  vi.stubGlobal('location', { reload: () => (loads += 1) });
  choose(locale);
  expect([kept.length, loads]).toEqual([1, 0]);

  choose(locale === 'en' ? 'de' : 'en');
  expect([kept.length, loads]).toEqual([2, 1]);
  vi.unstubAllGlobals();
});
