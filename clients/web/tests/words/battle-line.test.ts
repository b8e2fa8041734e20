import { expect, test } from 'vitest';
import { battleWords, loadBattleWords } from '../../src/words/battle';
import { durationText, momentText, resultText, settingsText, timeLeft } from '../../src/words/battle-line';
import { enBattle } from '../../src/words/en-battle';
import { words } from '../../src/words/inside';
import type { BattleNow, Moment } from '../../src/wire/types.generated';
import { opened, score, viewOf } from '../hand/battle';

const view = viewOf(opened());
const moment = (kind: string, over: Partial<Moment> = {}): string =>
  momentText({ n: 1, at: 1, kind, player: 'BO', rows: [], ...over }, view, 'ANA');

test('how long a battle takes is told in the largest unit that fits', () => {
  expect([30_000, 600_000, 3_600_000, 5_400_000, 7 * 86_400_000].map(durationText)).toEqual([
    ...['30 seconds', '10 minutes', '1 hour', '1.5 hours', '7 days'],
  ]);
});

test('a second that has begun is still shown', () => {
  expect([0, 1, 1000, 59_001, 3_599_000, 3_600_000, 90_000_000].map(timeLeft)).toEqual([
    ...['00:00', '00:01', '00:01', '01:00', '59:59', '01:00:00', '25:00:00'],
  ]);
});

test('the rules of a battle are told in a line', () => {
  const battle = view.battle as BattleNow;

  expect(settingsText(battle)).toBe('Same cards · 1 hour · With heat · With doubling down');
  expect(settingsText({ ...battle, heat: false, double_down: false })).toBe('Same cards · 1 hour');
});

test('the end names whoever won, and nobody who did not', () => {
  const [ana, bo] = [score('ANA', { handle: 'Ana' }), score('BO', { handle: 'Bo' })];
  const nameless = { ...bo };
  delete nameless.handle;

  expect(resultText({ at: 'won', winners: [ana] }, 'ANA')).toBe('You won');
  expect(resultText({ at: 'won', winners: [ana] }, 'BO')).toBe('Ana won');
  expect(resultText({ at: 'won', winners: [nameless] }, 'ANA')).toBe('Former member won');
  expect(resultText({ at: 'won', winners: [ana, bo] }, 'BO')).toBe('Shared victory: Ana and You');
  expect(resultText({ at: 'draw' }, 'BO')).toBe(enBattle.result.draw);
  expect(resultText({ at: 'nobody' }, 'BO')).toBe(enBattle.result.nobody);
});

test('every moment has its line, one that is not known yet, too', () => {
  const { moments } = enBattle.replay;

  expect(moment('battle.opened')).toBe('Bo called for the battle');
  expect(moment('battle.joined', { player: 'ANA' })).toBe('You joined');
  expect(moment('battle.left', { player: 'ERASED' })).toBe('Former member left');
  expect(moment('dare.corrected')).toBe('Bo put a report right');
  expect(moment('dare.reported', { outcome: 'IGNORED' })).toBe(words.feed.reported.IGNORED('Bo'));
  expect(moment('dare.reported')).toBe(moments.other);
  expect(
    ['countdown_started', 'went_live', 'grace_started', 'finished', 'cancelled', 'new'].map((kind) =>
      moment(`battle.${kind}`),
    ),
  ).toEqual([
    ...[moments.countdown, moments.live, moments.grace, moments.finished, moments.cancelled, moments.other],
  ]);
});

test('the words are loaded in the language of this device', async () => {
  await loadBattleWords();

  expect(battleWords).toBe(enBattle);
});
