/** Everything the screens know, in one value. It changes only in `reduce`. */
import type { Answer, OutboxEntry } from '../outbox/entry';
import type { Route } from '../router/route';
import type { ConnectionStatus } from '../wire/connection';
import type { DeckCard, Invitation, Me, SquadView, Week } from '../wire/types.generated';

/** The server no longer knew this browser; or somebody erased themselves here. */
export type SignedOut = 'ended' | 'erased';

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

export interface SquadState {
  n: number | null;
  view: SquadView | null;
  /** At the head of the log on this connection. */
  isLive: boolean;
  /** This week's board, and last week's while it settles. */
  weeks: WeekBoard[];
}

export type InviteState =
  { at: 'loading' } | { at: 'open'; preview: Invitation } | { at: 'refused'; code: string };

/** The name form: what became of the last tap. */
export type SignIn = { at: 'ready' } | { at: 'busy' } | { at: 'refused'; code: string; free?: string };

/** How I stand to a squad that I am not in, as far as this visit knows. */
export type Standing = 'asking' | 'declined' | 'kicked' | 'banned';

export interface State {
  route: Route;
  /** Device ms, ticking; and what to add for the server's. */
  now: number;
  skewMs: number;
  session: Session;
  signIn: SignIn;
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
  /** A newer version of this page is on this device: loading the page anew brings it. */
  isOutdated: boolean;
}

export const UNSEEN_SQUAD: SquadState = { n: null, view: null, isLive: false, weeks: [] };

export function initialState(now: number, player: string | null): State {
  return {
    route: { at: 'start' },
    now,
    skewMs: 0,
    session: player === null ? { at: 'out' } : { at: 'in', player },
    signIn: { at: 'ready' },
    connection: { at: 'idle' },
    me: null,
    newLevel: null,
    squads: {},
    standing: {},
    outbox: [],
    answers: {},
    invites: {},
    deck: null,
    isOutdated: false,
  };
}
