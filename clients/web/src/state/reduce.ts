/** The one place where state changes: (state, change) -> state. Pure. */
import { NO_ANSWER } from '../wire/codes';
import type { LedgerAnswer, Me, Week, WeekClosed } from '../wire/types.generated';
import type { Change } from './changes';
import { EMPTY_SQUAD, foldSquad } from './fold-squad';
import { UNSEEN_SQUAD, initialState, weekKey } from './state';
import type { BattleBoard, InviteState, Ledger, SquadState, Standing, State, WeekBoard } from './state';

const NOBODY_ASKED: Pick<Me, 'asked'> = { asked: [] };

export function reduce(state: State, change: Change): State {
  switch (change.is) {
    case 'went':
      return { ...state, route: change.route, signIn: { at: 'ready' } };
    case 'tick':
      return { ...state, now: change.now };
    case 'signing-in':
      return { ...state, signIn: change.signIn };
    case 'link-code':
      return { ...state, linkCode: change.linkCode };
    case 'leaving':
      return { ...state, leave: change.leave };
    case 'signed-in':
      return signedIn(state, change.player);
    case 'signed-out':
      return { ...forgotten(state), session: { at: 'out', why: change.why } };
    case 'remembered':
      return remembered(state, change);
    case 'connection':
      return { ...eachSquad(state, { isLive: false, around: {} }), connection: change.status };
    case 'welcomed':
      return { ...state, now: change.now, skewMs: change.serverNow - change.now };
    case 'other-log':
      return eachSquad(state, { n: null, view: null, weeks: [], battle: undefined });
    case 'followed':
      return inSquad(state, change.squad, {});
    case 'snapped':
      return inSquad(standingAs(state, change.squad, null), change.squad, {
        n: change.n,
        view: change.view,
      });
    case 'happened':
      return happened(state, change);
    case 'live':
      return inSquad(state, change.squad, { isLive: true });
    case 'behind':
      return inSquad(state, change.squad, { isLive: false });
    case 'asked':
      return standingAs(state, change.squad, 'asking');
    case 'out':
      return out(state, change);
    case 'me':
      return withMe(state, change.r, change.view);
    case 'week':
      return withWeek(state, change.squad, { r: change.r, b: change.view });
    case 'battle':
      return withBattle(state, change.squad, { r: change.r, b: change.view });
    case 'around':
      return inSquad(state, change.squad, { around: change.around });
    case 'past-week':
      return withPastWeek(state, change);
    case 'reading-ledger':
      return { ...state, ledger: { ...state.ledger, reading: change.reading } };
    case 'ledger':
      return withLedger(state, change);
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
    case 'outdated':
      return { ...state, isOutdated: true };
  }
}

/** Another player's state is never mixed with this one's. */
function signedIn(state: State, player: string): State {
  const isSame = state.session.at === 'in' && state.session.player === player;
  const base = isSame ? state : forgotten(state);
  return { ...base, session: { at: 'in', player }, signIn: { at: 'ready' } };
}

function forgotten(state: State): State {
  const { route, now, skewMs, connection, invites, deck, signIn, isOutdated } = state;
  return { ...initialState(now, null), route, skewMs, connection, invites, deck, signIn, isOutdated };
}

function remembered(state: State, { squads, me }: Extract<Change, { is: 'remembered' }>): State {
  const kept = squads.map(
    ({ s, n, view, weeks }) => [s, { n, view, weeks, isLive: false, around: {} }] as const,
  );
  // What an older version of this page kept may lack what a newer one added.
  const known = me && { r: me.r, b: { ...NOBODY_ASKED, ...me.b } };
  return { ...state, me: state.me ?? known, squads: { ...Object.fromEntries(kept), ...state.squads } };
}

function happened(state: State, { squad, n, events }: Extract<Change, { is: 'happened' }>): State {
  const { view, weeks } = state.squads[squad] ?? UNSEEN_SQUAD;
  const closed = events.flatMap(({ k, b }) => (k === 'week.closed' ? [(b as WeekClosed).week] : []));
  return inSquad(state, squad, {
    n,
    view: events.reduce(foldSquad, view ?? EMPTY_SQUAD),
    weeks: closed.length === 0 ? weeks : weeks.map((board) => finalIf(board, closed)),
  });
}

/** Its rows are those of the last view: no more came before the week was closed. */
function finalIf(board: WeekBoard, closed: readonly string[]): WeekBoard {
  return closed.includes(board.b.week) ? { ...board, b: { ...board.b, state: 'FINAL' } } : board;
}

function withMe(state: State, r: number, b: Me): State {
  if (state.me !== null && r < state.me.r) return state;
  const hasRisen = state.me !== null && b.top_level > state.me.b.top_level;
  const newLevel = hasRisen ? b.top_level : state.newLevel;
  return { ...state, me: { r, b }, newLevel, standing: standingAfter(state, b) };
}

/** Where I asked, the profile knows: whoever asks no more and is not in was not let in. */
function standingAfter({ me, standing }: State, after: Me): State['standing'] {
  const asked = new Set(after.asked.map(({ s }) => s));
  const isIn = new Set(after.squads.map(({ s }) => s));
  const declined = (me?.b.asked ?? []).filter(({ s }) => !asked.has(s));
  const next = { ...standing, ...Object.fromEntries(declined.map(({ s }) => [s, 'declined' as const])) };
  return Object.fromEntries(Object.entries(next).filter(([s]) => !asked.has(s) && !isIn.has(s)));
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

/** The newest table is the whole truth: those between were never sent. */
function withBattle(state: State, squad: string, battle: BattleBoard): State {
  const known = state.squads[squad]?.battle;
  return known !== undefined && known.r > battle.r ? state : inSquad(state, squad, { battle });
}

/** A board that was shown stays while it is asked again. */
function withPastWeek(state: State, { squad, week, past }: Extract<Change, { is: 'past-week' }>): State {
  const key = weekKey(squad, week);
  if (state.pastWeeks[key]?.at === 'there' && past.at !== 'there') return state;
  return { ...state, pastWeeks: { ...state.pastWeeks, [key]: past } };
}

function withLedger(state: State, { page, after }: Extract<Change, { is: 'ledger' }>): State {
  return { ...state, ledger: { ...joined(state.ledger, page, after), reading: { at: 'done' } } };
}

/** What was read stays, so long as the page joins it: there is never a gap. */
function joined(
  { entries, hasMore }: Ledger,
  page: LedgerAnswer,
  after: string | null,
): Omit<Ledger, 'reading'> {
  const known = new Set(entries.map(({ entry }) => entry));
  const fresh = page.entries.filter(({ entry }) => !known.has(entry));
  if (after !== null && after !== entries.at(-1)?.entry) return { entries, hasMore };
  if (after !== null) return { entries: [...entries, ...fresh], hasMore: page.more };
  if (fresh.length === page.entries.length) return { entries: fresh, hasMore: page.more };
  return { entries: [...fresh, ...entries], hasMore };
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

function out(state: State, { squad, why }: Extract<Change, { is: 'out' }>): State {
  const squads = Object.fromEntries(Object.entries(state.squads).filter(([id]) => id !== squad));
  const isPutOut = why === 'kicked' || why === 'banned';
  return { ...(isPutOut ? standingAs(state, squad, why) : state), squads };
}

function standingAs(state: State, squad: string, standing: Standing | null): State {
  const others = Object.entries(state.standing).filter(([id]) => id !== squad);
  const own = standing === null ? [] : [[squad, standing] as const];
  return { ...state, standing: Object.fromEntries([...others, ...own]) };
}
