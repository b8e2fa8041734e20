/** The deck as it is searched and filtered. Pure. */
import type { Category, DeckCard } from '../wire/types.generated';

export interface DeckFilter {
  /** 1 to 5; 0: all. */
  comfort: number;
  category: Category | '';
  search: string;
}

export const NO_FILTER: DeckFilter = { comfort: 0, category: '', search: '' };

export function isFiltered({ comfort, category, search }: DeckFilter): boolean {
  return comfort !== 0 || category !== '' || plain(search) !== '';
}

/** The cards that pass, from the gentlest up; every word of the search is somewhere in title or text. */
export function filterDeck(deck: readonly DeckCard[], { comfort, category, search }: DeckFilter): DeckCard[] {
  const wanted = plain(search).split(' ');
  return deck
    .filter(
      (card) =>
        (comfort === 0 || card.difficulty === comfort) &&
        (category === '' || card.categories.includes(category)) &&
        wanted.every((word) => haystack(card).includes(word)),
    )
    .toSorted((a, b) => a.difficulty - b.difficulty);
}

/** Those that some card has. */
export function categoriesOf(deck: readonly DeckCard[]): Category[] {
  return [...new Set(deck.flatMap(({ categories }) => categories))];
}

const haystacks = new WeakMap<DeckCard, string>();

function haystack(card: DeckCard): string {
  let text = haystacks.get(card);
  if (text === undefined) haystacks.set(card, (text = plain(`${card.title} ${card.text}`)));
  return text;
}

/** Small letters without accents, one space between words. */
function plain(text: string): string {
  const bare = text.normalize('NFKD').replace(/\p{M}/gu, '');
  return bare.toLowerCase().replace(/\s+/g, ' ').trim();
}
