import { expect, test } from 'vitest';
import { refusalText, words } from '../../src/words/inside';
import { refusalText as firstText } from '../../src/words/words';

test('too many dares for one friend is not too many for today', () => {
  expect(refusalText('QUOTA', 'target')).toMatch(/waiting for them/);
  expect(refusalText('QUOTA')).toMatch(/today/);
});

test('a field without words of its own says what the code says', () => {
  expect(refusalText('BAD_INPUT', 'handle')).toBe(words.refusals['BAD_INPUT']);
});

test('an unknown code has words, too', () => {
  expect(refusalText('NEW')).toBe(words.refusals.other);
});

test('the words of the first screens are among them', () => {
  expect(firstText('INVITE_EXPIRED')).toBe(refusalText('INVITE_EXPIRED'));
  expect(firstText('WRONG_STATE')).toBe(words.refusals.other);
});
