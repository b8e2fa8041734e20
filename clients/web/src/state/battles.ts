/** A squad's battle as a player meets it: where it stands, and whose turn it is to be brave. Pure. */
import type {
  BattleMode,
  BattleNow,
  BattleScore,
  BattleState,
  BattleTable,
  SquadView,
} from '../wire/types.generated';
import { daresOf } from './dares';
import { ofKind } from './feed';
import { playerOf } from './select';
import type { State } from './state';

/** The numbers of rules §8, by ruleset; 0 is for tests and demos. */
interface Pace {
  graceMs: number;
  spacingMs: number;
}

const REAL: Pace = { graceMs: 60_000, spacingMs: 3 * 60_000 };
const PACES: Record<number, Pace> = { 0: { graceMs: 3000, spacingMs: 1000 }, 1: REAL };
const LATE_JOIN_MS = 20 * 60_000;
const FEWEST = 2;
const DUELLISTS = 2;
/** Reports of one player that count in one battle. */
export const MOST_REPORTS = 10;
/** What is left when it is told to those who listen, in seconds. */
const TOLD_AT = [60, 30, 10] as const;

export function paceOf({ ruleset }: BattleNow): Pace {
  return PACES[ruleset] ?? REAL;
}

/** The squad's battle, if it is this one: the fold knows only the newest. */
export function battleOf(state: State, squad: string, battle: string): BattleNow | null {
  const known = state.squads[squad]?.view?.battle;
  return known?.battle === battle ? known : null;
}

export function tableOf(state: State, squad: string, battle: string): BattleTable | null {
  const table = state.squads[squad]?.battle?.b;
  return table?.battle === battle ? table : null;
}

/** Time is up by the clock, though the server only says so a little later. */
export function phaseOf({ state, ends_at }: BattleNow, now: number): BattleState {
  return state === 'LIVE' && ends_at !== undefined && now >= ends_at ? 'GRACE' : state;
}

/** Until when last reports count. */
export function graceUntil(battle: BattleNow): number {
  return battle.until ?? (battle.ends_at ?? 0) + paceOf(battle).graceMs;
}

/** Whole seconds until a moment of the server's; the last one is 1, then it is 0. */
export function secondsUntil(at: number, now: number): number {
  return Math.max(0, Math.ceil((at - now) / 1000));
}

/** The one mark that was passed between two looks at the clock, if any: 60, 30 or 10 seconds. */
export function markPassed(before: number, after: number): number | null {
  return TOLD_AT.findLast((mark) => after <= mark && mark < before) ?? null;
}

export function canStart({ participants }: BattleNow): boolean {
  return participants.length >= FEWEST;
}

export function isFullDuel({ mode, participants }: BattleNow): boolean {
  return mode === 'DUEL' && participants.length >= DUELLISTS;
}

/** Nothing of it will change any more. */
export function isEnded({ state }: { state: BattleState }): boolean {
  return state === 'FINISHED' || state === 'CANCELLED';
}

/** Late comers need a fair part of the time, and a duel has two. */
export function mayJoin(battle: BattleNow, me: string | null, now: number): boolean {
  const { participants, state, duration_ms, ends_at = 0 } = battle;
  if (me === null || participants.includes(me)) return false;
  if (isFullDuel(battle)) return false;
  if (state === 'LIVE') return ends_at - now > Math.min(duration_ms / 3, LATE_JOIN_MS);
  return state === 'LOBBY' || state === 'COUNTDOWN';
}

/** How it ended: who shares the first place, and whether that is a draw of two. */
export type Result = { at: 'nobody' } | { at: 'won'; winners: readonly BattleScore[] } | { at: 'draw' };

export function resultOf(mode: BattleMode, rows: readonly BattleScore[]): Result {
  const winners = rows.filter(({ rank, reports }) => rank === 1 && reports > 0);
  if (winners.length === 0) return { at: 'nobody' };
  return mode === 'DUEL' && winners.length > 1 ? { at: 'draw' } : { at: 'won', winners };
}

/** A card of mine in this battle that is not told of yet, also when it is over: it goes on as any other dare. */
export function openDareIn(state: State, squad: string, battle: string): string | null {
  const mine = daresOf(state, squad).filter((row) => row.battle === battle && row.target === playerOf(state));
  return mine.find(({ state: step }) => step === 'ACCEPTED' || step === 'IN_PROGRESS')?.dare ?? null;
}

/** What a battle brought me, once the ledger says so. */
export function battleXp({ me }: State, battle: string): number {
  const mine = me?.b.recent.filter((entry) => entry.battle === battle && entry.kind === 'BATTLE') ?? [];
  return mine.reduce((sum, { amount }) => sum + amount, 0);
}

/** The newest reports of others that count here, as far as the feed still knows. */
export function reportsOfOthers(
  view: SquadView,
  battle: string,
  me: string | null,
): ReturnType<typeof ofKind<'dare.reported'>> {
  return ofKind(view, 'dare.reported')
    .filter(({ b }) => b.battle === battle && b.target !== me)
    .toReversed();
}
