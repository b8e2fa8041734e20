/** Questions that screens ask the state. Pure; what is optimistic is worked out here and never stored. */
import type { OutboxEntry } from '../outbox/entry';
import type { DeckCard, DareRow, LedgerEntry, RosterRow, SquadView, Week } from '../wire/types.generated';
import { outcomeOf } from './outcome';
import type { SquadState, State } from './state';

export type ChipState = 'live' | 'catching-up' | 'offline';

export function chipOf({ connection }: State, squad: SquadState | undefined): ChipState {
  switch (connection.at) {
    case 'open':
      return squad?.isLive === false ? 'catching-up' : 'live';
    case 'idle':
    case 'connecting':
      return 'catching-up';
    case 'waiting':
    case 'stopped':
      return 'offline';
  }
}

export function playerOf({ session }: State): string | null {
  return session.at === 'in' ? session.player : null;
}

/** The device's clock set right by the server's. */
export function serverNow({ now, skewMs }: State): number {
  return now + skewMs;
}

/** Commands on their way that the log does not show yet, oldest first. */
export function pendingOf(state: State, squad: string | null): OutboxEntry[] {
  const feed = squad === null ? [] : (state.squads[squad]?.view?.feed ?? []);
  const shown = new Set(feed.map(([, , , , c]) => c));
  return state.outbox.filter((entry) => (entry.s ?? null) === squad && !shown.has(entry.id));
}

/** Commands on their way for no squad, or for one that this player no longer sees. */
export function pendingElsewhere({ outbox, squads }: State): OutboxEntry[] {
  return outbox.filter(({ s }) => s === undefined || !(s in squads));
}

/** The live dares as they will be once my commands on their way are in the log. */
export function daresOf(state: State, squad: string): DareRow[] {
  const rows = state.squads[squad]?.view?.dares ?? [];
  return pendingOf(state, squad)
    .filter(({ progress }) => progress.status !== 'needs-you')
    .reduce(withPending, rows);
}

export function dareOf(state: State, squad: string, dare: string): DareRow | undefined {
  return daresOf(state, squad).find((row) => row.dare === dare);
}

/** The command on its way for a dare, or the one that needs me. */
export function pendingForDare(state: State, squad: string, dare: string): OutboxEntry[] {
  return pendingOf(state, squad).filter(({ b }) => 'dare' in b && b.dare === dare);
}

/** What a dare of mine to do earned, once the ledger says so. */
export function gainOf({ me }: State, dare: string): LedgerEntry | undefined {
  return me?.b.recent.find((entry) => entry.dare === dare && entry.kind === 'MAIN');
}

export function nameOf(view: SquadView, player: string | null): string | undefined {
  return view.roster.find((row) => row.player === player)?.handle;
}

export function membersOf(view: SquadView): RosterRow[] {
  return view.roster.filter((row) => row.left !== true);
}

/** This week's board; from its end on the next week, still empty, until the server sends it. */
export function boardOf(squad: SquadState, now: number): Week | null {
  const current = squad.weeks.find(({ b }) => b.starts_at <= now && now < b.ends_at);
  if (current !== undefined) return current.b;
  const last = squad.weeks.at(-1)?.b;
  if (last === undefined || squad.view === null || now < last.ends_at) return last ?? null;
  const rows = membersOf(squad.view).map(({ player, handle }) => ({
    player,
    ...(handle === undefined ? {} : { handle }),
    score: 0,
    rejections: 0,
  }));
  return { week: '', starts_at: last.ends_at, ends_at: Infinity, state: 'OPEN', rows };
}

/** A dare's own words, or those of its card; null: removed, or a card this device has not seen. */
export function dareWords(
  { card, text }: Pick<DareRow, 'card' | 'text'>,
  deck: State['deck'],
): string | null {
  return text ?? cardOf(deck, card)?.text ?? null;
}

export function cardOf(deck: State['deck'], card: string | undefined): DeckCard | undefined {
  return card === undefined ? undefined : deck?.find((known) => known.card === card);
}

/** My newest invite of this squad that still works. */
export function openInvite(view: SquadView, now: number): { code: string; expires_at: number } | null {
  for (const [, k, , , , b] of view.feed.toReversed()) {
    const { code, expires_at } = b as { code?: string; expires_at: number };
    if (k === 'invite.issued' && code !== undefined && expires_at > now) return { code, expires_at };
  }
  return null;
}

function withPending(rows: DareRow[], { k, b }: OutboxEntry): DareRow[] {
  const change = (dare: string, to: (row: DareRow) => DareRow): DareRow[] =>
    rows.map((row) => (row.dare === dare ? to(row) : row));
  switch (k) {
    case 'dare.accept':
      return change(b.dare, (row) => ({ ...row, state: 'ACCEPTED' }));
    case 'dare.start':
      return change(b.dare, (row) => ({ ...row, state: 'IN_PROGRESS' }));
    case 'dare.decline':
    case 'dare.bail':
    case 'dare.withdraw':
      return rows.filter((row) => row.dare !== b.dare);
    case 'dare.report': {
      const outcome = b.counts === undefined ? b.outcome : outcomeOf(b.counts);
      const extra = { ...(outcome && { outcome }), ...(b.line && { line: b.line }) };
      return change(b.dare, (row) => ({ ...row, state: 'REPORTED', ...extra }));
    }
    default:
      return rows;
  }
}
