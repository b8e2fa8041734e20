/** ISO weeks by name, like `2026-W47`, and which of a squad's boards a name means. Pure. */
import type { Week } from '../wire/types.generated';
import { ulidMs } from '../wire/ulid-time';
import { boardOf } from './boards';
import { weekKey } from './state';
import type { PastWeek, SquadState, State } from './state';

const DAY_MS = 24 * 3600 * 1000;

/** The week before, or after; null for what names no week. */
export function weekBeside(week: string, by: -1 | 1): string | null {
  const monday = mondayOf(week);
  return monday === null ? null : nameOf(monday + by * 7 * DAY_MS);
}

/** The number in the name. */
export function weekNumber(week: string): number {
  return Number(week.slice(-2));
}

/** The name of the squad's current week, as far as this device can tell. */
export function currentWeek({ weeks }: SquadState, now: number): string | null {
  const last = weeks.at(-1)?.b;
  if (last === undefined) return null;
  return now < last.ends_at ? last.week : weekBeside(last.week, 1);
}

/** What is known of a week: pushed ones are always the newest word. */
export function weekOf(
  state: State,
  squad: string,
  week: string | undefined,
  now: number,
): PastWeek | undefined {
  const seen = state.squads[squad];
  if (seen === undefined) return undefined;
  const isCurrent = week === undefined || week === currentWeek(seen, now);
  const pushed = isCurrent ? boardOf(seen, now) : seen.weeks.find(({ b }) => b.week === week)?.b;
  if (pushed != null) return { at: 'there', board: pushed };
  return week === undefined ? { at: 'loading' } : state.pastWeeks[weekKey(squad, week)];
}

/** The squad was made in this week, or after it: its id says when. */
export function isFirstWeek(squad: string, board: Week): boolean {
  return board.starts_at <= ulidMs(squad);
}

/** Its Monday at midnight UTC, as ms: days are counted here, not hours. Null for what names no week. */
export function mondayOf(week: string): number | null {
  const [, year, number] = /^(\d{4})-W(\d{2})$/.exec(week) ?? [];
  if (year === undefined || number === undefined) return null;
  const january4 = Date.UTC(Number(year), 0, 4); // always in week 1
  return january4 - weekday(january4) * DAY_MS + (Number(number) - 1) * 7 * DAY_MS;
}

function nameOf(monday: number): string {
  const thursday = new Date(monday + 3 * DAY_MS); // its year is the week's year
  const year = thursday.getUTCFullYear();
  const number = Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * DAY_MS)) + 1;
  return `${year}-W${String(number).padStart(2, '0')}`;
}

/** 0 is Monday. */
function weekday(at: number): number {
  return (new Date(at).getUTCDay() + 6) % 7;
}
