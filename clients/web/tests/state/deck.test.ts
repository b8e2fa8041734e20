import { expect, test } from 'vitest';
import { NO_FILTER, categoriesOf, filterDeck, isFiltered } from '../../src/state/deck';
import type { DeckCard } from '../../src/wire/types.generated';

const card = (title: string, difficulty: number, over: Partial<DeckCard> = {}): DeckCard => ({
  ...{ card: title, title, text: 'Ask a stranger.', kind: 'ASK', difficulty, categories: [] },
  ...{ battle_safe: true, locale: 'en' },
  ...over,
});
const bold = card('Café olé', 4, { categories: ['food_drink', 'money'] });
const gentle = card('Wave at me', 1, { text: 'Ask a  whole table to wave.' });
const dance = card('Dance', 4, { categories: ['performance'] });
const deck = [bold, gentle, dance];

test('without a filter all cards are there, from the gentlest up', () => {
  expect(filterDeck(deck, NO_FILTER)).toEqual([gentle, bold, dance]);
  expect(isFiltered(NO_FILTER)).toBe(false);
});

test('comfort and category both have to be right', () => {
  expect(filterDeck(deck, { ...NO_FILTER, comfort: 4 })).toEqual([bold, dance]);
  expect(filterDeck(deck, { ...NO_FILTER, comfort: 4, category: 'money' })).toEqual([bold]);
  expect(filterDeck(deck, { ...NO_FILTER, comfort: 1, category: 'money' })).toEqual([]);
});

test.each(['cafe', 'CAFÉ', 'ole cafe', '  café ', 'Cafe\u0301'])(
  '“%s” finds the card, whatever its accents, order and spaces',
  (search) => {
    expect(filterDeck(deck, { ...NO_FILTER, search })).toEqual([bold]);
  },
);

test('words are looked for in the text, too, and all of them', () => {
  expect(filterDeck(deck, { ...NO_FILTER, search: 'whole table' })).toEqual([gentle]);
  expect(filterDeck(deck, { ...NO_FILTER, search: 'whole dance' })).toEqual([]);
});

test('spaces alone are no search', () => {
  expect(filterDeck(deck, { ...NO_FILTER, search: '  ' }).length).toBe(3);
  expect(isFiltered({ ...NO_FILTER, search: '  ' })).toBe(false);
});

test('one can choose what some card is about', () => {
  expect(categoriesOf(deck)).toEqual(['food_drink', 'money', 'performance']);
});
