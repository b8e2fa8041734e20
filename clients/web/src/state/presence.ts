/** Who is around, and what this device says of its own person. Pure. */
import { dareOf } from './dares';
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
 * What to tell each squad that is live. Going in is the report screen of a dare that was started, the phone in the
 * pocket too.
 */
export function toTell(state: State, isActive: boolean): ReadonlyMap<string, number> {
  const live = Object.entries(state.squads).filter(([, { isLive }]) => isLive);
  return new Map(live.map(([squad]) => [squad, isGoingIn(state, squad) ? GOING_IN : isActive ? HERE : AWAY]));
}

function isGoingIn(state: State, squad: string): boolean {
  const { route } = state;
  if (route.at !== 'dare' || route.squad !== squad) return false;
  const row = dareOf(state, squad, route.dare);
  return row?.state === 'IN_PROGRESS' && row.target === playerOf(state);
}
