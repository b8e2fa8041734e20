import { expect, test } from 'vitest';
import { NAME, SOMETHING } from '../../src/parts/own-words';

/** As browsers read `pattern`. */
const fits = (pattern: string, value: string): boolean => new RegExp(`^(?:${pattern})$`, 'v').test(value);

test.each(['Ana', 'Jo B', ' Ana ', '娜娜娜', '👍🏽a👍'])('“%s” is long enough for a name', (name) => {
  expect(fits(NAME, name)).toBe(true);
});

test.each(['Jo', ' Jo ', '   ', 'A'])('“%s” is too short for a name', (name) => {
  expect(fits(NAME, name)).toBe(false);
});

test('spaces alone are not something', () => {
  expect(fits(SOMETHING, '  ')).toBe(false);
  expect(fits(SOMETHING, ' a b ')).toBe(true);
});
