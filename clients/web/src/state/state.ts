/** Everything the screens know, in one value. It changes only in `reduce`. */
import type { Answer, OutboxEntry } from '../outbox/entry';
import type { Route } from '../router/route';
import type { ConnectionStatus } from '../wire/connection';
import type {
  BattleTable,
  DeckCard,
  Invitation,
  LedgerLine,
  Me,
  SquadView,
  Week,
} from '../wire/types.generated';

export type SignedOut =
  /** The server no longer knew this browser. */
  | 'ended'
  /** Somebody signed out, here or elsewhere; or did, and what is kept here could not be wiped yet. */
  | 'signed-out'
  | 'not-wiped'
  /** Wanted to be out everywhere, but the server no longer knew who this is. */
  | 'only-here'
  /** Erased themselves here. */
  | 'erased';

export type Session =
  /** `why`: somebody was in before. */
  | { at: 'out'; why?: SignedOut }
  /** Signed in once on this device; the server's word comes with the welcome. */
  | { at: 'in'; player: string };

/** A board and the log position it was folded up to: only a newer one replaces it. */
export interface WeekBoard {
  r: number;
  b: Week;
}

/** The table of the battle that was opened last, as of a log position, too. */
export interface BattleBoard {
  r: number;
  b: BattleTable;
}

export interface SquadState {
  n: number | null;
  view: SquadView | null;
  /** At the head of the log on this connection. */
  isLive: boolean;
  /** This week's board, and last week's while it settles. */
  weeks: WeekBoard[];
  /** Absent: none, or not told yet; it is not kept on this device. */
  battle?: BattleBoard | undefined;
  /** Who is around right now, as the server said last; nobody without a connection. */
  around: Around;
}

/** 1 here, 2 away, 3 going in; by player. */
export type Around = Readonly<Record<string, number>>;

/** A week of the past, asked for when it is looked at. */
export type PastWeek = { at: 'loading' } | { at: 'there'; board: Week } | { at: 'refused'; code: string };

/** My XP entries as far as they have been read, newest first. */
export interface Ledger {
  entries: readonly LedgerLine[];
  hasMore: boolean;
  reading: { at: 'done' } | { at: 'loading' } | { at: 'refused'; code: string };
}

export type InviteState =
  { at: 'loading' } | { at: 'open'; preview: Invitation } | { at: 'refused'; code: string };

/** The name form: what became of the last tap. */
export type SignIn = { at: 'ready' } | { at: 'busy' } | { at: 'refused'; code: string; free?: string };

/** The code for one more device: `refused` is why there is none. */
export type CodeState =
  | { at: 'none' }
  | { at: 'making' }
  | { at: 'shown'; code: string; expires_at: number }
  | { at: 'refused'; code: string };

/** Signing out: what became of the last tap. */
export type LeaveState = { at: 'ready' } | { at: 'busy' } | { at: 'refused'; code: string };

/** How I stand to a squad that I am not in, as far as this visit knows. */
export type Standing = 'asking' | 'declined' | 'kicked' | 'banned';

export interface State {
  route: Route;
  /** Device ms, ticking; and what to add for the server's. */
  now: number;
  skewMs: number;
  session: Session;
  signIn: SignIn;
  linkCode: CodeState;
  leave: LeaveState;
  connection: ConnectionStatus;
  me: { r: number; b: Me } | null;
  /** A level just reached for the first time, until it was celebrated. */
  newLevel: number | null;
  squads: Readonly<Record<string, SquadState>>;
  standing: Readonly<Record<string, Standing>>;
  outbox: readonly OutboxEntry[];
  /** Final answers to commands of this visit, by command id. */
  answers: Readonly<Record<string, Answer>>;
  invites: Readonly<Record<string, InviteState>>;
  deck: readonly DeckCard[] | null;
  /** By squad and week, see `weekKey`. */
  pastWeeks: Readonly<Record<string, PastWeek>>;
  ledger: Ledger;
  /** A newer version of this page is on this device: loading the page anew brings it. */
  isOutdated: boolean;
}

export const UNSEEN_SQUAD: SquadState = { n: null, view: null, isLive: false, weeks: [], around: {} };

export const UNREAD: Ledger = { entries: [], hasMore: true, reading: { at: 'done' } };

export function weekKey(squad: string, week: string): string {
  return `${squad}/${week}`;
}

export function initialState(now: number, player: string | null): State {
  return {
    route: { at: 'start' },
    now,
    skewMs: 0,
    session: player === null ? { at: 'out' } : { at: 'in', player },
    signIn: { at: 'ready' },
    linkCode: { at: 'none' },
    leave: { at: 'ready' },
    connection: { at: 'idle' },
    me: null,
    newLevel: null,
    squads: {},
    standing: {},
    outbox: [],
    answers: {},
    invites: {},
    deck: null,
    pastWeeks: {},
    ledger: UNREAD,
    isOutdated: false,
  };
}
