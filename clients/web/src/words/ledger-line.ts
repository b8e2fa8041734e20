/** One XP entry in words: what it was for, and where. Pure. */
import { dareWords } from '../state/select';
import type { State } from '../state/state';
import type { LedgerEntry, LedgerLine, Me } from '../wire/types.generated';
import { words } from './inside';
import { dayKey } from './time';

/** As it comes by the call; or, without day and words, with the profile. */
export type Line = LedgerEntry & Partial<Pick<LedgerLine, 'caused_at' | 'card' | 'text'>>;

export interface LedgerWords {
  title: string;
  /** The dare itself, where I may still see it. */
  dare: string | null;
  squad: string;
}

export function ledgerWords(line: Line, me: Me, deck: State['deck']): LedgerWords {
  const squad = me.squads.find(({ s }) => s === line.squad);
  return {
    title: line.reverses === undefined ? causeOf(line) : words.ledger.reversed(causeOf(line)),
    dare: dareWords(line, deck),
    squad:
      squad === undefined ? words.ledger.leftSquad : words.ledger.inSquad(squad.name ?? words.unnamedSquad),
  };
}

/** Entries in order, by the days of a zone; those whose day is not known are last. */
export function byDay<L extends Line>(lines: readonly L[], tz: string): { at: number | null; lines: L[] }[] {
  const days: { key: string; at: number | null; lines: L[] }[] = [];
  for (const line of lines) {
    const at = line.caused_at ?? line.at ?? null;
    const key = at === null ? '' : dayKey(at, tz);
    const last = days.at(-1);
    if (last?.key === key) last.lines.push(line);
    else days.push({ key, at, lines: [line] });
  }
  return days;
}

function causeOf({ kind, outcome }: LedgerEntry): string {
  if (kind === 'ISSUER') return words.ledger.issuer;
  if (kind === 'BATTLE') return words.ledger.battle;
  if (kind !== 'MAIN') return words.ledger.other;
  return outcome === undefined ? words.ledger.reported : words.ledger.main[outcome];
}
