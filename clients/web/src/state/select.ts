/** Questions that screens ask the state. Pure; what is optimistic is worked out here and never stored. */
import type { OutboxEntry } from '../outbox/entry';
import type { DareRow, DeckCard, SquadView } from '../wire/types.generated';
import type { SquadState, State } from './state';

export type ChipState = 'live' | 'catching-up' | 'offline';

export interface ChipView {
  at: ChipState;
  /** Commands of mine that are not in the log yet. */
  waiting: number;
}

export function chipOf(state: State, squad: SquadState | undefined): ChipView {
  const isWaiting = ({ progress }: OutboxEntry): boolean =>
    progress.status === 'queued' || progress.status === 'sending';
  return { at: connectionOf(state, squad), waiting: state.outbox.filter(isWaiting).length };
}

function connectionOf({ connection }: State, squad: SquadState | undefined): ChipState {
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
export function serverNow({ now, skewMs }: Pick<State, 'now' | 'skewMs'>): number {
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

/** Of whoever is or was in, asks to be, or may not: a name that was erased is nobody's. */
export function nameOf(view: SquadView, player: string | null): string | undefined {
  const rows: readonly { player: string; handle?: string }[] = [
    ...view.roster,
    ...view.requests,
    ...view.banned,
  ];
  return rows.find((row) => row.player === player)?.handle;
}

/** Not mine to see, as far as the server has said. */
export function isGone({ connection, squads, standing, me }: State, squad: string): boolean {
  const isKnown = squad in standing || me?.b.asked.some(({ s }) => s === squad) === true;
  return !(squad in squads) && (connection.at === 'open' || isKnown);
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
