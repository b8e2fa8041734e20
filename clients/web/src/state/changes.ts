/** Every way the state can change, declared together. */
import type { Answer, OutboxEntry } from '../outbox/entry';
import type { Route } from '../router/route';
import type { KeptSquad } from '../storage/storage';
import type { ConnectionStatus } from '../wire/connection';
import type { BattleTable, DeckCard, LedgerAnswer, Me, SquadView, Week } from '../wire/types.generated';
import type { SquadEvent } from './fold-squad';
import type {
  Around,
  CodeState,
  InviteState,
  LeaveState,
  Ledger,
  PastWeek,
  SignedOut,
  SignIn,
} from './state';

export type Change =
  | { is: 'went'; route: Route }
  | { is: 'tick'; now: number }
  | { is: 'signing-in'; signIn: SignIn }
  | { is: 'signed-in'; player: string }
  | { is: 'link-code'; linkCode: CodeState }
  | { is: 'leaving'; leave: LeaveState }
  | { is: 'signed-out'; why: SignedOut }
  | { is: 'remembered'; squads: readonly KeptSquad[]; me: { r: number; b: Me } | null }
  | { is: 'connection'; status: ConnectionStatus }
  | { is: 'welcomed'; serverNow: number; now: number }
  | { is: 'other-log' }
  | { is: 'followed'; squad: string }
  | { is: 'snapped'; squad: string; n: number; view: SquadView }
  | { is: 'happened'; squad: string; n: number; events: readonly SquadEvent[] }
  | { is: 'live'; squad: string }
  | { is: 'behind'; squad: string }
  | { is: 'asked'; squad: string }
  | { is: 'out'; squad: string; why?: string }
  | { is: 'me'; r: number; view: Me }
  | { is: 'week'; squad: string; r: number; view: Week }
  | { is: 'battle'; squad: string; r: number; view: BattleTable }
  | { is: 'around'; squad: string; around: Around }
  | { is: 'past-week'; squad: string; week: string; past: PastWeek }
  | { is: 'reading-ledger'; reading: Ledger['reading'] }
  /** `after`: the entry that it goes on from; null: the newest. */
  | { is: 'ledger'; page: LedgerAnswer; after: string | null }
  | { is: 'celebrated' }
  | { is: 'outbox'; entries: readonly OutboxEntry[] }
  | { is: 'answered'; id: string; answer: Answer }
  | { is: 'invite'; code: string; invite: InviteState }
  | { is: 'deck'; cards: readonly DeckCard[] }
  | { is: 'outdated' };
