/** What a participant does next in a live battle: take a card, go in, report. Pure. */
import type { BattleNow, DareRow, DeckCard, Outcome } from '../wire/types.generated';
import { MOST_REPORTS, paceOf, tableOf } from './battles';
import { daresOf } from './dares';
import { ofKind } from './feed';
import { pendingOf, playerOf } from './select';
import type { State } from './state';

export type Turn =
  /** My own view or the table has not come yet: nobody knows which card is next. */
  | { at: 'unknown' }
  /** `card`: the one whose turn it is; null: any that is safe here. */
  | { at: 'next'; card: string | null; taken: number }
  | { at: 'taking' }
  | { at: 'card'; row: DareRow }
  | { at: 'in'; row: DareRow }
  | { at: 'done'; why: 'cards' | 'reports' };

export function turnOf(state: State, squad: string, battle: BattleNow): Turn {
  const row = minesIn(state, squad, battle).findLast(({ state: step }) => step !== 'REPORTED');
  if (row?.state === 'IN_PROGRESS') return { at: 'in', row };
  if (row?.state === 'ACCEPTED') return { at: 'card', row };
  if (row !== undefined || isTaking(state, squad, battle)) return { at: 'taking' };
  const score = tableOf(state, squad, battle.battle)?.rows.find(({ player }) => player === playerOf(state));
  if (score === undefined || state.me === null) return { at: 'unknown' };
  if (score.reports >= MOST_REPORTS) return { at: 'done', why: 'reports' };
  const taken = takenBy(state, squad, battle);
  if (battle.mode === 'NO_RACE') return { at: 'next', card: null, taken };
  const card = battle.cards[taken];
  return card === undefined ? { at: 'done', why: 'cards' } : { at: 'next', card, taken };
}

/** My newest report on a card of this battle; whether it counts here is known once the log has it. */
export function lastReport(
  state: State,
  squad: string,
  battle: BattleNow,
): { outcome: Outcome; isCounted: boolean | null } | null {
  const row = minesIn(state, squad, battle).findLast(({ state: step }) => step === 'REPORTED');
  if (row?.outcome === undefined) return null;
  const view = state.squads[squad]?.view;
  const told = view && ofKind(view, 'dare.reported').find(({ b }) => b.dare === row.dare);
  return { outcome: row.outcome, isCounted: told ? told.b.battle === battle.battle : null };
}

/** From when on my next report counts: some time after the last one that did. Null: at once. */
export function countsFrom(state: State, squad: string, battle: BattleNow): number | null {
  const view = state.squads[squad]?.view;
  const last = view && ofKind(view, 'dare.reported').findLast(({ b }) => isMyReport(state, battle, b));
  return last ? last.b.arrived_at + paceOf(battle).spacingMs : null;
}

/**
 * Three cards to choose from, by chance, but the same on each of my devices until one is taken. `turned`: how
 * often other ones were asked for; all cards come by before the first ones come again.
 */
export function threeOf(deck: readonly DeckCard[], seed: string, turned = 0): DeckCard[] {
  const shuffled = deck
    .filter(({ battle_safe }) => battle_safe)
    .map((card) => ({ card, chance: scrambled(`${seed}/${card.card}`) }))
    .toSorted((a, b) => a.chance - b.chance)
    .map(({ card }) => card);
  const from = (turned % Math.max(1, Math.floor(shuffled.length / 3))) * 3;
  return shuffled.slice(from, from + 3).toSorted((a, b) => a.difficulty - b.difficulty);
}

function minesIn(state: State, squad: string, { battle }: BattleNow): DareRow[] {
  return daresOf(state, squad).filter((row) => row.battle === battle && row.target === playerOf(state));
}

function isTaking(state: State, squad: string, { battle }: BattleNow): boolean {
  return pendingOf(state, squad).some(
    ({ k, b, progress }) => k === 'dare.issue' && b.battle === battle && progress.status !== 'needs-you',
  );
}

/**
 * Cards that I have had: those that my own view counts, and those that the feed knows of and the view does not yet.
 * It comes anew with each card, and a little later; before the first it says nothing of this battle.
 */
function takenBy(state: State, squad: string, { battle }: BattleNow): number {
  const mine = state.me?.b.squads.find(({ s }) => s === squad)?.cards;
  const { had, n: knownN } = mine?.battle === battle ? mine : { had: 0, n: 0 };
  const feed = state.squads[squad]?.view?.feed ?? [];
  const since = feed.filter(([n, k, , , , b]) => {
    const { battle: of, target } = b as { battle?: string; target?: string };
    return n > knownN && k === 'dare.issued' && of === battle && target === playerOf(state);
  });
  return had + since.length;
}

function isMyReport(
  state: State,
  { battle }: BattleNow,
  report: { battle?: string | null; target: string },
): boolean {
  return report.battle === battle && report.target === playerOf(state);
}

/** FNV-1a: no secret, only another order for each seed. */
function scrambled(text: string): number {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0;
  return hash;
}
