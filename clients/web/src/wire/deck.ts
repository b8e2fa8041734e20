/** The deck: asked for once by a page, unless that did not work. */
import type { Change } from '../state/changes';
import type { Http } from './http';

export interface Deck {
  /** Now, whatever was before. */
  load(): Promise<void>;
  /** With each connection, until it is there. */
  loadOnce(): Promise<void>;
}

export function deckOf(http: Pick<Http, 'deck'>, locale: string, dispatch: (change: Change) => void): Deck {
  let loading: Promise<void> | null = null;
  const load = async (): Promise<void> => {
    const answer = await http.deck(locale);
    if (answer.isOk) dispatch({ is: 'deck', cards: answer.body.cards });
    else loading = null;
  };
  return { load, loadOnce: () => (loading ??= load()) };
}
