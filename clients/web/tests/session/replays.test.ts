import { expect, test } from 'vitest';
import { loadReplay } from '../../src/session/replays';
import type { Call } from '../../src/wire/http';

test('a replay is asked for by squad and battle', async () => {
  const asked: string[] = [];
  const call: Call = (method, path) => {
    asked.push(`${method} ${path}`);
    return Promise.resolve({ isOk: false, error: { code: 'NOT_FOUND', message: 'none' } });
  };

  expect((await loadReplay(call, 'S', 'B')).isOk).toBe(false);
  expect(asked).toEqual(['GET /api/squads/S/battles/B']);
});
