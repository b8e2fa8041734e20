import { expect, test } from 'vitest';
import { outcomeOf } from '../../src/state/outcome';

test.each([
  [{ asked: 5, no: 3, yes: 2, ignored: 0 }, 'REJECTED'],
  [{ asked: 5, no: 1, yes: 3, ignored: 1 }, 'GRANTED'],
  [{ asked: 5, no: 1, yes: 1, ignored: 3 }, 'IGNORED'],
  [{ asked: 4, no: 2, yes: 2, ignored: 0 }, 'MIXED'],
  [{ asked: 9, no: 3, yes: 3, ignored: 3 }, 'MIXED'],
] as const)('%o is %s', (counts, outcome) => {
  expect(outcomeOf(counts)).toBe(outcome);
});
