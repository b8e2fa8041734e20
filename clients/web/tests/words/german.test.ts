import { expect, test } from 'vitest';
import { EMPTY_SQUAD, foldSquad } from '../../src/state/fold-squad';
import type { FeedRow } from '../../src/wire/types.generated';
import { de } from '../../src/words/de';
import { deBattle } from '../../src/words/de-battle';
import { deInside } from '../../src/words/de-inside';
import { en } from '../../src/words/en';
import { enBattle } from '../../src/words/en-battle';
import { enInside } from '../../src/words/en-inside';
import { feedLine } from '../../src/words/feed-line';
import { refusalText, speakInside } from '../../src/words/inside';
import { dayAndTime, relativeTime, zoneName } from '../../src/words/time';
import { speak } from '../../src/words/words';
import { accepted, anaJoined, boJoined, reported, started } from '../hand/squad';

speak(de);
speakInside(deInside);

const NOW = Date.UTC(2026, 10, 25, 12);
const HOUR_MS = 3_600_000;
const view = [anaJoined, boJoined, accepted, started, reported].reduce(foldSquad, EMPTY_SQUAD);
const title = (n: number, me: string): string =>
  feedLine(view.feed.find(([at]) => at === n) as FeedRow, view, me, null).title;

test('a friend has, and I have', () => {
  expect(title(7, 'ANA')).toBe('Bo hat sich ein Nein geholt');
  expect(title(7, 'BO')).toBe('Du hast dir ein Nein geholt');
});

test('from me is another case than to me', () => {
  expect(title(5, 'ANA')).toBe('Bo hat eine Mutprobe von dir angenommen');
  expect(deInside.feed.issued('Bo', deInside.feed.youObject)).toBe('Bo hat dich herausgefordert');
  expect(deInside.feed.issued(de.you, 'Bo')).toBe('Du hast Bo herausgefordert');
});

test('the loud word is NEIN', () => {
  expect(deInside.stamp.labels.REJECTED).toBe('NEIN');
});

test('moments and numbers are German ones', () => {
  expect(relativeTime(NOW - 3 * HOUR_MS, NOW)).toBe('vor 3 Stunden');
  expect(dayAndTime(NOW + 240 * HOUR_MS, NOW)).toBe('5. Dez.');
  expect(deInside.invite.until(dayAndTime(NOW + 240 * HOUR_MS, NOW))).toBe('Gilt bis 5. Dez.');
  expect([de.number(1234), deInside.home.members(1), deInside.home.members(2)]).toEqual([
    ...['1.234', '1 Mitglied', '2 Mitglieder'],
  ]);
});

test('one waits, two more do so together', () => {
  expect([1, 2].map(deInside.chip.waiting)).toEqual(['1 wartet', '2 warten']);
});

test('a time limit is told as people do', () => {
  const when = relativeTime(NOW + 3 * HOUR_MS, NOW);
  expect([deInside.dare.answerBy(when), deInside.dare.attemptBy(when)]).toEqual([
    ...['Läuft in 3 Stunden ab', 'Läuft in 3 Stunden ab'],
  ]);
  expect([1, 2].map((others) => deInside.squad.asks('Bo', others))).toEqual([
    ...['Bo und 1 weitere Person möchten rein', 'Bo und 2 weitere möchten rein'],
  ]);
});

test('a zone has a German name', () => {
  expect(deInside.week.zone(zoneName('Europe/Vienna'))).toBe('Montag bis Sonntag, Mitteleuropäische Zeit.');
});

test('a refusal is told in German, whichever screen it meets', () => {
  expect(refusalText('QUOTA', 'target')).toMatch(/drei Mutproben/);
  expect(refusalText('BUSY')).toMatch(/viel los/);
});

/** Words that are the same in both languages, or names. */
const SHARED = new Set([
  'Gutsy',
  'Live',
  'Offline',
  'Name',
  'Captain',
  'Code',
  'Party',
  'XP',
  'Level 3',
  '3 XP',
  '+3',
  '+3 XP',
  'in 3',
  'Hi 3.',
  '3: 4',
  '',
]);

/** Every text with its address; functions are asked with figures, which stand for names as well. */
function textsOf(words: unknown, at = ''): [string, string][] {
  if (typeof words === 'string') return [[at, words]];
  if (typeof words === 'function')
    return textsOf((words as (...all: string[]) => unknown)('3', '4', '5', '6'), at);
  if (typeof words !== 'object' || words === null) return [];
  return Object.entries(words).flatMap(([key, value]) => textsOf(value, `${at}.${key}`));
}

test('nothing was left in English', () => {
  const english = new Map(textsOf({ ...en, ...enInside, battle: enBattle }));
  const left = textsOf({ ...de, ...deInside, battle: deBattle }).filter(
    ([at, text]) => english.get(at) === text && !SHARED.has(text) && at !== '.number',
  );

  expect(left).toEqual([]);
});

test('the two languages have the same words, lists as long as each other', () => {
  const addresses = (words: unknown): string[] =>
    textsOf(words)
      .map(([at]) => at)
      .sort();

  expect(addresses(de)).toEqual(addresses(en));
  expect(addresses(deInside)).toEqual(addresses(enInside));
  expect(addresses(deBattle)).toEqual(addresses(enBattle));
});
