import { expect, test } from 'vitest';
import { localeFor } from '../../src/words/locale';

test('without a language that we speak it is English', () => {
  expect(localeFor(null, ['tlh', 'fr-FR'])).toBe('en');
  expect(localeFor(null, [])).toBe('en');
});

test('a note of another time, in a language that is gone, decides nothing', () => {
  expect(localeFor('xx', ['en-GB'])).toBe('en');
});
