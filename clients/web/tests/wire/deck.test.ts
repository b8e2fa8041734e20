import { expect, test } from 'vitest';
import type { Change } from '../../src/state/changes';
import { NO_ANSWER } from '../../src/wire/codes';
import { deckOf } from '../../src/wire/deck';
import type { HttpAnswer } from '../../src/wire/http';
import type { DeckAnswer } from '../../src/wire/types.generated';

const noAnswer: HttpAnswer<DeckAnswer> = { isOk: false, error: { code: NO_ANSWER, message: '' } };
const cards: HttpAnswer<DeckAnswer> = { isOk: true, body: { cards: [] } as unknown as DeckAnswer };

test('the deck is asked for with each connection until it is there', async () => {
  const asked: string[] = [];
  const changes: Change[] = [];
  const answers = [noAnswer, cards];
  const deck = deckOf(
    {
      deck: (locale) => {
        asked.push(locale);
        return Promise.resolve(answers.shift() ?? cards);
      },
    },
    'de',
    (change) => changes.push(change),
  );
  for (let connection = 0; connection < 3; connection++) await deck.loadOnce();

  expect(asked).toEqual(['de', 'de']);
  expect(changes).toEqual([{ is: 'deck', cards: [] }]);
});
