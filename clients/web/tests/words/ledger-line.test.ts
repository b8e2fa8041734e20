import { expect, test } from 'vitest';
import type { LedgerLine, Me } from '../../src/wire/types.generated';
import { byDay, ledgerWords } from '../../src/words/ledger-line';
import type { Line } from '../../src/words/ledger-line';
import { words } from '../../src/words/inside';

const me: Me = {
  ...{ player: 'ANA', handle: 'Ana', tz: 'Asia/Tokyo', xp: 0, level: 1, level_at: 0, next_at: 100 },
  ...{ top_level: 1, squads: [{ s: 'S', name: 'Owls', members: 2, role: 'OWNER' }], asked: [], recent: [] },
};
const line = (over: Partial<LedgerLine> = {}): Line => ({
  ...{ entry: 'E', kind: 'MAIN', amount: 82, squad: 'S', dare: 'D', n: 7, outcome: 'REJECTED' },
  ...over,
});

test('an entry says what happened, what the dare was, and where', () => {
  expect(ledgerWords(line({ text: 'Ask for a wave' }), me, null)).toEqual({
    ...{ title: words.ledger.main.REJECTED, dare: 'Ask for a wave', squad: 'in Owls' },
  });
});

test('an entry of a squad that I left, or whose words are gone, says so much', () => {
  expect(ledgerWords(line({ squad: 'T' }), me, null)).toMatchObject({
    ...{ dare: null, squad: words.ledger.leftSquad },
  });
});

test.each([
  [{ kind: 'ISSUER' }, words.ledger.issuer],
  [{ kind: 'BATTLE' }, words.ledger.battle],
  [{ reverses: 'E0' }, words.ledger.reversed(words.ledger.main.REJECTED)],
  [{ kind: 'NEW' }, words.ledger.other],
] as const)('%o has its own words', (over, title) => {
  expect(ledgerWords(line(over), me, null).title).toBe(title);
});

test('entries lie by the days of my own zone', () => {
  const at = Date.UTC(2026, 10, 24, 20); // the 25th in Tokyo
  const lines = [
    line({ entry: 'C', caused_at: at }),
    line({ entry: 'B', caused_at: at - 6 * 3600_000 }),
    line({ entry: 'A', caused_at: at - 6 * 3600_000 - 1 }),
  ];

  expect(byDay(lines, me.tz).map((day) => day.lines.map(({ entry }) => entry))).toEqual([['C'], ['B', 'A']]);
  expect(byDay(lines, 'UTC').map((day) => day.lines.length)).toEqual([3]);
});

test('an entry without a day stands apart', () => {
  const days = byDay([line({ caused_at: 1 }), line({ entry: 'A' })], 'UTC');

  expect(days.map(({ at }) => at)).toEqual([1, null]);
});
