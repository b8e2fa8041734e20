/** The fold here and the server's are one function: both give the same answers to the same vectors. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { EMPTY_SQUAD, foldSquad } from '../../src/state/fold-squad';
import type { FeedRow, SquadView } from '../../src/wire/types.generated';

interface Vector {
  name: string;
  events: FeedRow[];
  view: SquadView;
}

const path = new URL('../../../../tests/golden/squad_view.json', import.meta.url);
const vectors = JSON.parse(readFileSync(path, 'utf8')) as Vector[];

test.each(vectors)('$name', ({ events, view }) => {
  const folded = events.reduce(
    (before, [n, k, at, u, c, b]) => foldSquad(before, { n, k, at, u, c, b }),
    EMPTY_SQUAD,
  );

  expect(JSON.parse(JSON.stringify(folded))).toEqual(view);
});
