import { expect, test } from 'vitest';
import { draftsIn } from '../../src/storage/drafts';

function shelf(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

test('a draft is there for the page that comes after, until it is dropped', () => {
  const storage = shelf();
  draftsIn(() => storage).write('D', { line: 'She lau' });
  const later = draftsIn(() => storage);
  expect(later.read('D')).toEqual({ line: 'She lau' });
  later.drop('D');

  expect(later.read('D')).toEqual({});
});

test('each draft is its own', () => {
  const storage = shelf();
  const drafts = draftsIn(() => storage);
  drafts.write('D', { line: 'one' });

  expect(drafts.read('E')).toEqual({});
});

test('a browser that forbids storage has no drafts, and nothing breaks', () => {
  const drafts = draftsIn(() => {
    throw new Error('forbidden');
  });
  drafts.write('D', { line: 'one' });
  drafts.drop('D');

  expect(drafts.read('D')).toEqual({});
});
