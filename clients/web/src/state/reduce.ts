/** The one place where state changes: (state, change) -> state. Pure. */
import { NO_ANSWER } from '../wire/codes';
import type { Me, Week } from '../wire/types.generated';
import type { Change } from './changes';
import { EMPTY_SQUAD, foldSquad } from './fold-squad';
import { UNSEEN_SQUAD, initialState } from './state';
import type { InviteState, SquadState, State, WeekBoard } from './state';

export function reduce(state: State, change: Change): State {
  switch (change.is) {
    case 'went':
      return { ...state, route: change.route, signIn: { at: 'ready' } };
    case 'tick':
      return { ...state, now: change.now };
    case 'signing-in':
      return { ...state, signIn: change.signIn };
    case 'signed-in':
      return signedIn(state, change.player);
    case 'signed-out':
      return { ...forgotten(state), session: { at: 'out', hasEnded: true } };
    case 'remembered':
      return remembered(state, change);
    case 'connection':
      return { ...eachSquad(state, { isLive: false }), connection: change.status };
    case 'welcomed':
      return { ...state, now: change.now, skewMs: change.serverNow - change.now };
    case 'other-log':
      return eachSquad(state, { n: null, view: null, weeks: [] });
    case 'followed':
      return inSquad(state, change.squad, {});
    case 'snapped':
      return inSquad(state, change.squad, { n: change.n, view: change.view });
    case 'happened':
      return happened(state, change);
    case 'live':
      return inSquad(state, change.squad, { isLive: true });
    case 'behind':
      return inSquad(state, change.squad, { isLive: false });
    case 'out':
      return withoutSquad(state, change.squad);
    case 'me':
      return withMe(state, change.r, change.view);
    case 'week':
      return withWeek(state, change.squad, { r: change.r, b: change.view });
    case 'celebrated':
      return { ...state, newLevel: null };
    case 'outbox':
      return { ...state, outbox: change.entries };
    case 'answered':
      return { ...state, answers: { ...state.answers, [change.id]: change.answer } };
    case 'invite':
      return invited(state, change.code, change.invite);
    case 'deck':
      return { ...state, deck: change.cards };
  }
}

/** Another player's state is never mixed with this one's. */
function signedIn(state: State, player: string): State {
  const isSame = state.session.at === 'in' && state.session.player === player;
  const base = isSame ? state : forgotten(state);
  return { ...base, session: { at: 'in', player }, signIn: { at: 'ready' } };
}

function forgotten(state: State): State {
  const { route, now, skewMs, connection, invites, deck, signIn } = state;
  return { ...initialState(now, null), route, skewMs, connection, invites, deck, signIn };
}

function remembered(state: State, { squads, me }: Extract<Change, { is: 'remembered' }>): State {
  const kept = squads.map(({ s, n, view, weeks }) => [s, { n, view, weeks, isLive: false }] as const);
  return { ...state, me: state.me ?? me, squads: { ...Object.fromEntries(kept), ...state.squads } };
}

function happened(state: State, { squad, n, events }: Extract<Change, { is: 'happened' }>): State {
  const before = state.squads[squad]?.view ?? EMPTY_SQUAD;
  return inSquad(state, squad, { n, view: events.reduce(foldSquad, before) });
}

function withMe(state: State, r: number, b: Me): State {
  if (state.me !== null && r < state.me.r) return state;
  const hasRisen = state.me !== null && b.top_level > state.me.b.top_level;
  return { ...state, me: { r, b }, newLevel: hasRisen ? b.top_level : state.newLevel };
}

/** The newest two weeks are kept: while one settles, the next is open. */
function withWeek(state: State, squad: string, board: WeekBoard): State {
  const weeks = state.squads[squad]?.weeks ?? [];
  const isSame = ({ b }: { b: Week }): boolean => b.week === board.b.week;
  if (weeks.some((known) => isSame(known) && known.r > board.r)) return state;
  const next = [...weeks.filter((known) => !isSame(known)), board];
  next.sort((one, other) => one.b.starts_at - other.b.starts_at);
  return inSquad(state, squad, { weeks: next.slice(-2) });
}

/** What an invite said stays on the screen while it is asked again, and if no answer comes. */
function invited(state: State, code: string, invite: InviteState): State {
  const isNews = invite.at === 'open' || (invite.at === 'refused' && invite.code !== NO_ANSWER);
  if (state.invites[code]?.at === 'open' && !isNews) return state;
  return { ...state, invites: { ...state.invites, [code]: invite } };
}

function inSquad(state: State, squad: string, change: Partial<SquadState>): State {
  const before = state.squads[squad] ?? UNSEEN_SQUAD;
  return { ...state, squads: { ...state.squads, [squad]: { ...before, ...change } } };
}

function eachSquad(state: State, change: Partial<SquadState>): State {
  const squads = Object.entries(state.squads).map(([id, squad]) => [id, { ...squad, ...change }] as const);
  return { ...state, squads: Object.fromEntries(squads) };
}

function withoutSquad(state: State, squad: string): State {
  const squads = Object.fromEntries(Object.entries(state.squads).filter(([id]) => id !== squad));
  return { ...state, squads };
}
