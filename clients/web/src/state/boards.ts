/** Which of a squad's weeks is shown. Pure. */
import type { Week } from '../wire/types.generated';
import { membersOf } from './members';
import type { SquadState } from './state';

/** The newest board of a week that is over. */
export function lastBoardOf({ weeks }: Pick<SquadState, 'weeks'>, now: number): Week | null {
  return weeks.findLast(({ b }) => b.ends_at <= now)?.b ?? null;
}

/** This week's board; from its end on the next week, still empty, until the server sends it. */
export function boardOf(squad: Pick<SquadState, 'weeks' | 'view'>, now: number): Week | null {
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
