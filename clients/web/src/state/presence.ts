/** Who is around, and what this device says of its own person. Pure. */
import type { DareRow } from '../wire/types.generated';
import { dareOf, daresOf } from './dares';
import { membersOf } from './members';
import { playerOf } from './select';
import { UNSEEN_SQUAD } from './state';
import type { State } from './state';

/** What a device tells a squad of its person, and is told of others. */
export const HERE = 1;
export const AWAY = 2;
export const GOING_IN = 3;

export interface Present {
  player: string;
  name: string | undefined;
  isGoingIn: boolean;
}

/** The others who are here now, those going in first. Whoever is away is not shown: it says nothing. */
export function presentIn(state: State, squad: string): Present[] {
  const { view, around } = state.squads[squad] ?? UNSEEN_SQUAD;
  const me = playerOf(state);
  const present = (view === null ? [] : membersOf(view)).flatMap(({ player, handle }) => {
    const isHere = around[player] === HERE || around[player] === GOING_IN;
    return isHere && player !== me ? [{ player, name: handle, isGoingIn: around[player] === GOING_IN }] : [];
  });
  return present.toSorted((a, b) => Number(b.isGoingIn) - Number(a.isGoingIn));
}

/**
 * What to tell each squad that is live. Going in is the report screen of a dare that was started, or the arena that
 * it was started in; the phone in the pocket too.
 */
export function toTell(state: State, isActive: boolean): ReadonlyMap<string, number> {
  const live = Object.entries(state.squads).filter(([, { isLive }]) => isLive);
  return new Map(live.map(([squad]) => [squad, isGoingIn(state, squad) ? GOING_IN : isActive ? HERE : AWAY]));
}

function isGoingIn(state: State, squad: string): boolean {
  const { route } = state;
  const isMine = (row: DareRow | undefined): boolean =>
    row?.state === 'IN_PROGRESS' && row.target === playerOf(state);
  if (route.at === 'arena' && route.squad === squad)
    return daresOf(state, squad).some((row) => row.battle === route.battle && isMine(row));
  return route.at === 'dare' && route.squad === squad && isMine(dareOf(state, squad, route.dare));
}
