import { expect, test } from 'vitest';
import { draftsIn } from '../../src/storage/drafts';
import type { Shelf } from '../../src/storage/drafts';

function shelf(): Shelf {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
    key: (i) => [...items.keys()][i] ?? null,
    get length() {
      return items.size;
    },
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

test('to whoever comes next nothing stays of what was half written, but for what is not a draft', () => {
  const storage = shelf();
  storage.setItem('other', 'stays');
  const drafts = draftsIn(() => storage);
  drafts.belongTo('ANA');
  drafts.write('D', { line: 'one' });
  drafts.write('E', { line: 'two' });
  drafts.belongTo('ANA');
  expect(drafts.read('D')).toEqual({ line: 'one' });
  draftsIn(() => storage).belongTo('BO'); // the page of a tab that was thrown away meanwhile

  expect([drafts.read('D'), drafts.read('E'), storage.getItem('other')]).toEqual([{}, {}, 'stays']);
});

test('a browser that forbids storage has no drafts, and nothing breaks', () => {
  const drafts = draftsIn(() => {
    throw new Error('forbidden');
  });
  drafts.write('D', { line: 'one' });
  drafts.drop('D');
  drafts.belongTo('ANA');

  expect(drafts.read('D')).toEqual({});
});
