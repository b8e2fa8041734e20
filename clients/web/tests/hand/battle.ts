/** First-class examples: Ana's battle, which Bo has joined, and what its table says. */
import { foldSquad } from '../../src/state/fold-squad';
import type { SquadEvent } from '../../src/state/fold-squad';
import type { State } from '../../src/state/state';
import type {
  BattleOpened,
  BattleScore,
  BattleTable,
  DeckCard,
  Me,
  MySquad,
  SquadView,
} from '../../src/wire/types.generated';
import { T0, event } from './squad';
import { base } from './state';

export const MINUTE_MS = 60_000;
export const ENDS_AT = T0 + 60 * MINUTE_MS;

export function opened(over: Partial<BattleOpened> = {}): SquadEvent {
  return event(20, 'battle.opened', {
    ...{ battle: 'B', host: 'ANA', mode: 'SAME_DECK', duration_ms: 60 * MINUTE_MS, heat: true },
    ...{ double_down: true, ruleset: 1, cards: ['c0', 'c1', 'c2'] },
    ...over,
  });
}

export const anaIn = event(21, 'battle.joined', { battle: 'B', player: 'ANA' });
export const boIn = event(22, 'battle.joined', { battle: 'B', player: 'BO' }, 'BO');
export const counting = event(23, 'battle.countdown_started', { battle: 'B', starts_at: T0 });
export const live = event(24, 'battle.went_live', { battle: 'B', ends_at: ENDS_AT }, null);
export const grace = event(90, 'battle.grace_started', { battle: 'B', until: ENDS_AT + MINUTE_MS }, null);
export const finished = event(91, 'battle.finished', { battle: 'B', week: '2023-W46' }, null);
export const cancelled = event(92, 'battle.cancelled', { battle: 'B', reason: 'BY_HOST' });

const card = { issuer: 'BO', target: 'BO', kind: 'ASK', difficulty: 2, categories: [], ruleset: 1 } as const;

/** Bo takes a card of the battle. */
export function took(n: number, dare: string, id: string): SquadEvent[] {
  const terms = { ...card, categories: [], dare, card: id, battle: 'B' };
  return [
    event(n, 'dare.issued', { ...terms, answer_by: ENDS_AT, attempt_within_ms: 1000 }, 'BO'),
    event(n + 1, 'dare.accepted', { ...terms, attempt_by: ENDS_AT }, 'BO'),
  ];
}

export function wentIn(n: number, dare: string): SquadEvent {
  const body = { dare, issuer: 'BO', target: 'BO', lapses_at: ENDS_AT, doubled: false };
  return event(n, 'dare.started', body, 'BO');
}

/** Bo's report; without `battle` it does not count there. */
export function told(n: number, dare: string, id: string, at: number, battle?: string): SquadEvent {
  const body = {
    ...{
      ...card,
      categories: [],
      dare,
      card: id,
      outcome: 'REJECTED' as const,
      arrived_at: at,
      doubled: false,
    },
    ...{ week: '2023-W46', settles_at: ENDS_AT },
    ...(battle === undefined ? {} : { battle }),
  };
  return event(n, 'dare.reported', body, 'BO');
}

export function score(player: string, over: Partial<BattleScore> = {}): BattleScore {
  return {
    player,
    handle: player,
    points: 0,
    rejections: 0,
    reports: 0,
    rank: 1,
    hot: false,
    ...over,
  };
}

export function table(n: number, rows: BattleScore[]): BattleTable {
  return { battle: 'B', state: 'LIVE', n, rows };
}

export function viewOf(...events: SquadEvent[]): SquadView {
  return events.reduce(foldSquad, base.squads['S']?.view as SquadView);
}

const LEVEL = { xp: 0, level: 1, level_at: 0, next_at: 100, top_level: 1 };
const ME: Me = { player: 'BO', handle: 'Bo', tz: 'UTC', ...LEVEL, squads: [], asked: [], recent: [] };
const MINE: MySquad = { s: 'S', members: 2, role: 'MEMBER' };

/** Bo's state in the midst of it, who has had so many cards as of the table. */
export function inBattle(events: SquadEvent[], pushed: BattleTable | null = null, had = 0): State {
  const squad = { n: 99, view: viewOf(...events), isLive: true, weeks: [], around: {} };
  const cards = pushed && { battle: 'B', n: pushed.n, had };
  const me = { r: 1, b: { ...ME, squads: [{ ...MINE, ...(cards && { cards }) }] } };
  return { ...base, me, squads: { S: { ...squad, ...(pushed && { battle: { r: 1, b: pushed } }) } } };
}

export function deckOf(...cards: [string, number, boolean][]): DeckCard[] {
  return cards.map(([card, difficulty, battle_safe]) => ({
    ...{ card, title: card, text: card, kind: 'ASK', difficulty, categories: [], battle_safe, locale: 'en' },
  }));
}
