import { expect, test } from 'vitest';
import { NOBODY_COUNTED, answerOf, isAnswered } from '../../src/parts/answer';

const counts = { asked: 3, no: 2, yes: 1, ignored: 0 };

test('one of four is an answer, none of them is not', () => {
  const picked = { outcome: 'MIXED', isGroup: false, counts: NOBODY_COUNTED } as const;
  expect([isAnswered(picked), isAnswered({ ...picked, outcome: null })]).toEqual([true, false]);

  expect(answerOf(picked)).toEqual({ outcome: 'MIXED' });
});

test('the counts of a group speak for themselves', () => {
  const picked = { outcome: 'MIXED', isGroup: true, counts } as const;
  expect([isAnswered(picked), isAnswered({ ...picked, counts: NOBODY_COUNTED })]).toEqual([true, false]);

  expect(answerOf(picked)).toEqual({ counts });
});
